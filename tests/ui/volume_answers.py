"""Answers for volumes, made without a network: whatever outshines the head is a tumor."""

from __future__ import annotations

import cv2
import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.imaging.orientation import PLANE_OF_AXIS
from brainscan.imaging.volume import Volume
from brainscan.inference.prediction import HeatMap
from brainscan.inference.segmentation import Segmentation
from brainscan.inference.slice_score import SliceScore, key_slices
from brainscan.inference.volume_prediction import VolumePrediction

CELLS = 24
FINE = 120  # cells of the outline


def answer_for(volume: Volume, *, bright: float = 0.7, found: bool = True) -> VolumePrediction:
    """Return an answer whose evidence and outline lie where voxels exceed a share of the largest.

    Of the two ways in which the outline is read, the second sees a little less.

    Slices without tissue are not scored. The probability is 0.9 where there is evidence and 0.1
    elsewhere, a little more on slices with more evidence; the first scored slice is one that the
    gate would refuse.
    """
    limit = bright * float(volume.voxels.max())
    head = 0.1 * float(volume.voxels.max())
    slices = []
    for index in range(volume.depth(volume.plane)):
        pixels = volume.plane_slice(volume.plane, index).pixels
        if (pixels > head).mean() < 0.05:
            slices.append(SliceScore(index, "no_brain"))
            continue
        share = float((pixels > limit).mean()) if found else 0.0
        grid = _grid(pixels > limit) if found else np.zeros((CELLS, CELLS), np.float32)
        heat = HeatMap(grid, _whole(pixels.shape), "evidence", 2.0 if grid.any() else -1.0)
        probability = min(0.99, 0.9 + share) if share else 0.1
        refused = not any(one.state == "scored" for one in slices)
        outline = _outline((pixels > limit) & found)
        slices.append(SliceScore(index, "scored", probability, heat, {}, refused, outline))
    return VolumePrediction(
        plane=volume.plane,
        slices=tuple(slices),
        tumor_probability=0.9 if found else 0.1,
        decision="tumor" if found else "no_tumor",
        threshold=0.5,
        band=(0.4, 0.6),
        slice_threshold=0.5,
        rule="Made for tests.",
        type_probabilities={},
        type_set=(),
        key_slices=key_slices(slices, volume.spacing[PLANE_OF_AXIS.index(volume.plane)]),
        agreement=1.0,
        model="fake",
        sha256=volume.sha256,
        elapsed_ms=1.0,
    )


def _whole(shape: tuple[int, ...]) -> Geometry:
    """Geometry of a square input that shows the whole slice."""
    size = 10 * CELLS
    scale = size / max(shape)
    inner = [max(1, round(side * scale)) for side in shape]
    pads = [(size - side) // 2 for side in inner]
    return Geometry(*shape, 0, 0, *shape, *pads, *inner, size)


def _outline(mask: np.ndarray) -> Segmentation:
    placed = _whole(mask.shape).place(mask.astype(np.float32))
    first = cv2.resize(placed, (FINE, FINE), interpolation=cv2.INTER_AREA)
    second = cv2.erode(first, np.ones((5, 5), np.uint8))
    # The mean of the two reaches one half wherever the first does.
    return Segmentation(np.stack([np.minimum(2 * first, 1), second]), _whole(mask.shape))


def _grid(mask: np.ndarray) -> np.ndarray:
    placed = _whole(mask.shape).place(mask.astype(np.float32))
    return np.minimum(1.0, 1.5 * cv2.resize(placed, (CELLS, CELLS), interpolation=cv2.INTER_AREA))
