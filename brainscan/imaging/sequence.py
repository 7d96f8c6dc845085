"""Which MR sequence an image was taken with, as far as a name or description tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SequenceLabel = Literal["T1", "T1ce", "T2", "FLAIR", "unknown"]
"""T1ce is T1 after contrast agent."""
PROTON_DENSITY = "proton density"
"""What `other_sequence` calls it; a reason names it by the same words."""


@dataclass(frozen=True)
class SequenceGuess:
    """A guess at the sequence, with the reason for it.

    Attributes
    ----------
    label
        The sequence, or ``"unknown"``.
    reason
        A sentence that says what the guess rests on; free of patient identity.
    other
        What the file says it is, where that is none of the four; empty where nothing says so.
    """

    label: SequenceLabel
    reason: str
    other: str = ""

    @property
    def words(self) -> str:
        """The sequence for people: also one that is none of the four, else ``"Unknown"``."""
        words = (self.other or self.label).removeprefix("a ")
        return words[0].upper() + words[1:]

    @property
    def proton_density(self) -> bool:
        """Whether an unknown sequence is proton density, as far as the reason tells."""
        return self.label == "unknown" and other_sequence(self.reason) == PROTON_DENSITY


# Words at token borders; digits and underscores count as borders so that "ax_t1_2" is found.
_START, _END = r"(?<![a-z])", r"(?![a-z])"
_OTHER: tuple[tuple[str, str], ...] = (
    (rf"{_START}(dwi|dti|adc|trace|ep2d.?diff\w*|diffusion|tensor|fa){_END}", "diffusion"),
    (rf"{_START}(swi|swan|venobold|t2.?(\*|star)|hemo|gre.?t2|mip|minip){_END}", "T2*"),
    (rf"{_START}(perf\w*|dsc|dce|asl|bold|fmri|cbf|cbv|ttp|mtt){_END}", "perfusion or function"),
    (rf"{_START}(tof|mra|mrv|angio\w*|pca){_END}", "angiography"),
    (rf"{_START}(stir){_END}", "STIR"),
    # No digit after it: "PD01" is the name of a patient, of Parkinson's disease for example.
    (rf"{_START}(pd(w|wi)?|dp|proton.?density){_END}(?!\d)", PROTON_DENSITY),
    (rf"{_START}(loc|localiz\w*|localis\w*|scout|survey|aahead\w*){_END}", "a localiser"),
)
_T1_FLAIR = re.compile(rf"{_START}t1[^a-z0-9]*flair")
_FLAIR = re.compile(rf"flair|{_START}t2f{_END}|dark.?fluid|{_START}tirm{_END}")
_T1 = re.compile(
    rf"{_START}t1(w|n|wi)?{_END}|{_START}t1(?=(ce|gd|c|post|km)(?![a-z]))"
    rf"|mp2?rage|{_START}(f?spgr|bravo|vibe|mdeft|3d.?tfe){_END}"
)
_CONTRAST = re.compile(
    rf"{_START}t1(ce|gd|c|post|km){_END}|{_START}(ce|gd|gad\w*|post\w*|contrast\w*|km|kontrast"
    rf"|enh\w*|dotarem|gadovist|magnevist){_END}|\+ ?c{_END}|{_START}c ?\+|\+ ?(gd|km)"
)
_NO_CONTRAST = re.compile(
    rf"{_START}(pre|non|no|without|ohne|nativ\w*|w/?o|sans)[^a-z]*(ce|gd|gad\w*|contrast\w*|km)?{_END}"
)
_T2 = re.compile(rf"{_START}t2(w|wi)?{_END}")


def sequence_from_text(text: str) -> SequenceLabel | None:
    """Return the sequence a name or description speaks of; ``None`` when it speaks of none.

    ``"unknown"`` when it names something else, such as diffusion.
    """
    words = re.sub(r"[_]", " ", text.casefold())
    if other_sequence(text):
        return "unknown"
    if _FLAIR.search(words) and not _T1_FLAIR.search(words):
        return "FLAIR"
    if _T1.search(words) or _T1_FLAIR.search(words):
        contrast = _CONTRAST.search(words) and not _NO_CONTRAST.search(words)
        return "T1ce" if contrast else "T1"
    return "T2" if _T2.search(words) else None


def other_sequence(text: str) -> str | None:
    """Return what a description names when that is none of the four sequences known here."""
    words = re.sub(r"[_]", " ", text.casefold())
    return next((name for pattern, name in _OTHER if re.search(pattern, words)), None)


def guess_from_file_name(name: str) -> SequenceGuess:
    """Guess the sequence of a file that has nothing but its name to tell it by."""
    stem = re.sub(r"\.(nii|gz|hdr|img|dcm)(?=\.|$)", "", name, flags=re.IGNORECASE)
    label = sequence_from_text(stem)
    if label == "unknown":
        what = other_sequence(stem) or ""
        return SequenceGuess("unknown", f"The file name speaks of {what}.", what)
    if label is None:
        return SequenceGuess("unknown", "The file name names no sequence.")
    return SequenceGuess(label, f"The file name speaks of {label}.")
