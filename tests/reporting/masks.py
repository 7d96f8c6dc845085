"""Slices with an outline of every awkward shape: a hole, several pieces, corners that touch."""

from __future__ import annotations

import numpy as np

from brainscan.imaging.correction import Correction
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from tests.reporting.dicom import answers

WHEN = "2026-11-26T12:00:00+00:00"


def awkward_mask() -> np.ndarray:
    """Return ``(23, 31)`` bool: four pieces, one with two holes, one at the picture's corner."""
    mask = np.zeros((23, 31), bool)
    mask[4:14, 5:19] = True
    mask[6:9, 8:11] = mask[10, 14] = False  # holes
    mask[7, 9] = True  # an island in a hole
    mask[14, 19] = mask[15, 20] = True  # hang on to the first piece by corners
    mask[20:23, 27:31] = True
    mask[1, 1] = True
    return mask


def awkward_scan(spacing: tuple[float, float] | None = (0.5, 0.75), name: str = "a.png") -> Scan:
    """Return an 8-bit slice of the mask's size."""
    pixels = np.random.default_rng(1).integers(0, 256, awkward_mask().shape, np.uint8)
    return Scan(pixels, name, "ab" * 32, "PNG", "L", spacing=spacing)


def outlined(scan: Scan, mask: np.ndarray | None = None, **more: object) -> Prediction:
    """Return an answer with an outline."""
    drawn = answers.exact_outline(awkward_mask() if mask is None else mask)
    return answers.prediction(scan, **({"segmentation": drawn} | more))  # type: ignore[arg-type]


def correction(mask: np.ndarray | None = None) -> Correction:
    """Return a reader's outline, by default the awkward one upside down."""
    drawn = awkward_mask()[::-1] if mask is None else mask
    return Correction(drawn, "Zoë Lind", WHEN, answers.MODEL)
