"""What a reader takes away: results as CSV and JSON, the view as PNG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from brainscan.evaluation.export import to_csv
from brainscan.imaging.overlay import overlay_png
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap, Prediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.corrections import KEPT, corrected_words
from brainscan.ui.outline_card import area_words, diameter_words, title
from brainscan.ui.outlines import SliceOutline, result_figures
from brainscan.ui.stability import at_answer
from brainscan.ui.worklist import Row

_FIGURES = ("tumor_probability", "decision", "type", "type_set")
_OUTLINE = tuple(
    f"outline_{name}"
    for name in (
        *("by", "possible", "area", "area_unit", "pieces", "longest", "perpendicular"),
        "length_unit",
        *("area_inner", "area_outer", "corrected_by", "corrected_at"),
    )
)
_STABILITY = tuple(
    f"stability_{name}" for name in ("low", "high", "decision_changes", "unanswered", "summary")
)


def results_json(rows: Iterable[Row], model_key: str) -> str:
    """Return the worklist's results as JSON with the notice and the time of writing."""
    results = [
        {
            "file": row.name,
            "status": row.outcome(model_key)[0],
            "reason": row.outcome(model_key)[1] or None,
            "sha256": row.sha256,
            "synthetic": row.synthetic,
            **row.answers.get(model_key, {}),
            **_stability(row, model_key),
            "outline_measures": outline_measures(row, model_key),
        }
        for row in rows
    ]
    document = {
        "notice": RESEARCH_USE,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "results": results,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def results_csv(rows: Iterable[Row], model_key: str) -> str:
    """Return the worklist's results as CSV; no cell can be taken for a formula."""
    listed = list(rows)
    answers = [row.answers.get(model_key, {}) for row in listed]
    types = sorted({name for answer in answers for name in answer.get("type_probabilities", {})})
    header = ["file", "status", "reason", *_FIGURES, *(f"p_{name}" for name in types)]
    header += ["sensitivity", "threshold", "band_low", "band_high", "model", "sha256", "elapsed_ms"]
    checked = any(model_key in row.stability for row in listed)
    drawn = [outline_measures(row, model_key) or {} for row in listed]
    outlined = _OUTLINE if any(drawn) else ()
    header += [*(_STABILITY if checked else ()), *outlined, "refusal", "synthetic"]
    header += ["types_learned", "warnings", "notice"]

    def line(row: Row, answer: Mapping[str, Any], measured: Mapping[str, Any]) -> list[object]:
        band = answer.get("band") or (None, None)
        found = _stability(row, model_key).get("stability", {})
        return [
            *(row.name, *row.outcome(model_key)),
            *(_cell(_named(answer, name)) for name in _FIGURES),
            *(answer.get("type_probabilities", {}).get(name) for name in types),
            *(answer.get("sensitivity"), answer.get("threshold"), *band, answer.get("model")),
            *(row.sha256, answer.get("elapsed_ms")),
            *(
                (found.get(name.removeprefix("stability_")) for name in _STABILITY)
                if checked
                else ()
            ),
            *(measured.get(name.removeprefix("outline_")) for name in outlined),
            *(answer.get("refusal"), str(row.synthetic).lower()),
            *(_flag(answer.get("types_learned")), " ".join(answer.get("warnings") or row.warnings)),
            RESEARCH_USE,
        ]

    return to_csv(header, map(line, listed, answers, drawn))


def outline_measures(row: Row, model_key: str) -> dict[str, Any] | None:
    """Return what the outline that stands for a row measures; ``None`` where there is none."""
    answer = row.answers.get(model_key)
    if answer is None:
        return None
    return result_figures(answer["decision"], row.outlines.get(model_key), row.correction)


def _named(answer: Mapping[str, Any], name: str) -> object:
    """Return a figure of an answer; no type where the app names none."""
    unnamed = name in ("type", "type_set") and answer.get("types_learned") is False
    return None if unnamed else answer.get(name)


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _cell(value: object) -> object:
    """Return a value for one cell; the types of a set are joined."""
    return " or ".join(value) if isinstance(value, list) else value


def _stability(row: Row, model_key: str) -> dict[str, Any]:
    """Return what the stability check found under its key; nothing where it was not made."""
    measured = row.stability.get(model_key)
    if measured is None:
        return {}
    return {"stability": at_answer(measured, row.answers[model_key]).to_json()}


def view_png(
    scan: Scan,
    prediction: Prediction | None,
    view: Mapping[str, Any],
    outline: SliceOutline | None = None,
) -> bytes:
    """Return a scan as PNG the way the viewer showed it.

    Parameters
    ----------
    scan
        The slice.
    prediction
        What the model says about it, if it has been asked.
    view
        What the viewer sent: ``source`` (a map's key or ``None``), ``window`` (width, level),
        ``preset`` (which of the scan's windows lends its function, or ``None``), ``opacity``,
        ``threshold``, ``colormap``, ``invert``, ``outline`` (whether it was shown), ``band``
        (whether its uncertain border was) and ``fill`` (its opacity).
    outline
        What stands for the slice, if anything.
    """
    heat_map = _map_named(prediction, view["source"]) if prediction else None
    caption = [scan.name]
    if prediction is not None:
        caption.append(
            f"{prediction.model}: tumour probability {prediction.tumor_probability:.2f}, "
            f"threshold {prediction.threshold:.2f}"
        )
        if prediction.refusal:
            caption.append(f"Read although the input gate refused it: {prediction.refusal}")
    drawn = outline if outline is not None and view.get("outline") else None
    if drawn is not None and not drawn.empty:
        caption.append(outline_words(drawn))
    label = "Evidence" if heat_map is None or heat_map.kind == "evidence" else "Share of largest"
    width, level = (float(part) for part in view["window"])
    preset = view["preset"]
    return overlay_png(
        scan,
        None if heat_map is None else heat_map.on_slice(),
        window=(width, level) if preset is None else scan.windows[preset].moved(width, level),
        opacity=float(view["opacity"]),
        threshold=float(view["threshold"]),
        colormap=view["colormap"],
        invert=bool(view["invert"]),
        caption=caption,
        bar_label=label,
        outline=None
        if drawn is None
        else drawn.drawing(band=bool(view.get("band")), fill=float(view.get("fill", 0.0))),
    )


def outline_words(outline: SliceOutline) -> str:
    """Return an outline in one line: whose it is, what it measures."""
    made = outline.correction
    whose = title(outline) if made is None else f"Outline: {corrected_words(made)}"
    measures = outline.measures
    return f"{whose}, {area_words(measures.area, measures.unit)}, {diameter_words(measures)}"


def mask_caption(row: Row, model_key: str) -> str:
    """Return what the files of a row's mask will hold."""
    if row.correction is not None:
        words = corrected_words(row.correction)
        return f"{words}. The files say so. {KEPT}"
    if model_key not in row.outlines:
        return ""
    answer = row.answers[model_key]
    if answer["outline"] is None:
        return "This model draws no outline: the files hold where its evidence reaches one half."
    if outline_measures(row, model_key) is None:
        return "Nothing is outlined: the mask is empty."
    return "The model's outline, not checked by a person."


def mask_file(name: str, kind: str) -> tuple[str, str]:
    """Return file name and media type of a scan's mask, as ``mask_exports.slice_file`` has them."""
    stem = PurePath(name).stem
    if kind == "png":
        return f"{stem}-mask.png", "image/png"
    return f"{stem}-{kind}.zip", "application/zip"


def view_name(row: Row) -> str:
    """Return the file name for a saved view."""
    return f"{PurePath(row.name).stem}-brainscan.png"


def _map_named(prediction: Prediction, key: str | None) -> HeatMap | None:
    if key == "evidence":
        return prediction.evidence
    return prediction.gradcam.get(key.removeprefix("gradcam:")) if key else None
