"""The outline of a tumor on one slice: probability, mask, and how sure its border is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.inference.heatmap import HeatMap


@dataclass(frozen=True)
class SegmentationRule:
    """How a release makes a mask of its probabilities; chosen on validation slices.

    Attributes
    ----------
    threshold
        Probability from which on a pixel is tumor.
    smallest
        Pieces of the mask smaller than this share of the head's box are dropped.
    peak
        Pieces whose probability nowhere reaches this are dropped: what is nowhere sure is rather
        a false alarm than the rim of a tumor.
    """

    threshold: float = 0.5
    smallest: float = 0.0
    peak: float = 0.0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SegmentationRule:
        """Return the rule of a manifest's ``segmentation`` entry."""
        return cls(
            float(values["threshold"]),
            float(values["smallest"]),
            float(values.get("peak", 0.0)),
        )


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Where the network sees the tumor end.

    Attributes
    ----------
    ways
        ``(w, m, m)`` float32 in [0, 1]: probability of tumor tissue on the network's input,
        once for the slice as it is and, where the release reads it mirrored too, once for its
        mirror image, mirrored back.
    geometry
        The way back to the slice.
    rule
        Of the release.
    """

    ways: np.ndarray = field(repr=False)
    geometry: Geometry
    rule: SegmentationRule = SegmentationRule()

    @cached_property
    def probability(self) -> np.ndarray:
        """``(height, width)`` float32 in [0, 1] on the slice: the mean over the ways."""
        return self.geometry.to_slice(self.ways.mean(axis=0))

    @cached_property
    def mask(self) -> np.ndarray:
        """``(height, width)`` bool: where the probability reaches the rule's threshold."""
        return self._whole_pieces(self.probability >= self.rule.threshold)

    @cached_property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """Inner and outer mask, ``(height, width)`` bool: where all ways, where any see tumor.

        Between them the border is uncertain; they are equal where the release knows one way.
        The inner lies within the outer, but the mask itself, a mean, may leave either by a pixel.
        """
        each = [self.geometry.to_slice(way) >= self.rule.threshold for way in self.ways]
        inner, outer = np.logical_and.reduce(each), np.logical_or.reduce(each)
        # Where nothing is outlined, no border is uncertain: pieces beside the mask do not count.
        _, labels = cv2.connectedComponents(outer.astype(np.uint8), connectivity=8)
        outer = outer & np.isin(labels, np.unique(labels[self.mask & outer]))
        return inner & outer, outer

    @property
    def outlined(self) -> bool:
        """Whether the mask has a pixel."""
        return bool(self.mask.any())

    def meets(self, evidence: HeatMap) -> bool:
        """Return whether the strongest evidence lies in the mask, give or take one of its cells.

        ``True`` also where there is no positive evidence, or no mask, that could contradict.
        """
        if not evidence.has_evidence or not self.outlined:
            return True
        cells = evidence.grid.shape[0]
        on_input = self.geometry.place(self.mask.astype(np.float32))
        per_cell = cv2.resize(on_input, (cells, cells), interpolation=cv2.INTER_AREA)
        near = cv2.dilate(per_cell, np.ones((3, 3), np.uint8))
        return bool(near.flat[int(np.argmax(evidence.grid))] > 0)

    def _whole_pieces(self, mask: np.ndarray) -> np.ndarray:
        """Return a mask without its smallest and its least sure pieces."""
        least = self.rule.smallest * self.geometry.crop_height * self.geometry.crop_width
        if not mask.any():
            return mask
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            mask.astype(np.uint8), connectivity=8
        )
        kept = np.zeros(count, bool)
        for piece in range(1, count):
            x, y, width, height, area = (int(value) for value in stats[piece])
            there = (slice(y, y + height), slice(x, x + width))
            surest = self.probability[there][labels[there] == piece].max()
            kept[piece] = area >= least and surest >= self.rule.peak
        return np.asarray(kept[labels])
