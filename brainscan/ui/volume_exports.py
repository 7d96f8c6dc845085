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
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.overlay import overlay_png
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.imaging.windowing import Window
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.volume_work import Answer

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_SYNTHETIC = "Synthetic head: a drawing by BrainScan, not a patient."


def file_name(volume: Volume, what: str, suffix: str) -> str:
    """Return a name made of the volume's digest alone: no trace of the patient is in it."""
    return f"brainscan-{volume.sha256[:12]}-{what}.{suffix}"


def key_slices_zip(volume: Volume, prediction: VolumePrediction, *, synthetic: bool) -> bytes:
    """Return the key slices with their evidence as PNG files in a ZIP archive."""
    scores = {one.index: one for one in prediction.slices}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for place, index in enumerate(prediction.key_slices, start=1):
            score = scores[index]
            scan = volume.to_scan(prediction.plane, index)
            probability = score.probability or 0.0
            told = (
                f"{prediction.model}: tumour probability of the slice {probability:.2f}, "
                f"threshold {prediction.slice_threshold:.2f}"
            )
            picture = overlay_png(
                scan,
                None if score.evidence is None else score.evidence.on_slice(),
                window=_window(volume),
                caption=_caption(volume, prediction, scan.name, told, synthetic),
            )
            what = f"key-{place}-{prediction.plane}-{index + 1:03d}"
            entry = zipfile.ZipInfo(file_name(volume, what, "png"), _FIXED_DATE)
            archive.writestr(entry, picture)
    return buffer.getvalue()


def view_png(
    volume: Volume,
    prediction: VolumePrediction | None,
    view: Mapping[str, Any],
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
        ``threshold``, ``colormap``, ``invert``.
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
    return overlay_png(
        scan,
        evidence,
        window=(width, level) if preset is None else volume.windows[preset].moved(width, level),
        opacity=float(view["opacity"]),
        threshold=float(view["threshold"]),
        colormap=view["colormap"],
        invert=bool(view["invert"]),
        caption=_caption(volume, prediction, scan.name, told, synthetic),
    )


def evidence_slice(
    volume: Volume, prediction: VolumePrediction, plane: Plane, index: int
) -> np.ndarray:
    """Return the evidence on a slice of any plane: ``(rows, columns)`` float32 in [0, 1]."""
    evidence = prediction.evidence_volume(volume)
    return np.ascontiguousarray(
        as_displayed(np.take(evidence, index, axis=PLANE_OF_AXIS.index(plane)))
    )


def profile_csv(volume: Volume, prediction: VolumePrediction, *, synthetic: bool) -> str:
    """Return one line for each slice as CSV; no cell can be taken for a formula."""
    header = ["plane", "slice", "index", "position_mm", "state", "tumor_probability"]
    header += ["gate_refused", "slice_threshold", "model", "sha256", "synthetic", "notice"]
    axis = PLANE_OF_AXIS.index(prediction.plane)
    middle = (np.array(volume.shape, np.float64) - 1) / 2

    def position(index: int) -> float:
        voxel = middle.copy()
        voxel[axis] = index
        return round(float((volume.affine[:3, :3] @ voxel + volume.affine[:3, 3])[axis]), 3)

    return to_csv(
        header,
        (
            [
                *(prediction.plane, one.index + 1, one.index, position(one.index), one.state),
                None if one.probability is None else round(one.probability, 6),
                *(str(one.gate_refused).lower(), prediction.slice_threshold, prediction.model),
                *(volume.sha256, str(synthetic).lower(), RESEARCH_USE),
            ]
            for one in prediction.slices
        ),
    )


def answer_json(
    volume: Volume, answer: Answer, prediction: VolumePrediction, *, synthetic: bool
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
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _window(volume: Volume) -> Window | Voi:
    return volume.windows[0] if volume.windows else volume.window()


def _caption(
    volume: Volume,
    prediction: VolumePrediction | None,
    name: str,
    told: str,
    synthetic: bool,
) -> list[str]:
    lines = [_SYNTHETIC] if synthetic else []
    lines += [name, *([told] if told else [])]
    if prediction is not None:
        lines += [text for text in prediction.warnings if text.startswith("Read although")]
    return lines
