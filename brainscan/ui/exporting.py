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
from brainscan.ui.stability import at_answer
from brainscan.ui.worklist import Row

_FIGURES = ("tumor_probability", "decision", "type", "type_set")
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
    header += [*(_STABILITY if checked else ()), "refusal", "synthetic", "notice"]

    def line(row: Row, answer: Mapping[str, Any]) -> list[object]:
        band = answer.get("band") or (None, None)
        found = _stability(row, model_key).get("stability", {})
        return [
            *(row.name, *row.outcome(model_key)),
            *(_cell(answer.get(name)) for name in _FIGURES),
            *(answer.get("type_probabilities", {}).get(name) for name in types),
            *(answer.get("sensitivity"), answer.get("threshold"), *band, answer.get("model")),
            *(row.sha256, answer.get("elapsed_ms")),
            *(
                (found.get(name.removeprefix("stability_")) for name in _STABILITY)
                if checked
                else ()
            ),
            *(answer.get("refusal"), str(row.synthetic).lower(), RESEARCH_USE),
        ]

    return to_csv(header, map(line, listed, answers))


def _cell(value: object) -> object:
    """Return a value for one cell; the types of a set are joined."""
    return " or ".join(value) if isinstance(value, list) else value


def _stability(row: Row, model_key: str) -> dict[str, Any]:
    """Return what the stability check found under its key; nothing where it was not made."""
    measured = row.stability.get(model_key)
    if measured is None:
        return {}
    return {"stability": at_answer(measured, row.answers[model_key]).to_json()}


def view_png(scan: Scan, prediction: Prediction | None, view: Mapping[str, Any]) -> bytes:
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
        ``threshold``, ``colormap``, ``invert``.
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
    label = "Probability" if heat_map is None or heat_map.kind == "evidence" else "Share of largest"
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
    )


def view_name(row: Row) -> str:
    """Return the file name for a saved view."""
    return f"{PurePath(row.name).stem}-brainscan.png"


def _map_named(prediction: Prediction, key: str | None) -> HeatMap | None:
    if key == "evidence":
        return prediction.evidence
    return prediction.gradcam.get(key.removeprefix("gradcam:")) if key else None
