"""The answer for one scan of an evaluation, and what is wrong with it, in words.

Errors are counted by the threshold alone, whatever the model leaves uncertain. The words say
both, so that a count never looks like a claim that the model does not make.
"""

from __future__ import annotations

from brainscan.data.names import display_name
from brainscan.evaluation.rows import ImageRow

BY_THRESHOLD = "Counted by the threshold alone."
THREE_OUTCOMES = (
    "An uncertain image is called neither tumour nor tumour-free here. Confusion matrices and "
    "errors are counted by the threshold alone, so that these figures and theirs differ."
)


def decision_words(row: ImageRow, threshold: float) -> str:
    """Return the model's own decision; where it is uncertain, on which side of a threshold."""
    if row.decision != "indeterminate":
        return display_name(row.decision or "")
    side = "above" if row.answer(threshold) == "tumor" else "below"
    return f"uncertain, {side} the threshold"


def answer_words(row: ImageRow, threshold: float) -> str:
    """Return the answer at a threshold: the type where one is named, or that it is uncertain."""
    named = row.named_type(threshold)
    if row.decision != "indeterminate":
        return named or display_name(row.answer(threshold) or "")
    words = decision_words(row, threshold)
    # The type of what may be no tumor matters only where the type is what is wrong.
    wrong_type = named and row.error(threshold) == "wrong type"
    return f"{words}; if a tumour, {named}" if wrong_type else words


def error_words(row: ImageRow, threshold: float) -> str:
    """Return what is wrong at a threshold; ``""`` when nothing is.

    Marked where the model left the scan uncertain, and where the type that the figures count as
    wrong is not named to the reader.
    """
    kind = row.error(threshold)
    if kind is None:
        return ""
    marks = ["uncertain"] if row.decision == "indeterminate" else []
    if kind == "wrong type" and not row.names_types:
        marks.append("type not named")
    return f"{display_name(kind)} ({', '.join(marks)})" if marks else display_name(kind)


def counting_words(band: tuple[float, float]) -> str:
    """Say how errors are counted, and what that means for scans in the uncertain range."""
    low, high = band
    if high <= low:
        return BY_THRESHOLD
    return (
        f"{BY_THRESHOLD} What the model leaves uncertain, {low:.2f} to {high:.2f}, counts as "
        "tumour where it reaches the threshold."
    )
