"""One image or volume of a dataset, and the names of its class."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from brainscan.imaging.intake import FoundScan

TYPES = ("glioma", "meningioma", "pituitary")
Label = Literal["tumor", "no_tumor"]

_NO_TUMOR = {"no", "notumor", "normal", "healthy"}
_TUMOR = {"yes", "tumor", "tumorunspecified"}


@dataclass(frozen=True)
class Record:
    """One image or volume of a dataset.

    Attributes
    ----------
    path
        The file; of a DICOM series the folder.
    name
        Path relative to the dataset's root, with ``/``.
    label
        ``"tumor"``, ``"no_tumor"``, or ``None`` when unknown or uncertain.
    type
        Tumor type, one of :data:`TYPES`, or ``None`` when there is none or it is not given.
    group
        Images that share a group (patient, near-duplicates) must stay on one side of a split.
    source
        Where the image was collected; the folder's name when nothing else is known.
    fold
        Fold or split as published, for example ``"4"`` or ``"Testing"``.
    sequence
        MR sequence when given, for example ``"flair"``.
    mask
        Tumor outline as an image of the same size, of a volume as a NIfTI label volume on the
        same grid, or ``None``.
    volume
        What to read of a volume; ``None`` for a single image.
    """

    path: Path
    name: str
    label: Label | None = None
    type: str | None = None
    group: str | None = None
    source: str = ""
    fold: str | None = None
    sequence: str | None = None
    mask: Path | None = None
    volume: FoundScan | None = field(default=None, compare=False, repr=False)

    @property
    def stratum(self) -> str:
        """Source and, where given, sequence: what figures are reported by."""
        return f"{self.source} {self.sequence}" if self.sequence else self.source


def parse_label(text: str) -> tuple[Label | None, str | None]:
    """Return label and type of a class name such as ``"glioma_tumor"``, ``"no"`` or ``"yes"``.

    Empty text (a manifest's empty cell) is an unknown label; a number is no label at all.

    Raises
    ------
    KeyError
        When the name is not known.
    """
    plain = "".join(letter for letter in text.lower() if letter.isalpha())
    if not text.strip() or plain in ("uncertain", "unknown"):
        return None, None
    if plain in _NO_TUMOR:
        return "no_tumor", None
    if plain in _TUMOR:
        return "tumor", None
    for name in TYPES:
        if plain in (name, f"{name}tumor"):
            return "tumor", name
    raise KeyError(text)
