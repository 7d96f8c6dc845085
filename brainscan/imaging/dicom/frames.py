"""Where each frame of a DICOM object lies, and what tells it from others at the same place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.parsing import item, items, number, numbers, text, words

Vector = tuple[float, float, float]

# What may differ between images of one place in one series, in the order it is tried.
_CLASSIC_VARIANTS = (
    ("echo time", "EchoTime"),
    ("b-value", "DiffusionBValue"),
    ("time point", "TemporalPositionIdentifier"),
    ("inversion time", "InversionTime"),
    ("acquisition", "AcquisitionNumber"),
    ("trigger time", "TriggerTime"),
)


@dataclass(frozen=True, eq=False)
class Frame:
    """One slice as stored.

    Attributes
    ----------
    index
        Frame in the object, from 0.
    tile
        Place in a Siemens mosaic, from 0; ``None`` otherwise.
    position
        LPS+ millimetres of the centre of the first pixel, or ``None``.
    orientation
        Row and column direction cosines, LPS+: the direction in which the column index grows,
        then the direction in which the row index grows; or ``None``.
    spacing
        Millimetres between rows and between columns, or ``None``.
    thickness, between
        Slice thickness and spacing between slices in millimetres, where stated.
    variants
        Pairs of name and value that may tell frames at one place apart.
    """

    index: int
    tile: int | None = None
    position: Vector | None = field(default=None, repr=False)
    orientation: tuple[float, ...] | None = None
    spacing: tuple[float, float] | None = None
    thickness: float | None = None
    between: float | None = None
    variants: tuple[tuple[str, str], ...] = ()

    @property
    def normal(self) -> np.ndarray | None:
        """Unit vector across the slice, LPS+: row direction times column direction."""
        if self.orientation is None:
            return None
        return np.cross(self.orientation[:3], self.orientation[3:])


def classic_frame(dataset: Dataset) -> Frame:
    """Describe the frame of a single-frame object."""
    return Frame(
        index=0,
        position=_position(dataset),
        orientation=_orientation(dataset),
        spacing=_spacing(dataset),
        thickness=_positive(dataset, "SliceThickness"),
        between=_positive(dataset, "SpacingBetweenSlices"),
        variants=(
            *_variants(dataset, _CLASSIC_VARIANTS),
            ("image type", " ".join(words(dataset, "ImageType")[2:])),
        ),
    )


def enhanced_frames(dataset: Dataset, count: int) -> tuple[Frame, ...]:
    """Describe the frames of a multi-frame object by its functional groups (PS3.3 C.7.6.16).

    Frames without groups, as in a secondary capture, have no place in space.
    """
    shared = item(dataset, "SharedFunctionalGroupsSequence") or Dataset()
    each = items(dataset, "PerFrameFunctionalGroupsSequence")
    groups = [each[index] if index < len(each) else Dataset() for index in range(count)]
    return tuple(_enhanced_frame(index, own, shared) for index, own in enumerate(groups))


def functional_group(dataset: Dataset, index: int, keyword: str) -> Dataset | None:
    """Return a frame's own item of a functional group, or the shared one, or ``None``."""
    each = items(dataset, "PerFrameFunctionalGroupsSequence")
    own = item(each[index], keyword) if index < len(each) else None
    if own is not None:
        return own
    shared = item(dataset, "SharedFunctionalGroupsSequence")
    return item(shared, keyword) if shared is not None else None


def _enhanced_frame(index: int, own: Dataset, shared: Dataset) -> Frame:
    def group(keyword: str) -> Dataset:
        return item(own, keyword) or item(shared, keyword) or Dataset()

    measures = group("PixelMeasuresSequence")
    content = group("FrameContentSequence")
    frame_type = group("MRImageFrameTypeSequence")
    variants = (
        *_variants(group("MREchoSequence"), (("echo time", "EffectiveEchoTime"),)),
        *_variants(group("MRDiffusionSequence"), (("b-value", "DiffusionBValue"),)),
        *_variants(
            content,
            (("time point", "TemporalPositionIndex"), ("acquisition", "FrameAcquisitionNumber")),
        ),
        *_variants(group("MRModifierSequence"), (("inversion time", "InversionTimes"),)),
        ("image type", " ".join(words(frame_type, "FrameType")[2:])),
        ("component", text(frame_type, "ComplexImageComponent")),
    )
    return Frame(
        index=index,
        position=_position(group("PlanePositionSequence")),
        orientation=_orientation(group("PlaneOrientationSequence")),
        spacing=_spacing(measures),
        thickness=_positive(measures, "SliceThickness"),
        between=_positive(measures, "SpacingBetweenSlices"),
        variants=tuple((name, found) for name, found in variants if found),
    )


def _variants(dataset: Dataset, wanted: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found = ((name, text(dataset, keyword)) for name, keyword in wanted)
    return tuple((name, shown) for name, shown in found if shown)


def _position(dataset: Dataset) -> Vector | None:
    found = numbers(dataset, "ImagePositionPatient", 3)
    return (found[0], found[1], found[2]) if found else None


def _orientation(dataset: Dataset) -> tuple[float, ...] | None:
    """Return the direction cosines, made exactly orthonormal; ``None`` when they are none."""
    found = np.asarray(numbers(dataset, "ImageOrientationPatient", 6), np.float64)
    if found.size != 6:
        return None
    across, down = found[:3], found[3:]
    if not 0.9 < np.linalg.norm(across) < 1.1 or not 0.9 < np.linalg.norm(down) < 1.1:
        return None
    across = across / np.linalg.norm(across)
    down = down / np.linalg.norm(down)
    if abs(float(across @ down)) > 0.05:
        return None
    return tuple(float(component) for component in (*across, *down))


def _spacing(dataset: Dataset) -> tuple[float, float] | None:
    found = numbers(dataset, "PixelSpacing", 2)
    return (found[0], found[1]) if found and min(found) > 0 else None


def _positive(dataset: Dataset, keyword: str) -> float | None:
    found = number(dataset, keyword)
    return found if found is not None and found > 0 else None
