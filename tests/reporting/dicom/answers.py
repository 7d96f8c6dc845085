"""Answers made by hand, with evidence whose place is known to the voxel."""

from __future__ import annotations

import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.imaging.orientation import Plane
from brainscan.imaging.scan import Scan
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.inference.decision import Decision
from brainscan.inference.prediction import HeatMap, Prediction
from brainscan.inference.segmentation import Segmentation
from brainscan.inference.volume_prediction import SliceScore, VolumePrediction

MODEL = "testnet 9.8.7"
TYPES = {"glioma": 0.62, "meningioma": 0.3, "pituitary": 0.08}


def exact_map(values: np.ndarray, *, has_evidence: bool | None = None) -> HeatMap:
    """Return a heat map that is exactly ``values`` on its slice."""
    height, width = values.shape
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    grid = np.zeros((size, size), np.float32)
    grid[top : top + height, left : left + width] = values
    geometry = Geometry(height, width, 0, 0, height, width, top, left, height, width, size)
    speaks = bool(values.max() >= 0.5) if has_evidence is None else has_evidence
    return HeatMap(grid, geometry, "evidence", 2.0 if speaks else -1.0)


def exact_outline(mask: np.ndarray) -> Segmentation:
    """Return an outline that is exactly ``mask`` on its slice, read one way."""
    there = exact_map(np.where(mask, 0.9, 0.1).astype(np.float32))
    return Segmentation(there.grid[None], there.geometry)


def ringed(pixels: np.ndarray) -> np.ndarray:
    """Return the patient's marker without its middle pixel: an outline with a hole."""
    mask = pixels >= 1000
    inner = mask.copy()
    for axis in (0, 1):
        for step in (1, -1):
            inner &= np.roll(mask, step, axis)
    if inner.any():
        mask = mask.copy()
        mask[tuple(np.argwhere(inner)[len(np.argwhere(inner)) // 2])] = False
    return mask


def marker_evidence(pixels: np.ndarray, inside: float = 0.9, outside: float = 0.1) -> np.ndarray:
    """Return evidence that is high where the patient's marker is."""
    return np.where(pixels >= 1000, inside, outside).astype(np.float32)


def prediction(
    scan: Scan,
    evidence: np.ndarray | None = None,
    decision: Decision = "tumor",
    probability: float = 0.87,
    **more: object,
) -> Prediction:
    """Return an answer for a slice; the marker is the evidence unless told otherwise."""
    values = marker_evidence(scan.pixels) if evidence is None else evidence
    facts = {
        "tumor_probability": probability,
        "decision": decision,
        "type_probabilities": TYPES,
        "evidence": exact_map(values),
        "gradcam": {},
        "threshold": 0.4,
        "band": (0.4, 0.55),
        "model": MODEL,
        "sha256": scan.sha256,
        "elapsed_ms": 12.0,
        "type_set": ("glioma", "meningioma"),
        "sensitivity": 0.95,
    }
    return Prediction(**(facts | more))  # type: ignore[arg-type]


def volume_prediction(
    volume: Volume,
    plane: Plane | None = None,
    evidence: np.ndarray | None = None,
    keys: int = 2,
    mask: np.ndarray | None = None,
    **more: object,
) -> VolumePrediction:
    """Return an answer for a volume.

    Parameters
    ----------
    evidence
        In canonical order; by default high in the marker.
    keys
        Number of key slices: those with most evidence, two apart.
    mask
        Outline in canonical order, drawn on every slice; by default the model draws none.
    """
    plane = plane or volume.plane
    peak = float(volume.voxels.max())
    if evidence is None:
        evidence = np.where(volume.voxels >= 0.7 * peak, 0.9, 0.1).astype(np.float32)
    axis = ("sagittal", "coronal", "axial").index(plane)
    scores = []
    for index in range(volume.depth(plane)):
        shown = as_displayed(np.take(evidence, index, axis=axis))
        if index == 0:
            scores.append(SliceScore(index, "no_brain"))
            continue
        share = float((shown >= 0.5).mean())
        drawn = None
        if mask is not None:
            there = as_displayed(np.take(mask, index, axis=axis))
            drawn = exact_outline(there)
            share = max(share, 0.04 * bool(there.any()))  # outlines go with suspicious slices
        probability = min(0.05 + 10 * share, 0.95)
        scores.append(
            SliceScore(index, "scored", probability, exact_map(shown), TYPES, segmentation=drawn)
        )
    order = sorted(scores, key=lambda one: -(one.probability or 0))
    chosen: list[int] = []
    for one in order:
        if all(abs(one.index - other) > 1 for other in chosen) and len(chosen) < keys:
            chosen.append(one.index)
    facts = {
        "plane": plane,
        "slices": tuple(scores),
        "tumor_probability": 0.81,
        "decision": "tumor",
        "threshold": 0.5,
        "band": (0.5, 0.5),
        "slice_threshold": 0.4,
        "rule": "The mean of the highest tenth of the slices decides.",
        "type_probabilities": TYPES,
        "type_set": ("glioma",),
        "key_slices": tuple(chosen),
        "agreement": 0.75,
        "model": MODEL,
        "sha256": volume.sha256,
        "elapsed_ms": 340.0,
    }
    return VolumePrediction(**(facts | more))  # type: ignore[arg-type]
