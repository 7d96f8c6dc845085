"""What a stability check found for one slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from brainscan.inference.decision import Decision, OperatingPoint

_WORDS = {"tumor": "tumour", "no_tumor": "no tumour", "indeterminate": "uncertain"}


@dataclass(frozen=True)
class ChangedAnswer:
    """The answer for a slice under one change.

    Attributes
    ----------
    key, name
        Of the perturbation.
    probability, decision
        The answer; ``None`` when there is none.
    reason
        Sentence why there is no answer.
    peak_agrees
        Whether the evidence still peaks in the region where the unchanged slice has
        evidence; ``None`` where that cannot be compared.
    """

    key: str
    name: str
    probability: float | None = None
    decision: Decision | None = None
    reason: str | None = None
    peak_agrees: bool | None = None

    def to_json(self) -> dict[str, Any]:
        probability = self.probability
        return {
            "key": self.key,
            "name": self.name,
            "tumor_probability": None if probability is None else round(probability, 6),
            "decision": self.decision,
            "reason": self.reason,
            "peak_agrees": self.peak_agrees,
        }


@dataclass(frozen=True)
class ScanStability:
    """The answers for one slice, unchanged (``probability``, ``decision``) and changed."""

    model: str
    sha256: str
    threshold: float
    band: tuple[float, float]
    probability: float
    decision: Decision
    under: tuple[ChangedAnswer, ...]

    @property
    def low(self) -> float:
        """Smallest probability, the unchanged slice included."""
        return min(self._probabilities)

    @property
    def high(self) -> float:
        """Largest probability, the unchanged slice included."""
        return max(self._probabilities)

    @property
    def _probabilities(self) -> list[float]:
        found = [answer.probability for answer in self.under if answer.probability is not None]
        return [self.probability, *found]

    @property
    def changed(self) -> tuple[ChangedAnswer, ...]:
        """Answers with another decision than the unchanged slice; no answer is another one."""
        return tuple(answer for answer in self.under if answer.decision != self.decision)

    @property
    def peaks(self) -> tuple[int, int]:
        """Changes under which the evidence peaks in the same place, of those comparable."""
        known = [answer.peak_agrees for answer in self.under if answer.peak_agrees is not None]
        return sum(known), len(known)

    def at(self, threshold: float, band: tuple[float, float]) -> ScanStability:
        """Return the same probabilities decided at another threshold and band."""
        decide = OperatingPoint(threshold, band).decide
        return replace(
            self,
            threshold=threshold,
            band=band,
            decision=decide(self.probability),
            under=tuple(
                answer
                if answer.probability is None
                else replace(answer, decision=decide(answer.probability))
                for answer in self.under
            ),
        )

    def answer_flips(self, answer: ChangedAnswer) -> bool:
        """Return whether the threshold alone gives another answer than unchanged, or none."""
        if answer.probability is None:
            return True
        return (answer.probability >= self.threshold) != (self.probability >= self.threshold)

    @property
    def sentence(self) -> str:
        """What a reader should know, in a sentence or two."""
        low, high = f"{self.low:.2f}", f"{self.high:.2f}"
        spread = f"probability {low}" if low == high else f"probability {low} to {high}"
        if not self.changed:
            return (
                f"The answer stays “{_WORDS[self.decision]}” under all {len(self.under)} "
                f"changes; {spread}."
            )
        parts = [
            f"{answer.name} ({_WORDS[answer.decision] if answer.decision else 'no answer'})"
            for answer in self.changed
        ]
        return (
            f"The answer “{_WORDS[self.decision]}” does not hold under {len(self.changed)} of "
            f"{len(self.under)} changes: {', '.join(parts)}; {spread}."
        )

    def to_json(self) -> dict[str, Any]:
        agreeing, comparable = self.peaks
        return {
            "model": self.model,
            "sha256": self.sha256,
            "threshold": self.threshold,
            "band": list(self.band),
            "tumor_probability": round(self.probability, 6),
            "decision": self.decision,
            "low": round(self.low, 6),
            "high": round(self.high, 6),
            "decision_changes": len(self.changed),
            "unanswered": sum(answer.probability is None for answer in self.under),
            "peaks_agree": agreeing,
            "peaks_compared": comparable,
            "summary": self.sentence,
            "changes": [answer.to_json() for answer in self.under],
        }
