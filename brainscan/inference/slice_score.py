"""What becomes of the single slices of a volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from brainscan.inference.heatmap import HeatMap
from brainscan.inference.segmentation import Segmentation

SliceState = Literal["scored", "no_brain"]

_KEYS = 6  # slices to look at first
_APART = 10.0  # mm between two of them: nearer ones show the same thing


@dataclass(frozen=True, eq=False)
class SliceScore:
    """What became of one slice of a volume.

    Attributes
    ----------
    index
        Along the canonical axis of the plane, as :meth:`Volume.plane_slice` counts.
    state
        ``"scored"``, or ``"no_brain"`` where there is too little head to read.
    probability
        Calibrated tumor probability in [0, 1] of a scored slice, else ``None``.
    evidence
        Evidence map of a scored slice, else ``None``.
    type_probabilities
        Type name to probability given a tumor; empty where not scored.
    gate_refused
        Whether the input gate would have refused the slice by itself. It is scored all the
        same when the gate accepts the volume: its neighbours vouch for it.
    segmentation
        Outline on a scored slice, its neighbors heeded; ``None`` elsewhere, and for a release
        without a decoder.
    outlined_alone
        Whether the network outlines anything on the slice when no neighbor is heeded.
    """

    index: int
    state: SliceState
    probability: float | None = None
    evidence: HeatMap | None = field(default=None, repr=False)
    type_probabilities: dict[str, float] = field(default_factory=dict, repr=False)
    gate_refused: bool = False
    segmentation: Segmentation | None = field(default=None, repr=False)
    outlined_alone: bool = False

    @property
    def fresh_segmentation(self) -> Segmentation | None:
        """A copy of ``segmentation`` that is let go of after use, with the arrays it computes.

        Kept for every slice of a volume they would take many times the volume's own memory.
        """
        return None if self.segmentation is None else replace(self.segmentation)

    @cached_property
    def outlined(self) -> bool:
        """Whether the network outlines anything on the slice, whatever is decided."""
        outline = self.fresh_segmentation
        if outline is None or outline.ways.mean(axis=0).max() < outline.rule.threshold:
            return False  # the way to the slice is bilinear: nothing on it exceeds the cells
        return outline.outlined

    @cached_property
    def outline_met(self) -> bool:
        """Whether the slice's strongest evidence lies in its outline; see ``Segmentation``."""
        outline = self.fresh_segmentation
        return outline is None or self.evidence is None or outline.meets(self.evidence)


def key_slices(slices: Sequence[SliceScore], spacing: float) -> tuple[int, ...]:
    """Return the indices of the most suspicious slices, at least 10 mm and two slices apart.

    Parameters
    ----------
    slices
        Of one plane.
    spacing
        Millimetres from slice to slice.
    """
    apart = max(2.0, _APART / spacing)
    found: list[int] = []
    for one in sorted((s for s in slices if s.state == "scored"), key=suspicion, reverse=True):
        if all(abs(one.index - other) >= apart for other in found):
            found.append(one.index)
        if len(found) == _KEYS:
            break
    return tuple(found)


def reaching(
    ranked: Sequence[int], slices: Sequence[SliceScore], threshold: float
) -> tuple[int, ...]:
    """Return those of the ranked slices that reach the threshold, but at least the first.

    Parameters
    ----------
    ranked
        Indices from :func:`key_slices`.
    slices
        Of the plane, in the order of their index.
    threshold
        Operating threshold of a single slice.
    """
    above = tuple(index for index in ranked if (slices[index].probability or 0.0) >= threshold)
    return above or tuple(ranked[:1])


def suspicion(one: SliceScore) -> tuple[float, float]:
    """Return what suspicious slices are ranked by: probability, then strongest evidence."""
    return one.probability or 0.0, one.evidence.peak if one.evidence else 0.0


def strongest(slices: Sequence[SliceScore]) -> SliceScore:
    """Return the slice with the strongest evidence; of equal ones the most probable.

    Parameters
    ----------
    slices
        At least one.
    """
    return max(slices, key=lambda one: suspicion(one)[::-1])


def mean_types(slices: Sequence[SliceScore]) -> dict[str, float]:
    """Return the mean type probabilities, each slice weighing as much as it speaks for tumor."""
    weights = np.array([one.probability or 0.0 for one in slices]) + 1e-9
    names = slices[0].type_probabilities
    return {
        name: float(np.average([s.type_probabilities[name] for s in slices], weights=weights))
        for name in names
    }
