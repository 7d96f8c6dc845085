"""What a reader takes away from a volume: key slices, the view, the profile."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from brainscan.evaluation.export import to_csv
from brainscan.imaging.lesion_border import Chord
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.outline_drawing import OutlineDrawing
from brainscan.imaging.overlay import overlay_png
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.imaging.windowing import Window
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.volume_outline_card import outline_json, sentence
from brainscan.ui.volume_work import Answer

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_SYNTHETIC = "Synthetic head: a drawing by BrainScan, not a patient."


def file_name(volume: Volume, what: str, suffix: str) -> str:
    """Return a name made of the volume's digest alone: no trace of the patient is in it."""
    return f"brainscan-{volume.sha256[:12]}-{what}.{suffix}"


def key_slices_zip(
    volume: Volume,
    prediction: VolumePrediction,
    outline: VolumeOutline | None = None,
    *,
    synthetic: bool,
) -> bytes:
    """Return the key slices with their evidence and outline as PNG files in a ZIP archive.

    The slice on which the outline's diameters are largest comes last, unless it is a key slice.
    """
    scores = {one.index: one for one in prediction.slices}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for what, index in _pictured(prediction, outline):
            score = scores[index]
            scan = volume.to_scan(prediction.plane, index)
            probability = score.probability or 0.0
            told = (
                f"{prediction.model}: tumour probability of the slice {probability:.2f}, "
                f"threshold {prediction.slice_threshold:.2f}"
            )
            drawn = _drawing(outline, prediction.plane, index)
            picture = overlay_png(
                scan,
                None if score.evidence is None else score.evidence.on_slice(),
                window=_window(volume),
                caption=_caption(
                    volume, prediction, scan.name, told, synthetic, outline if drawn else None
                ),
                outline=drawn,
            )
            entry = zipfile.ZipInfo(file_name(volume, what, "png"), _FIXED_DATE)
            archive.writestr(entry, picture)
    return buffer.getvalue()


def view_png(
    volume: Volume,
    prediction: VolumePrediction | None,
    view: Mapping[str, Any],
    outline: VolumeOutline | None = None,
    *,
    synthetic: bool,
) -> bytes:
    """Return a slice as PNG the way the viewer showed it.

    Parameters
    ----------
    volume
        The one that is shown.
    prediction
        What the model says about it, if it has been asked.
    view
        What the viewer sent: ``plane``, ``index``, ``window`` (width, level), ``preset`` (which
        of the volume's windows lends its function, or ``None``), ``overlay``, ``opacity``,
        ``threshold``, ``colormap``, ``invert``, and of the outline ``outline`` (whether it was
        shown), ``band`` (whether its uncertain border was) and ``fill`` (its opacity).
    outline
        What stands for the volume, if anything.
    synthetic
        Whether the volume is a drawing.
    """
    plane: Plane = view["plane"]
    index = int(view["index"])
    scan = volume.to_scan(plane, index)
    width, level = (float(part) for part in view["window"])
    preset = view["preset"]
    evidence = None
    told = ""
    if prediction is not None:
        told = (
            f"{prediction.model}: value of the scan {prediction.tumor_probability:.2f}, "
            f"threshold {prediction.threshold:.2f}"
        )
        if view["overlay"]:
            evidence = evidence_slice(volume, prediction, plane, index)
    drawn = None
    if view.get("outline"):
        drawn = _drawing(outline, plane, index, band=bool(view.get("band")), view=view)
    return overlay_png(
        scan,
        evidence,
        window=(width, level) if preset is None else volume.windows[preset].moved(width, level),
        opacity=float(view["opacity"]),
        threshold=float(view["threshold"]),
        colormap=view["colormap"],
        invert=bool(view["invert"]),
        caption=_caption(
            volume, prediction, scan.name, told, synthetic, outline if drawn else None
        ),
        outline=drawn,
    )


def evidence_slice(
    volume: Volume, prediction: VolumePrediction, plane: Plane, index: int
) -> np.ndarray:
    """Return the evidence on a slice of any plane: ``(rows, columns)`` float32 in [0, 1]."""
    evidence = prediction.evidence_volume(volume)
    return np.ascontiguousarray(
        as_displayed(np.take(evidence, index, axis=PLANE_OF_AXIS.index(plane)))
    )


