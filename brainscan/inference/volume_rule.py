"""How the slices' probabilities become one value for a volume, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.inference.decision import DEFAULT_SENSITIVITY, OperatingPoint
from brainscan.inference.release import Release

RuleKind = Literal["maximum", "top_mean", "run_mean"]
NO_RULE = (
    "This release has no rule for whole volumes: the most suspicious slice decides, at the "
    "threshold of single slices. That misses little and raises many false alarms, because a "
    "volume has many slices."
)


@dataclass(frozen=True)
class VolumeRule:
    """A release's rule for volumes, fitted on validation patients.

    Attributes
    ----------
    kind
        ``"maximum"``: the highest probability of a slice. ``"top_mean"``: the mean of the
        highest ``share`` of them, wherever they lie. ``"run_mean"``: the highest mean over a
        run of neighbouring slices that is ``share`` of the scored slices long.
    share
        In (0, 1]; without meaning for ``"maximum"``. A share and not a number of slices or
        millimetres: the scans it is fitted on have slices some millimetres apart and do not say
        how far, others have hundreds of thin ones; both cover a head.
    points
        Operating points on the rule's value.
    fitted
        False for the stand-in of a release without a rule.
    """

    kind: RuleKind
    share: float
    points: tuple[OperatingPoint, ...]
    fitted: bool = True

    @classmethod
    def of(cls, release: Release) -> VolumeRule:
        """Return the rule of a release.

        A release without one gets the cautious stand-in that :data:`NO_RULE` describes: the
        maximum, at the operating points of single slices.

        Raises
        ------
        ModelUnavailable
            When the manifest names a rule that this version does not know.
        """
        entry = release.manifest.get("volume_rule")
        if entry is None:
            points = release.operating_points or (release.operating_point(),)
            return cls("maximum", 1.0, points, fitted=False)
        return cls.from_json(entry)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> VolumeRule:
        """Return the rule of the entry ``volume_rule`` of a manifest."""
        kind = values["kind"]
        if kind not in get_args(RuleKind):
            msg = (
                f"The model's rule for volumes is {kind!r}, which this version of BrainScan does "
                f"not know. Known: {', '.join(get_args(RuleKind))}. Update BrainScan or the model."
            )
            raise ModelUnavailable(msg)
        points = tuple(map(OperatingPoint.from_json, values["operating_points"]))
        return cls(kind, float(values["share"]), points)

    def to_json(self) -> dict[str, Any]:
        """Return the plain values, as a release manifest holds them."""
        return {
            "kind": self.kind,
            "share": self.share,
            "operating_points": [point.to_json() for point in self.points],
        }

    def length(self, slices: int) -> int:
        """Return how many of ``slices`` scored slices the rule averages."""
        return 1 if self.kind == "maximum" else max(1, round(self.share * slices))

    def value(self, probabilities: Sequence[float] | np.ndarray, of: int | None = None) -> float:
        """Return the value of a volume in [0, 1].

        Parameters
        ----------
        probabilities
            ``(n,)``, ``n >= 1``, of the scored slices in the order in which they lie.
        of
            Scored slices of the whole volume, where ``probabilities`` are a part of it.
        """
        found = np.asarray(probabilities, np.float64)
        length = min(len(found), self.length(of or len(found)))
        if self.kind == "run_mean":
            sums = np.concatenate([[0.0], np.cumsum(found)])
            return float(np.clip((sums[length:] - sums[:-length]).max() / length, 0.0, 1.0))
        return float(np.sort(found)[-length:].mean())

    def operating_point(self, sensitivity: float | None = None) -> OperatingPoint:
        """Return the operating point for a sensitivity; ``None``: the default one.

        Raises
        ------
        ModelUnavailable
            When the rule has no threshold for this sensitivity.
        """
        wanted = DEFAULT_SENSITIVITY if sensitivity is None else sensitivity
        for point in self.points:
            if point.sensitivity is not None and abs(point.sensitivity - wanted) < 1e-9:
                return point
        if sensitivity is None:
            return self.points[0]
        offered = ", ".join(f"{p.sensitivity:g}" for p in self.points if p.sensitivity is not None)
        msg = (
            f"The model has no threshold for volumes at a sensitivity of {sensitivity:g}. "
            f"Offered: {offered or 'none'}."
        )
        raise ModelUnavailable(msg)

    def sentence(self, slices: int) -> str:
        """Return how ``slices`` scored slices become the volume's value, in words."""
        length = self.length(slices)
        if self.kind == "maximum" or length == 1:
            return f"The highest tumour probability of {slices} slices."
        if self.kind == "top_mean":
            return f"The mean of the {length} highest tumour probabilities of {slices} slices."
        return f"The highest mean tumour probability over {length} neighbouring slices of {slices}."
