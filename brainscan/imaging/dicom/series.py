"""Series as a reader picks them: what each is, and why it was or was not chosen beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import cv2
import numpy as np

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.image import DicomImage, load_image
from brainscan.imaging.dicom.modality import describe, judge
from brainscan.imaging.dicom.pixels import without_padding
from brainscan.imaging.dicom.protocol import guess_sequence
from brainscan.imaging.dicom.stack import Stack
from brainscan.imaging.identity import Identity
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.orientation import Plane
from brainscan.imaging.sequence import SequenceGuess, SequenceLabel, other_sequence
from brainscan.imaging.source import Source

FEWEST_SLICES = 5
"""A stack of fewer slices cannot cover a brain."""

_PREFERENCE: tuple[SequenceLabel, ...] = ("T1ce", "FLAIR", "T1", "T2", "unknown")
_LOCALIZER = re.compile(r"LOCALI[SZ]ER|SCOUT|SURVEY")
_PROJECTIONS = frozenset({"MIP", "MINIP", "MNIP", "PROJECTION IMAGE", "SUBTRACTION", "ADC"})


@dataclass(frozen=True, eq=False)
class Series:
    """One stack of slices of one series.

    A series whose slices differ in orientation, size or echo is several of these.

    Attributes
    ----------
    key
        Tells the series of a folder apart; carries no identity.
    description
        Series description without any trace of the patient; never empty.
    modality
        As stated, ``"MR"``.
    sequence
        Guess, with its reason.
    plane
        Nearest anatomical plane; ``None`` when the images do not say.
    slices
        Number of slices.
    size
        Rows and columns.
    spacing
        Millimetres between slices, rows and columns; ``None`` when unknown.
    patient
        Number of the patient among those in the folder, from 1.
    reason
        Why it was not preselected, as a sentence; ``None`` for the preselected one.
    warnings
        Gaps, duplicates and other irregularities.
    identity
        Who the patient is; for the header panel only.
    stack
        The ordered slices.
    """

    key: str
    description: str
    modality: str
    sequence: SequenceGuess
    plane: Plane | None
    slices: int
    size: tuple[int, int]
    spacing: tuple[float, float, float] | None
    patient: int
    reason: str | None
    warnings: tuple[str, ...]
    identity: Identity = field(repr=False)
    stack: Stack = field(repr=False)

    @property
    def preselected(self) -> bool:
        return self.reason is None

    @property
    def unused(self) -> dict[Source, str]:
        """Files none of whose slices is in the stack, with the reason as a sentence."""
        used = {piece.image.source for piece in self.stack.slices}
        copy = f"the same DICOM object as another file of the series “{self.description}”"
        place = f"the same position as another slice of the series “{self.description}”"
        found = {
            piece.image.source: f"holds {copy}; the first one is used."
            for piece in self.stack.copies
        } | {
            piece.image.source: f"lies at {place} and cannot be told apart from it; the first one "
            "is used."
            for piece in self.stack.displaced
        }
        return {
            source: f"{source.name} {reason}"
            for source, reason in found.items()
            if source not in used
        }

    @property
    def readable(self) -> bool:
        """Whether it can be opened as a volume at all."""
        return judge(self.modality) != "other" and self.stack.flaw is None

    def thumbnail(self, side: int = 96, *, limits: ReadLimits = DEFAULT_LIMITS) -> np.ndarray:
        """Decode the middle slice and shrink it, windowed by its percentiles.

        Returns
        -------
        numpy.ndarray
            uint8, the longer side ``side`` pixels, square pixels.

        Raises
        ------
        InputRejected
            If the slice cannot be decoded.
        """
        middle = self.stack.slices[len(self.stack.slices) // 2]
        values, _, _ = load_image(middle.image, limits).values(middle.frame)
        pixels = without_padding(values)
        low, high = (float(value) for value in np.percentile(pixels, (0.5, 99.5)))
        shown = np.clip((pixels - low) / max(high - low, 1e-6), 0, 1)
        spacing = middle.frame.spacing or (1.0, 1.0)
        height, width = pixels.shape[0] * spacing[0], pixels.shape[1] * spacing[1]
        scale = side / max(height, width)
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(shown.astype(np.float32), fitted, interpolation=cv2.INTER_AREA)
        return np.rint(small * 255.0).astype(np.uint8)


def describe_series(key: str, stack: Stack, patient: int) -> Series:
    """Describe a stack; the reason is what speaks against it by itself, or ``None``."""
    image = stack.slices[0].image
    name = image.description or _fallback_name(image)
    parts = [name, stack.label] if stack.label else [name]
    sequence = guess_sequence(image.protocol)
    return Series(
        key=key,
        description=", ".join(parts),
        modality=image.modality,
        sequence=sequence,
        plane=stack.plane,
        slices=len(stack.slices),
        size=image.size,
        spacing=stack.spacing,
        patient=patient,
        reason=_objection(image, stack),
        warnings=stack.warnings,
        identity=image.identity,
        stack=stack,
    )


def _fallback_name(image: DicomImage) -> str:
    number = "" if image.series_number is None else f" {image.series_number}"
    return f"Series{number} without description"


def _objection(image: DicomImage, stack: Stack) -> str | None:
    """Return why a series should not be opened without being asked for."""
    if judge(image.modality) == "other":
        return f"Wrong modality: it is {describe(image.modality)}, not an MR scan."
    if image.flaw:
        return f"{image.flaw}."
    kinds = " ".join(image.image_type)
    if _LOCALIZER.search(kinds) or other_sequence(image.description) == "a localiser":
        return "Localiser: a few slices for planning the scan."
    if len(stack.slices) < FEWEST_SLICES:
        return f"Too few slices: {len(stack.slices)}; a brain needs at least {FEWEST_SLICES}."
    if stack.flaw:
        return f"{stack.flaw}."
    if _PROJECTIONS & set(image.image_type):
        return "Derived: projections or calculated images, not slices of the scan."
    return None


def is_derived(series: Series) -> bool:
    """Whether a series was computed from another one, by its Image Type."""
    return series.stack.slices[0].image.image_type[:1] == ("DERIVED",)


def rank(series: Series) -> tuple[bool, bool, int, bool, int]:
    """Return a key that sorts the series that suits the network best first.

    Originals before derived ones, stated MR before unsaid, then by sequence (T1ce, on which
    tumour types were learnt, then FLAIR, T1, T2), axial before other planes, more slices first.
    """
    return (
        is_derived(series),
        judge(series.modality) != "mr",
        _PREFERENCE.index(series.sequence.label),
        series.plane != "axial",
        -series.slices,
    )


def why_not(series: Series, chosen: Series) -> str:
    """Return why another series was chosen before this one, which nothing speaks against."""
    if is_derived(series) and not is_derived(chosen):
        return "Derived: computed from another series; an original one was chosen."
    if series.sequence.label != chosen.sequence.label:
        here, there = (
            "of unknown sequence" if one.sequence.label == "unknown" else one.sequence.label
            for one in (series, chosen)
        )
        return f"Another series was chosen: it is {there}, this one is {here}."
    if series.plane != chosen.plane:
        return f"Another series was chosen: it is {chosen.plane}, this one is {series.plane}."
    if series.slices != chosen.slices:
        return (
            f"Another series was chosen: it has {chosen.slices} slices, this one {series.slices}."
        )
    return "Another series of the same kind was chosen: it comes first."


def require_readable(series: Series) -> None:
    """Refuse a series that cannot be opened as a volume.

    Raises
    ------
    InputRejected
        With the reason.
    """
    if judge(series.modality) == "other":
        raise InputRejected(
            f"The series “{series.description}” is {describe(series.modality)}, not an MR scan. "
            "Choose an MR series of the brain."
        )
    if series.stack.flaw is not None:
        raise InputRejected(
            f"The series “{series.description}” cannot be opened as a volume. "
            f"{series.stack.flaw}. Open single images of it instead."
        )
