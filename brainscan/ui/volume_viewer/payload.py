"""Pack a volume, and what a model says about it, for the volume viewer."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from brainscan.imaging.orientation import PLANE_OF_AXIS, PLANES, Plane, direction_letters
from brainscan.imaging.overlay import colorize
from brainscan.imaging.volume import Volume, from_displayed
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.ui.corrections import Receipt
from brainscan.ui.viewer.payload import COLORMAPS, Picture, shown_window
from brainscan.ui.volume_viewer.message import Sections
from brainscan.ui.volume_viewer.reducing import Factors, blocks, reduced, reduction

_CENTRAL = 0.4  # share of an axis from its middle within which the world's origin is in the head
_SAMPLED = 200_000  # voxels that are enough to judge a volume's brightness
_LONGEST_MAP = 256  # voxels a side of a slice's evidence; finer than any network's grid
_BYTE, _WORD = 255, 65535


@dataclass(frozen=True)
class Goto:
    """A slice to go to once.

    Attributes
    ----------
    id
        Tells one request from the next.
    plane, index
        As :meth:`Volume.plane_slice` counts.
    voxel
        Where the other planes go; ``None``: they stay.
    """

    id: str
    plane: Plane
    index: int
    voxel: tuple[int, int, int] | None = None


def pack_volume(volume: Volume) -> bytes:
    """Return the viewer's message for a volume.

    Voxels travel in canonical order with the first index fastest, so that axial slices, the
    largest and most looked at, lie in one piece; the browser cuts all three planes from them as
    :meth:`Volume.plane_slice` does. Whole numbers within 16 bits keep their
    value; others lose at most half of the 65,535th part of their range.

    Parameters
    ----------
    volume
        As read.
    """
    by = reduction(volume.shape)
    voxels = reduced(volume.voxels, by)
    stored, slope, low = _storable(voxels)
    floor, ceiling = float(volume.voxels.min()), float(volume.voxels.max())
    span = ceiling - floor or 1.0
    sections = Sections()
    header: dict[str, Any] = {
        "volume": volume.sha256,
        "name": volume.name,
        "shape": list(voxels.shape),
        "full": list(volume.shape),
        "factors": list(by),
        "dtype": str(stored.dtype),
        "slope": slope,
        "intercept": low,
        "range": [floor, floor + span],
        "window": list(volume.window()),
        "auto": _auto(volume),
        "acquired": volume.plane,
        "planes": {plane: _plane(volume, plane, by) for plane in PLANES},
        "affine": (volume.affine @ _to_full(by)).tolist(),
        "centred": _centred(volume),
        "notice": RESEARCH_USE,
        "voxels": sections.add(stored.T),
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
    axis = PLANE_OF_AXIS.index(prediction.plane)
    evidence, by = _evidence(volume, prediction, axis)
    sections = Sections()
    header: dict[str, Any] = {
        "volume": volume.sha256,
        "title": title,
        "plane": prediction.plane,
        "slices": [
            {
                "index": one.index,
                "state": one.state,
                "probability": one.probability,
                "refused": one.gate_refused,
                "hasEvidence": one.evidence is not None and one.evidence.has_evidence,
            }
            for one in prediction.slices
        ],
        "threshold": prediction.slice_threshold,
        "keys": list(prediction.key_slices),
        "shape": list(evidence.shape),
        "factors": by,
        "evidence": sections.add(evidence.T),
    }
    header["answer"] = hashlib.sha256(sections.message(header)).hexdigest()
    return sections.message(header)


def pack_view(
    volume: str,
    answer: str | None,
    outline: str | None = None,
    *,
    picture: Picture | None = None,
    goto: Goto | None = None,
    expecting: bool = False,
    author: str = "",
    receipt: Receipt | None = None,
) -> bytes:
    """Return the message of the viewer itself, small enough to travel at every run.

    Parameters
    ----------
    volume, answer, outline
        Addresses under which the browser finds the large messages.
    picture
        A PNG for the browser to save.
    goto
        A slice to go to.
    expecting
        Whether there is an answer or one is on its way: its place is kept.
    author
        Name of the reader, as far as known.
    receipt
        What became of the outline that the viewer sent last.
    """
    sections = Sections()
    header: dict[str, Any] = {
        "volume": volume,
        "answer": answer,
        "outline": outline,
        "download": None,
        "goto": None,
        "expecting": expecting,
        "author": author,
        "receipt": None if receipt is None else {"id": receipt.id, "problem": receipt.problem},
    }
    if goto is not None:
        header["goto"] = asdict(goto)
    if picture is not None:
        file = sections.add(picture.png)
        header["download"] = {"id": picture.id, "name": picture.name, "file": file}
    return sections.message(header)


def _plane(volume: Volume, plane: Plane, by: Factors) -> dict[str, Any]:
    """Return letters of the edges and of the two ends of the stack, and millimetres."""
    axis = PLANE_OF_AXIS.index(plane)
    across, down = (other for other in range(3) if other != axis)
    shown = volume.plane_slice(plane, 0)
    normal = volume.affine[:3, axis]
    return {
        "letters": shown.letters._asdict(),
        "ends": [direction_letters(-normal), direction_letters(normal)],
        "spacing": [shown.spacing[0] * by[down], shown.spacing[1] * by[across]],
    }


def _auto(volume: Volume) -> list[float]:
    """Return the window that spreads the middle 99 % of the values above the darkest."""
    sample = volume.voxels.reshape(-1)[:: 1 + volume.voxels.size // _SAMPLED]
    inside = sample[sample > sample.min()]
    low, high = (float(v) for v in np.percentile(inside, (0.5, 99.5))) if inside.size else (0, 1)
    return [max(high - low, 1e-6), (low + high) / 2]


def _centred(volume: Volume) -> bool:
    """Whether the world's origin lies within the head from left to right and front to back.

    Some research data have it in a corner; whether a place is left or right of it then says
    nothing of the patient.
    """
    origin = np.linalg.solve(volume.affine, [0.0, 0.0, 0.0, 1.0])[:2]
    share = origin / np.array(volume.shape[:2])
    return bool((np.abs(share - 0.5) < _CENTRAL).all())


def _to_full(by: Factors) -> np.ndarray:
    """Return ``(4, 4)``: reduced voxel index to canonical voxel index, centre to centre."""
    matrix = np.diag([*map(float, by), 1.0])
    matrix[:3, 3] = [(factor - 1) / 2 for factor in by]
    return matrix


def _storable(voxels: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return uint8 or uint16 voxels, and the slope and intercept back to the values."""
    low, high = float(voxels.min()), float(voxels.max())
    whole = high - low <= _WORD and all(bool((slab == np.rint(slab)).all()) for slab in voxels)
    slope = 1.0 if whole else (high - low) / _WORD or 1.0
    dtype = np.uint8 if whole and high - low <= _BYTE else np.uint16
    stored = np.empty(voxels.shape, dtype, order="F")
    for index, slab in enumerate(voxels):  # one slab at a time, to need no second volume
        stored[index] = np.rint((slab.astype(np.float64) - low) / slope)
    return stored, slope, low


def _evidence(
    volume: Volume, prediction: VolumePrediction, axis: int
) -> tuple[np.ndarray, list[int]]:
    """Return the evidence in canonical order, uint8 with 255 for 1, and its factors.

    Slices that travel together, in a reduced volume, keep the strongest evidence of each place.
    """
    by = list(reduction(volume.shape))
    across, down = (other for other in range(3) if other != axis)
    for other in (across, down):
        by[other] *= -(-volume.shape[other] // (by[other] * _LONGEST_MAP))
    shape = [-(-size // factor) for size, factor in zip(volume.shape, by, strict=True)]
    found = np.zeros(shape, np.uint8, order="F")
    slabs = np.moveaxis(found, axis, 0)
    for one in prediction.scored:
        if one.evidence is None:
            continue
        values = blocks(from_displayed(one.evidence.on_slice()), (by[across], by[down]))
        slab = slabs[one.index // by[axis]]
        np.maximum(slab, np.rint(np.clip(values, 0.0, 1.0) * _BYTE).astype(np.uint8), out=slab)
    return found, by