def profile_csv(
    volume: Volume,
    prediction: VolumePrediction,
    outline: VolumeOutline | None = None,
    *,
    synthetic: bool,
) -> str:
    """Return one line for each slice as CSV; no cell can be taken for a formula."""
    header = ["plane", "slice", "index", "position_mm", "state", "tumor_probability"]
    header += [
        "outline_mm2",
        "outline_by",
        "gate_refused",
        "slice_threshold",
        "model",
        "sha256",
        "synthetic",
        "notice",
    ]
    axis = PLANE_OF_AXIS.index(prediction.plane)
    middle = (np.array(volume.shape, np.float64) - 1) / 2

    def position(index: int) -> float:
        voxel = middle.copy()
        voxel[axis] = index
        return round(float((volume.affine[:3, :3] @ voxel + volume.affine[:3, 3])[axis]), 3)

    by = None if outline is None else ("model" if outline.correction is None else "person")
    pixel = float(np.prod([step for at, step in enumerate(volume.spacing) if at != axis]))

    def area(index: int) -> float | None:
        if outline is None:
            return None
        return round(int(outline.on_slice(outline.mask, outline.plane, index).sum()) * pixel, 2)

    return to_csv(
        header,
        (
            [
                *(prediction.plane, one.index + 1, one.index, position(one.index), one.state),
                None if one.probability is None else round(one.probability, 6),
                *(area(one.index), by),
                *(str(one.gate_refused).lower(), prediction.slice_threshold, prediction.model),
                *(volume.sha256, str(synthetic).lower(), RESEARCH_USE),
            ]
            for one in prediction.slices
        ),
    )


def answer_json(
    volume: Volume,
    answer: Answer,
    prediction: VolumePrediction,
    outline: VolumeOutline | None = None,
    *,
    synthetic: bool,
) -> str:
    """Return the answer as JSON with the notice and the time of writing."""
    document = {
        "notice": RESEARCH_USE,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "synthetic": synthetic,
        "format": volume.kind,
        "shape": list(volume.shape),
        "spacing_mm": [round(step, 5) for step in volume.spacing],
        "evidence_of_half_or_more_ml": round(answer.evident_ml, 3),
        **prediction.to_json(),
        "outline_measures": outline_json(outline),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _pictured(prediction: VolumePrediction, outline: VolumeOutline | None) -> list[tuple[str, int]]:
    """Return the slices to picture, each with the middle of its file's name."""
    plane = prediction.plane
    found = [
        (f"key-{place}-{plane}-{index + 1:03d}", index)
        for place, index in enumerate(prediction.key_slices, start=1)
    ]
    if outline is not None and outline.largest is not None and outline.plane == plane:
        index = outline.largest[0]
        if index not in prediction.key_slices:
            found.append((f"diameters-{plane}-{index + 1:03d}", index))
    return found


def _drawing(
    outline: VolumeOutline | None,
    plane: Plane,
    index: int,
    *,
    band: bool = False,
    view: Mapping[str, Any] | None = None,
) -> OutlineDrawing | None:
    """Return what is drawn of an outline on a slice; ``None`` where it does not reach."""
    if outline is None or outline.empty:
        return None
    mask = outline.on_slice(outline.mask, plane, index)
    if not mask.any():
        return None
    lengths: tuple[Chord, ...] = ()
    if plane == outline.plane and outline.largest is not None and outline.largest[0] == index:
        found = outline.largest[1].diameters
        lengths = () if found is None else (found.longest_ends, found.perpendicular_ends)
    inner, outer = (
        np.ascontiguousarray(outline.on_slice(part, plane, index))
        for part in (outline.inner, outline.outer)
    )
    return OutlineDrawing(
        np.ascontiguousarray(mask),
        (inner, outer) if band and not np.array_equal(inner, outer) else None,
        lengths,
        outline.possible,
        0.0 if view is None else float(view.get("fill", 0.0)),
    )


def _window(volume: Volume) -> Window | Voi:
    return volume.windows[0] if volume.windows else volume.window()


def _caption(
    volume: Volume,
    prediction: VolumePrediction | None,
    name: str,
    told: str,
    synthetic: bool,
    outline: VolumeOutline | None = None,
) -> list[str]:
    lines = [_SYNTHETIC] if synthetic else []
    lines += [name, *([told] if told else [])]
    if outline is not None:
        lines.append(sentence(outline))
    if prediction is not None:
        lines += [text for text in prediction.warnings if text.startswith("Read although")]
    return lines
