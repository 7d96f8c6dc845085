"""Probability, evidence and outline must not contradict each other silently."""

from __future__ import annotations

from collections.abc import Iterable

WITHHELD = (
    "The network draws an outline although the answer is no tumour. The outline is left out, "
    "because the answer decides; look at the place all the same."
)
MISSING = (
    "The answer is tumour, but the network finds nothing to outline. Either the tumour has no "
    "clear border on this slice, or the answer is wrong."
)
ELSEWHERE = (
    "The strongest evidence lies outside the outline, so the two point at different places. "
    "Trust neither before you have looked."
)
UNBACKED = (
    "Something is outlined, but the evidence map speaks for a tumour nowhere on this slice. The "
    "outline may be normal tissue."
)
_SENTENCES = (WITHHELD, MISSING, ELSEWHERE, UNBACKED)


def contradiction(
    decision: str, *, outlined: bool, meets: bool, evident: bool = True
) -> str | None:
    """Return the sentence for a decision, its outline and its evidence; ``None``: they agree.

    Parameters
    ----------
    decision
        ``"tumor"``, ``"no_tumor"`` or ``"indeterminate"``.
    outlined
        Whether the network's mask, before any decision, has a pixel.
    meets
        Whether the strongest evidence lies in that mask, or there is no positive evidence.
    evident
        Whether there is positive evidence. That a tumor has none is said by
        :func:`brainscan.inference.decision.with_disagreement`, with an outline or without.
    """
    if decision == "no_tumor":
        return WITHHELD if outlined else None
    if not outlined:
        return MISSING if decision == "tumor" else None
    if decision == "indeterminate" and not evident:
        return UNBACKED
    return None if meets else ELSEWHERE


def with_contradiction(warnings: Iterable[str], sentence: str | None) -> tuple[str, ...]:
    """Return warnings with this sentence in place of an earlier one of its kind."""
    others = tuple(text for text in warnings if text not in _SENTENCES)
    return (*others, *([sentence] if sentence else ()))
