"""Volumes of the phantom patient, their masks, and a stand-in for the network on volumes."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from brainscan.errors import Cancelled
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.inference.segmentation import Segmentation
from brainscan.inference.volume_prediction import SliceScore, VolumePrediction
from tests.evaluation.builders import TYPES, heat
from tests.imaging.patient import nifti_bytes

AFFINE = np.array([[2.0, 0, 0, -39], [0, 2, 0, -43], [0, 0, 2, -35], [0, 0, 0, 1]])
SHAPE = (40, 44, 36)
TUMOR = (slice(13, 17), slice(25, 29), slice(15, 21))  # six axial slices of 64 mm²
DRAWN = (slice(13, 17), slice(25, 30), slice(15, 22))
SKIPPED = (0, 35)  # slices without a head
THRESHOLD = 0.5


def write_volume(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(nifti_bytes(AFFINE))
    return path


def write_mask(path: Path, labels: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(labels.astype(np.uint8), affine)
    path.write_bytes(gzip.compress(image.to_bytes(), 1))
    return path


def tumor_labels() -> np.ndarray:
    """Return labels 1 to 4 in `TUMOR`, and a single voxel in the slice above."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[TUMOR] = np.arange(1, 5)[:, None, None]
    labels[10, 24, 21] = 1
    return labels


def outline(geometry: Geometry, index: int) -> Segmentation:
    """Return the outline of a slice: one row of voxels more than the tumor, and no less."""
    drawn = np.zeros(SHAPE, bool)
    drawn[DRAWN] = True
    shown = as_displayed(drawn[..., index]).astype(np.float32)  # (44, 40)
    ways = np.zeros((1, 44, 44), np.float32)
    ways[0, :, :40] = shown
    return Segmentation(ways, replace(geometry, inner_width=40))


def predict_volume(
    classifier: Any,
    volume: Volume,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
    gate: bool = True,
) -> VolumePrediction:
    """Answer 0.9 on the slices of `TUMOR`, 0.2 elsewhere; a file called ``free`` 0.1 throughout.

    The evidence of every slice has its maximum in the tumor's place; on slice 20 it lies elsewhere.
    A file called ``drawn`` has outlines: `DRAWN` on every slice of `TUMOR` and one above.
    """
    slices: list[SliceScore] = []
    total = volume.depth("axial")
    for index in range(total):
        if cancel():
            raise Cancelled("stopped")
        progress(index, total)
        if index in SKIPPED:
            slices.append(SliceScore(index, "no_brain"))
            continue
        free = "free" in volume.name
        probability = 0.1 if free else 0.9 if 15 <= index < 21 else 0.2
        # Rows run from anterior to posterior, columns from the patient's right to the left.
        cell = (0, 0) if index == 20 else (1, 2)
        evidence = heat(44, 40, cell=cell)
        evidence.grid[cell] *= 0.5 + index / 100 if probability > 0.5 else 0.5
        shares = dict(zip(TYPES, (0.7, 0.2, 0.1), strict=True))
        drawn = outline(evidence.geometry, index) if "drawn" in volume.name else None
        slices.append(
            SliceScore(index, "scored", probability, evidence, shares, segmentation=drawn)
        )
    progress(total, total)
    value = max(one.probability or 0.0 for one in slices)
    return VolumePrediction(
        plane="axial",
        slices=tuple(slices),
        tumor_probability=value,
        decision="tumor" if value >= THRESHOLD else "no_tumor",
        threshold=THRESHOLD,
        band=(THRESHOLD, THRESHOLD),
        slice_threshold=0.5,
        rule="The highest tumour probability of 34 slices.",
        type_probabilities=dict(zip(TYPES, (0.7, 0.2, 0.1), strict=True)),
        type_set=(),
        key_slices=(18, 8),
        agreement=0.5,
        model="resnet50 1.0.0",
        sha256=volume.sha256,
        elapsed_ms=100.0,
        warnings=("A warning of the rule.",),
    )
