"""What follows from a tumor probability: three outcomes at a chosen sensitivity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from brainscan.inference.conformal import type_set
from brainscan.inference.consistency import contradiction, with_contradiction

Decision = Literal["tumor", "no_tumor", "indeterminate"]

SENSITIVITIES = (0.80, 0.85, 0.90, 0.95, 0.975, 0.99)
DEFAULT_SENSITIVITY = 0.95

_DISAGREEMENT: dict[tuple[Decision, bool], str] = {
    ("tumor", False): (
        "The slice as a whole looks like a tumour slice, but no place in it does. "
        "Read the probability with caution."
    ),
    ("no_tumor", True): (
        "A place in the slice looks like tumour although the slice as a whole does not. "
        "Look at the evidence map."
    ),
}


@dataclass(frozen=True)
class OperatingPoint:
    """Threshold and band of a release, and what they did on its validation slices.

    The figures are ``None`` where a release does not record them.

    Attributes
    ----------
    threshold
        At or above it a slice is not called tumor-free.
    band
        ``(low, high)``: probabilities in ``[low, high)`` are indeterminate.
    sensitivity
        Share of tumor slices that the threshold was chosen to keep from being called
        tumor-free.
    promised
        Whether the validation slices were many enough to promise ``sensitivity``.
    kept
        Share of the validation tumor slices not called tumor-free.
    specificity
        Share of the tumor-free validation slices called tumor-free.
    indeterminate
        Share of the validation slices left indeterminate.
    n_tumor, n_no_tumor
        Validation slices. In all shares each source and sequence counts alike.
    """

    threshold: float
    band: tuple[float, float]
    sensitivity: float | None = None
    promised: bool = True
    kept: float | None = None
    specificity: float | None = None
    indeterminate: float | None = None
    n_tumor: int | None = None
    n_no_tumor: int | None = None

    def decide(self, probability: float) -> Decision:
        """Return the decision for a calibrated tumor probability."""
        low, high = self.band
        if low <= probability < high:
            return "indeterminate"
        return "tumor" if probability >= self.threshold else "no_tumor"

    def to_json(self) -> dict[str, Any]:
        """Return the plain values, as a release manifest lists them."""
        return {
            "sensitivity": self.sensitivity,
            "threshold": self.threshold,
            "band": list(self.band),
            "promised": self.promised,
            "kept": self.kept,
            "specificity": self.specificity,
            "indeterminate": self.indeterminate,
            "n": {"tumor": self.n_tumor, "no_tumor": self.n_no_tumor},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> OperatingPoint:
        """Return the operating point of an entry of ``operating_points`` in a manifest."""
        low, high = values["band"]
        count = values.get("n", {})
        return cls(
            threshold=float(values["threshold"]),
            band=(float(low), float(high)),
            sensitivity=values["sensitivity"],
            promised=values.get("promised", True),
            kept=values.get("kept"),
            specificity=values.get("specificity"),
            indeterminate=values.get("indeterminate"),
            n_tumor=count.get("tumor"),
            n_no_tumor=count.get("no_tumor"),
        )


def with_disagreement(
    warnings: Iterable[str], decision: Decision, has_evidence: bool
) -> tuple[str, ...]:
    """Return warnings with the one on evidence map and decision as it fits this decision."""
    others = (text for text in warnings if text not in _DISAGREEMENT.values())
    sentence = _DISAGREEMENT.get((decision, has_evidence))
    return (*others, *([sentence] if sentence else ()))


def decided_again(
    answer: Mapping[str, Any],
    point: OperatingPoint,
    quantiles: Mapping[str, float] | None,
) -> dict[str, Any]:
    """Return an answer as it reads at another operating point, without the network.

    Parameters
    ----------
    answer
        Plain values of ``Prediction.to_json()``.
    point
        Where to decide.
    quantiles
        Of the release, see :func:`brainscan.inference.conformal.type_set`.
    """
    decision = point.decide(answer["tumor_probability"])
    learned = answer.get("types_learned", True)
    shares = answer["type_probabilities"]
    types = () if decision == "no_tumor" else type_set(shares, quantiles, learned=learned)
    warnings = with_disagreement(answer["warnings"], decision, answer["has_evidence"])
    if outline := answer.get("outline"):
        sentence = contradiction(
            decision,
            outlined=outline["network_pixels"] > 0,
            meets=outline["meets_evidence"],
            evident=answer["has_evidence"],
        )
        warnings = with_contradiction(warnings, sentence)
    return {
        **answer,
        "decision": decision,
        "type": types[0] if types and learned else None,
        "type_set": list(types),
        "sensitivity": point.sensitivity,
        "threshold": point.threshold,
        "band": list(point.band),
        "warnings": list(warnings),
    }
