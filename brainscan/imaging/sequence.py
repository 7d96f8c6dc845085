"""Which MR sequence an image was taken with, as far as its header or file name tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SequenceLabel = Literal["T1", "T1ce", "T2", "FLAIR", "unknown"]
"""T1ce is T1 after contrast agent."""


@dataclass(frozen=True)
class SequenceGuess:
    """A guess at the sequence, with the reason for it.

    Attributes
    ----------
    label
        The sequence, or ``"unknown"``.
    reason
        A sentence that says what the guess rests on; free of patient identity.
    """

    label: SequenceLabel
    reason: str
