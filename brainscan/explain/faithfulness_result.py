"""What tests of a model's maps found, with an interval and a baseline for every figure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.ratios import mean
from brainscan.explain.maps import EVIDENCE, GRADCAM, OUTLINE

RANDOM, CENTER = "random", "center"
BASELINES = (RANDOM, CENTER)
NAMES = {
    GRADCAM: "Grad-CAM", EVIDENCE: "Evidence", OUTLINE: "Outline", CENTER: "Centre prior",
    RANDOM: "Chance",
}  # fmt: skip
ByMap = Mapping[str, Estimate]


def mean_over_groups(values: Sequence[float] | np.ndarray, units: Sequence[Hashable]) -> Estimate:
    """Return the mean over slices with a bootstrap interval over patients or groups.

    Slices for which the figure is not defined (NaN) are left out.
    """
    return mean(values, units, "The figure is defined for no slice.")


@dataclass(frozen=True)
class Pointing:
    """Pointing game and energy inside the outline, over some slices.

    Attributes
    ----------
    name
        ``"all"``, or the source and sequence.
    n
        Slices.
    pointing, energy
        Map name to share. ``"random"`` is the exact expectation of a pixel of the head drawn
        blindly, and the energy of a map that is even over the head.
    """

    name: str
    n: int
    pointing: ByMap
    energy: ByMap

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "n": self.n, "pointing": _plain(self.pointing),
                "energy": _plain(self.energy)}  # fmt: skip


@dataclass(frozen=True)
class Curves:
    """Deletion and insertion on a sample of the slices.

    Attributes
    ----------
    n
        Slices.
    whole, blurred, without_tumor
        Mean calibrated tumor probability of the slices, of the slices with nothing left to see,
        and of the slices with just the outlined tumor removed: the starts of both curves, and
        what the most exact map there is could bring about.
    deletion, insertion
        Map name to area under the curve as its mean height, in probability, over the shares of
        :data:`brainscan.explain.deletion.SHARES`. Low is good for deletion, high for insertion.
    deletion_gain, insertion_gain
        Map name, then baseline, to the difference to that baseline on the same slices; positive
        where the map is better.
    """

    n: int
    whole: Estimate
    blurred: Estimate
    without_tumor: Estimate
    deletion: ByMap
    insertion: ByMap
    deletion_gain: Mapping[str, ByMap]
    insertion_gain: Mapping[str, ByMap]

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "whole": self.whole.to_json(),
            "blurred": self.blurred.to_json(),
            "without_tumor": self.without_tumor.to_json(),
            "deletion": _plain(self.deletion),
            "insertion": _plain(self.insertion),
            "deletion_gain": {name: _plain(each) for name, each in self.deletion_gain.items()},
            "insertion_gain": {name: _plain(each) for name, each in self.insertion_gain.items()},
        }


@dataclass(frozen=True)
class Sanity:
    """How alike the maps stay when the network's weights are drawn anew.

    Attributes
    ----------
    n, draws
        Slices, and how often the weights were drawn; a slice's figure is the mean over the draws.
    similarity
        Map name, then what it is compared with, to the mean rank correlation:
        ``"heads"`` and ``"network"`` the same slice after these weights were drawn anew,
        ``"other_slice"`` another patient's slice and the trained network: the likeness of maps
        that have nothing but the shape of a head in common.
    """

    n: int
    draws: int
    similarity: Mapping[str, ByMap]

    def to_json(self) -> dict[str, Any]:
        similarity = {name: _plain(each) for name, each in self.similarity.items()}
        return {"n": self.n, "draws": self.draws, "similarity": similarity}


@dataclass(frozen=True)
class Faithfulness:
    """All tests of a model's maps on one dataset.

    Attributes
    ----------
    dataset, folds, fingerprint, model
        What was measured.
    n, left_out
        Tumor slices with an outline, and how many of them could not be used.
    tolerance
        Of the pointing game, in pixels of the network's input.
    seed
        Of the samples and of all that is random.
    parts
        Of all slices first, then of each source and sequence where there are several.
    curves, sanity
        ``None`` where not measured.
    notes
        Sentences for the reader of the figures.
    """

    dataset: str
    folds: tuple[str, ...]
    fingerprint: str
    model: str
    n: int
    left_out: int
    tolerance: int
    seed: int
    parts: tuple[Pointing, ...]
    curves: Curves | None
    sanity: Sanity | None
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a manifest's ``faithfulness``."""
        return {
            "folds": list(self.folds),
            "fingerprint": self.fingerprint,
            "model": self.model,
            "n": self.n,
            "left_out": self.left_out,
            "tolerance": self.tolerance,
            "seed": self.seed,
            "parts": [part.to_json() for part in self.parts],
            "curves": self.curves.to_json() if self.curves else None,
            "sanity": self.sanity.to_json() if self.sanity else None,
            "notes": list(self.notes),
        }


def _plain(figures: ByMap) -> dict[str, Any]:
    return {name: figure.to_json() for name, figure in figures.items()}
