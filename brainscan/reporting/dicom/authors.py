"""Who made an outline, in DICOM's terms."""

from __future__ import annotations

from typing import Literal

from brainscan.errors import InputRejected
from brainscan.reporting.outline import Outline

AlgorithmType = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]

_LONGEST = 64


def algorithm_type(outline: Outline) -> AlgorithmType:
    """Return how an outline came about (PS3.3 C.8.20.2 and C.8.8.5).

    A reader's correction of a model's outline is calculated with a user's help, SEMIAUTOMATIC;
    an outline that began with no model is MANUAL.
    """
    if outline.by != "person":
        return "AUTOMATIC"
    return "SEMIAUTOMATIC" if outline.model else "MANUAL"


def person_name(typed: str) -> str:
    """Return a typed name as a DICOM person name (PS3.5, VR PN).

    Nobody can tell family name from given name in what somebody typed, so all of it stands as the
    family name; signs that would separate parts of a name become spaces.
    """
    plain = " ".join(typed.translate(str.maketrans("^=\\", "   ")).split())
    return f"{plain[: _LONGEST - 1].strip()}^"


def refuse_empty(outline: Outline) -> None:
    """Refuse an outline that encloses nothing.

    Raises
    ------
    InputRejected
        Saying whether model or reader left it empty.
    """
    if outline.mask.any():
        return
    made = outline.correction
    whose = "The model's outline" if made is None else f"The {made.verb} outline"
    raise InputRejected(
        f"{whose} is empty, so there is nothing to save as a segmentation or contour. The "
        "structured report says so."
    )
