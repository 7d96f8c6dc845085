"""Pack a volume, and what a model says about it, for the volume viewer."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from brainscan.imaging.orientation import PLANES
from brainscan.imaging.overlay import colorize
from brainscan.imaging.volume import Volume
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.viewer.payload import COLORMAPS, Picture, shown_window
from brainscan.ui.volume_viewer.message import Sections

DEEP_VOXELS = 24_000_000
"""Up to here voxels travel with 16 bits, beyond with 8: about 50 MB in the browser either way."""
MOST_VOXELS = 64_000_000
"""Beyond this, what is shown is reduced; the network always reads the volume itself."""

_SAMPLED = 200_000  # voxels that are enough to judge a volume's brightness


def reduction(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return by how much each axis is reduced for display: the longest ones first, by halves."""
    factors = [1, 1, 1]
    while np.prod([-(-size // by) for size, by in zip(shape, factors, strict=True)]) > MOST_VOXELS:
        longest = max(range(3), key=lambda axis: shape[axis] / factors[axis])
        factors[longest] *= 2
    return factors[0], factors[1], factors[2]


def pack_volume(volume: Volume) -> bytes:
    """Return the viewer's message for a volume.

    Voxels travel once, in canonical order with the third index fastest; the browser cuts all
    three planes from them as :meth:`Volume.plane_slice` does. Whole numbers within 16 bits keep
    their value; others lose at most half of the 65,535th part of their range, and half of the
    255th part where the volume has more than :data:`DEEP_VOXELS`.

    Parameters
    ----------
    volume
        As read.
    """
    by = reduction(volume.shape)
    voxels = _reduced(volume.voxels, by)
    stored, slope, low = _storable(voxels)
    sections = Sections()
    sample = volume.voxels.reshape(-1)[:: 1 + volume.voxels.size // _SAMPLED]
    inside = sample[sample > sample.min()]
    ends = np.percentile(inside, (0.5, 99.5)) if inside.size else (low, low + 1.0)
    header: dict[str, Any] = {
        "volume": volume.sha256,
        "name": volume.name,
        "shape": list(voxels.shape),
        "factors": list(by),
        "dtype": str(stored.dtype),
        "slope": slope,
        "intercept": low,
        "range": [float(volume.voxels.min()), float(volume.voxels.max())],
        "window": list(volume.window()),
        "auto": [float(ends[1] - ends[0]) or 1.0, float(ends[0] + ends[1]) / 2],
        "acquired": volume.plane,
        "planes": {plane: _plane(volume, plane, by) for plane in PLANES},
        "affine": (volume.affine @ _to_full(by)).tolist(),
        "notice": RESEARCH_USE,
        "voxels": sections.add(stored),
        "presets": [
            {
                "label": voi.label,
                "function": voi.function,
                "width": voi.width,
                "level": voi.level,
                "shown": list(shown_window(voi)),
                "table": None if voi.table is None else sections.add(voi.table),
            }
            for voi in volume.windows
        ],
    }
    ramp = np.linspace(0.0, 1.0, 256, dtype=np.float32)[None, :]
    header["colormaps"] = {name: sections.add(colorize(ramp, name)) for name in COLORMAPS}
    return sections.message(header)


def pack_answer(volume: Volume, prediction: VolumePrediction, title: str) -> bytes:
    """Return the viewer's message for an answer.

    Parameters
    ----------
    volume
        The one that was read.
    prediction
        The answer for it.
    title
        Model name and version for people.
    """
    by = reduction(volume.shape)
    evidence = prediction.evidence_volume(volume)
    levels = np.rint(np.clip(_reduced(evidence, by), 0.0, 1.0) * 255.0).astype(np.uint8)
    sections = Sections()
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[prediction.plane]
    header = {
        "volume": volume.sha256,
        "answer": f"{title} {prediction.plane}",
        "title": title,
        "plane": prediction.plane,
        "factor": by[axis],
        "slices": [
            {
                "index": one.index,
                "state": one.state,
                "probability": one.probability,
                "refused": one.gate_refused,
            }
            for one in prediction.slices
        ],
        "threshold": prediction.slice_threshold,
        "keys": list(prediction.key_slices),
        "hasEvidence": any(
            one.evidence is not None and one.evidence.has_evidence for one in prediction.scored
        ),
        "evidence": sections.add(levels),
    }
    return sections.message(header)


def pack_view(answer: bytes | None, picture: Picture | None) -> bytes:
    """Return the message of the viewer itself: an answer and a picture to save, where given."""
    sections = Sections()
    header: dict[str, Any] = {
        "answer": None if answer is None else sections.add(answer),
        "download": None,
    }
    if picture is not None:
        header["download"] = {
            "id": picture.id,
            "name": picture.name,
            "file": sections.add(picture.png),
        }
    return sections.message(header)


def _plane(volume: Volume, plane: Any, by: tuple[int, int, int]) -> dict[str, Any]:
    """Return letters of the edges and millimetres between rows, columns and slices."""
    middle = volume.plane_slice(plane, volume.depth(plane) // 2)
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}[plane]
    across, down = (other for other in range(3) if other != axis)
    return {
        "letters": middle.letters._asdict(),
        "spacing": [middle.spacing[0] * by[down], middle.spacing[1] * by[across]],
        "between": volume.spacing[axis] * by[axis],
    }


def _to_full(by: tuple[int, int, int]) -> np.ndarray:
    """Return ``(4, 4)``: reduced voxel index to canonical voxel index, centre to centre."""
    matrix = np.diag([*map(float, by), 1.0])
    matrix[:3, 3] = [(factor - 1) / 2 for factor in by]
    return matrix


def _reduced(values: np.ndarray, by: tuple[int, int, int]) -> np.ndarray:
    """Return the mean over blocks of voxels; the last block of an axis may be smaller."""
    if by == (1, 1, 1):
        return values
    shape = [-(-size // factor) for size, factor in zip(values.shape, by, strict=True)]
    result = np.empty(shape, np.float32)
    for index in range(shape[0]):
        slab = values[index * by[0] : (index + 1) * by[0]].mean(axis=0, dtype=np.float32)
        rows, columns = shape[1] * by[1], shape[2] * by[2]
        padded = np.pad(
            slab, ((0, rows - slab.shape[0]), (0, columns - slab.shape[1])), mode="edge"
        )
        result[index] = cv2.resize(padded, (shape[2], shape[1]), interpolation=cv2.INTER_AREA)
    return result


def _storable(voxels: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return uint8 or uint16 voxels and the slope and intercept back to the values."""
    low, high = float(voxels.min()), float(voxels.max())
    deep = voxels.size <= DEEP_VOXELS
    steps, dtype = (65535, np.uint16) if deep else (255, np.uint8)
    whole = high - low <= steps and low == round(low) and _is_whole(voxels)
    slope = 1.0 if whole else (high - low) / steps or 1.0
    stored = np.empty(voxels.shape, dtype)
    for index, slab in enumerate(voxels):  # one slab at a time, to need no second volume
        stored[index] = np.rint((slab - np.float32(low)) / np.float32(slope)).clip(0, steps)
    return stored, slope, low


def _is_whole(voxels: np.ndarray) -> bool:
    return all(bool((slab == np.rint(slab)).all()) for slab in voxels)
