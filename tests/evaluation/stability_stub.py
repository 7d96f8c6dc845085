"""A model with known answers: how much of a slice's brightness lies in its left half."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from brainscan.errors import InputRejected
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Decision, HeatMap, Prediction

THRESHOLD, BAND = 0.5, (0.5, 0.6)
BLANK = "The slice is blank: nothing is left of it. Choose another one."


class LeftHalf:
    """The probability is the share of brightness left of the middle; evidence is brightness."""

    def __init__(self) -> None:
        self.release = SimpleNamespace(title="left 1.0.0", name="left")
        self.asked = 0

    def predict(self, scan: Scan, **_: Any) -> Prediction:
        self.asked += 1
        pixels = scan.pixels.astype(np.float32)
        if pixels.max() < 1:
            raise InputRejected(BLANK)
        probability = float(pixels[:, : scan.width // 2].sum() / pixels.sum())
        grid = cv2.resize(pixels / 255, (16, 16), interpolation=cv2.INTER_AREA)
        decision: Decision = "tumor" if probability >= THRESHOLD else "no_tumor"
        if BAND[0] <= probability < BAND[1]:
            decision = "indeterminate"
        peak = float(grid.max()) - 0.3
        return Prediction(
            tumor_probability=probability,
            decision=decision,
            type_probabilities={},
            evidence=HeatMap(grid, whole(*scan.pixels.shape), "evidence", peak),
            gradcam={},
            threshold=THRESHOLD,
            band=BAND,
            model=self.release.title,
            sha256=scan.sha256,
            elapsed_ms=1.0,
        )


def whole(height: int, width: int) -> Geometry:
    """Return the geometry of a square slice that fills the network's input."""
    return Geometry(height, width, 0, 0, height, width, 0, 0, 64, 64, 64)


def halves(left: int, right: int) -> np.ndarray:
    """Return a slice with a block in either half: the probability is the left one's share."""
    pixels = np.zeros((64, 64), np.uint8)
    pixels[28:36, 16:24] = left
    pixels[28:36, 40:48] = right
    return pixels


def rim() -> np.ndarray:
    """Return a slice that is blank once its rim is cropped."""
    pixels = np.zeros((64, 64), np.uint8)
    pixels[24:40, :4] = 200
    pixels[24:40, -4:] = 20
    return pixels
