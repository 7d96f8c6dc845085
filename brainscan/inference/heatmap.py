"""A map on the network's coarse grid: evidence or Grad-CAM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from brainscan.imaging.geometry import Geometry


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A map on the network's coarse grid, and the way back to the slice it came from.

    Attributes
    ----------
    grid
        ``(rows, cols)`` float32 in [0, 1]. For ``kind="evidence"`` the probability of tumor
        tissue, never rescaled. For ``kind="gradcam"`` the positive part of the class
        activation divided by its maximum; all zero where nothing speaks for the class.
    geometry
        Crop, scale and padding that took the slice to the network's input.
    kind
        ``"evidence"`` or ``"gradcam"``.
    peak
        Largest value in the unit of the logit, before any scaling. Zero or less means there
        is no positive evidence: no cell is more likely tumor than not.
    """

    grid: np.ndarray
    geometry: Geometry
    kind: Literal["evidence", "gradcam"]
    peak: float

    @classmethod
    def of_gradcam(cls, activation: np.ndarray, geometry: Geometry) -> HeatMap:
        """Return a Grad-CAM map of an ``(n, n)`` activation, cut at zero, divided by its peak.

        A map without a positive value stays empty: stretching it would show noise as evidence.
        """
        peak = float(activation.max())
        if peak <= 0:
            return cls(np.zeros(activation.shape, np.float32), geometry, "gradcam", peak)
        scaled = np.maximum(activation, 0) / np.float32(peak)
        return cls(scaled.astype(np.float32), geometry, "gradcam", peak)

    @property
    def has_evidence(self) -> bool:
        """Whether anything in the map speaks for the class."""
        return self.peak > 0.0

    def on_slice(self) -> np.ndarray:
        """Return the map in the slice's geometry: ``(height, width)`` float32 in [0, 1]."""
        return self.geometry.to_slice(self.grid)

    def mask(self, threshold: float) -> np.ndarray:
        """Return where the map on the slice reaches ``threshold``: ``(height, width)`` bool."""
        return self.on_slice() >= threshold
