"""Outlines in a volume heed the slices beside them: a tumor seldom begins or ends at full size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from brainscan.inference.segmentation import Segmentation

NEIGHBOUR = 0.2
"""How much each of the two slices beside one counts; its own probability counts the rest.

With :data:`PEAK` chosen on the scans of the validation patients of ``resnet50``, see
``python -m benchmarks.volume_outlines --choose``.
"""
PEAK = 0.7
"""Most that a piece's probability must reach, in place of a higher one of the release's rule.

The rule is that of single slices; a mean over three is lower. It is more than what the middle one
of three can bring, so a piece that neither of two slices beside it shows is dropped, where the
release's rule asks for as much.
"""


def heeding_neighbours(
    outlines: Sequence[Segmentation | None],
    neighbour: float = NEIGHBOUR,
    peak: float = PEAK,
) -> list[Segmentation | None]:
    """Return outlines whose probabilities are weighted means over three slices.

    Where one neighbor is missing or was not read, as at the ends of a scan, the slice itself counts
    in its place; where both are, the outline stays as it is.

    Parameters
    ----------
    outlines
        Of neighboring slices of one shape, in their order; ``None`` where there is none.
    neighbour, peak
        See :data:`NEIGHBOUR` and :data:`PEAK`.
    """
    found: list[Segmentation | None] = []
    for before, own, after in _threes(outlines):
        beside = [one for one in (before, after) if one is not None]
        if own is None or not beside:
            found.append(own)
            continue
        rule = replace(own.rule, peak=min(own.rule.peak, peak))
        ways = own.ways
        # A mean reaches no threshold that none of its parts reaches.
        if max(float(one.ways.max()) for one in (own, *beside)) >= rule.threshold:
            ways = (1 - neighbour * len(beside)) * own.ways
            for one in beside:
                ways = ways + neighbour * _on_input(one, own)
        found.append(Segmentation(ways.astype(np.float32), own.geometry, rule))
    return found


def _threes(
    outlines: Sequence[Segmentation | None],
) -> Iterator[tuple[Segmentation | None, Segmentation | None, Segmentation | None]]:
    padded = (None, *outlines, None)
    yield from zip(padded[:-2], padded[1:-1], padded[2:], strict=True)


def _on_input(one: Segmentation, own: Segmentation) -> np.ndarray:
    """Return the ways of a slice where its neighbor's lie: heads are cropped slice by slice."""
    return np.stack([own.geometry.from_input_of(one.geometry, way) for way in one.ways])
