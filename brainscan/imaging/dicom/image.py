"""One DICOM object that holds MR images: its header, and its pixels on demand."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from pydicom.dataset import FileDataset

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.frames import (
    Frame,
    classic_frame,
    enhanced_frames,
    functional_group,
)
from brainscan.imaging.dicom.layout import PixelLayout, pixel_layout
from brainscan.imaging.dicom.modality import describe, judge, modality
from brainscan.imaging.dicom.mosaic import Mosaic, UnknownMosaic, is_mosaic, mosaic_frames
from brainscan.imaging.dicom.parsing import number, parse_dicom, text, value, words
from brainscan.imaging.dicom.pixels import check_pixels, decode_frame, modality_values
from brainscan.imaging.dicom.protocol import Protocol, read_protocol
from brainscan.imaging.dicom.tags import IDENTITY
from brainscan.imaging.dicom.windows import read_windows
from brainscan.imaging.identity import Identity
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.source import Source, unreadable
from brainscan.imaging.voi import Voi

_CHUNK = 4 * 1024**2
_LONGEST = 64
_SALT = secrets.token_bytes(16)  # patients are told apart within this process only
_OURS = "BrainScan"  # Manufacturer of results, which archives file beside the scans

BURNED_IN_WARNING = (
    "The file says that text is burned into its pixels: it may show the patient's name. "
    "Anonymising the header does not remove it."
)


@dataclass(frozen=True, eq=False)
class DicomImage:
    """The header of one DICOM object with pixels.

    Attributes
    ----------
    source
        Where its bytes are.
    layout
        How its pixels are stored.
    sop_instance_uid, sop_class_uid, series_uid
        As in the file.
    patient
        Equal for images of one patient, meaningless otherwise.
    modality
        In capitals, ``""`` when unknown.
    series_number, instance_number
        As in the file, where stated.
    description
        Series description without any trace of the patient.
    image_type
        In capitals.
    protocol
        How it was taken.
    identity
        Who the patient is.
    burned_in
        Whether it says that text is burned into its pixels.
    frames
        Its slices.
    mosaic
        Layout of a Siemens mosaic, whose frames are its tiles.
    flaw
        Why it can be read slice by slice only, or ``None``.
    """

    source: Source
    layout: PixelLayout
    sop_instance_uid: str = field(repr=False)
    sop_class_uid: str = field(repr=False)
    series_uid: str = field(repr=False)
    patient: str = field(repr=False)
    modality: str
    series_number: int | None
    instance_number: int | None
    description: str
    image_type: tuple[str, ...]
    protocol: Protocol = field(repr=False)
    identity: Identity = field(repr=False)
    burned_in: bool
    frames: tuple[Frame, ...] = field(repr=False)
    mosaic: Mosaic | None = None
    flaw: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of one slice."""
        if self.mosaic is not None:
            return self.mosaic.rows, self.mosaic.columns
        return self.layout.rows, self.layout.columns


def read_image(source: Source, limits: ReadLimits) -> DicomImage:
    """Read the header of a DICOM file; its pixel data are not touched.

    Raises
    ------
    InputRejected
        If it is no image, or one that cannot be read here.
    """
    dataset = parse_dicom(source, limits, pixels=False)
    who = source.name
    if value(dataset, "DirectoryRecordSequence") is not None:
        raise InputRejected(
            f"{who} is a DICOMDIR, the table of contents of a DICOM disc. Open the folder it is in."
        )
    kind = modality(dataset)
    if number(dataset, "Rows") is None and judge(kind) == "other":
        raise InputRejected(f"{who} is {describe(kind)}, not an image. Choose an MR series.")
    if text(dataset, "Manufacturer") == _OURS and judge(kind) == "unsaid":
        raise InputRejected(
            f"{who} is a picture that BrainScan made, with the answer burned in, and not a scan. "
            "Choose the images it was made from."
        )
    try:
        layout = pixel_layout(dataset, who, limits)
    except InputRejected:
        if judge(kind) == "other":
            refuse_modality(who, kind)
        raise
    identity = _identity(dataset)
    frames, mosaic, flaw = _frames(dataset, layout)
    instance_number, series_number = (
        number(dataset, keyword) for keyword in ("InstanceNumber", "SeriesNumber")
    )
    return DicomImage(
        source=source,
        layout=layout,
        sop_instance_uid=text(dataset, "SOPInstanceUID"),
        sop_class_uid=text(dataset, "SOPClassUID"),
        series_uid=text(dataset, "SeriesInstanceUID"),
        patient=_patient(identity),
        modality=kind,
        series_number=None if series_number is None else int(series_number),
        instance_number=None if instance_number is None else int(instance_number),
        description=_description(dataset, identity),
        image_type=words(dataset, "ImageType"),
        protocol=read_protocol(dataset),
        identity=identity,
        burned_in=text(dataset, "BurnedInAnnotation").upper() == "YES",
        frames=frames,
        mosaic=mosaic,
        flaw=flaw,
    )


def refuse_modality(who: str, kind: str) -> NoReturn:
    """Refuse what is not an MR image."""
    raise InputRejected(
        f"{who} is {describe(kind)}, not an MR scan. Choose an MR series of the brain."
    )


def _frames(
    dataset: FileDataset, layout: PixelLayout
) -> tuple[tuple[Frame, ...], Mosaic | None, str | None]:
    grouped = value(dataset, "PerFrameFunctionalGroupsSequence") is not None
    if layout.frames > 1 or grouped:
        return enhanced_frames(dataset, layout.frames), None, None
    frame = classic_frame(dataset)
    if not is_mosaic(dataset):
        return (frame,), None, None
    try:
        mosaic, frames = mosaic_frames(dataset, frame, layout.rows, layout.columns)
    except UnknownMosaic as reason:
        flaw = f"It is a Siemens mosaic that cannot be split: {reason}"
        return (frame,), None, flaw
    return frames, mosaic, None


def _identity(dataset: FileDataset) -> Identity:
    stated = ((label, text(dataset, keyword)) for label, keyword in IDENTITY)
    return Identity(tuple((label, shown) for label, shown in stated if shown))


def _patient(identity: Identity) -> str:
    """Return a key that is equal for one patient; it cannot be turned back into a name."""
    parts = [identity.get(label) or "" for label in ("Patient ID", "Patient name", "Birth date")]
    tidy = "\n".join(" ".join(part.replace("^", " ").casefold().split()) for part in parts)
    return hashlib.sha256(_SALT + tidy.encode()).hexdigest()


def _description(dataset: FileDataset, identity: Identity) -> str:
    for keyword in ("SeriesDescription", "ProtocolName"):
        shown = identity.cleared(text(dataset, keyword))
        if shown:
            return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return ""


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """A DICOM object with its pixel data in memory, still compressed.

    Attributes
    ----------
    image
        Its header.
    sha256
        Hex digest of the file's bytes.
    warnings
        Sentences about its pixel data.
    """

    image: DicomImage
    sha256: str
    warnings: tuple[str, ...]
    _dataset: FileDataset = field(repr=False)

    def values(self, frame: Frame) -> tuple[np.ndarray, float | None, bool]:
        """Decode a slice.

        Returns
        -------
        values
            ``(rows, columns)`` float32 modality values, large for bright; NaN for padding.
        total
            See :func:`brainscan.imaging.dicom.pixels.modality_values`.
        colored
            Whether it is clearly a colour image.

        Raises
        ------
        InputRejected
            If it is damaged or has values that are no numbers.
        """
        image, who = self.image, self.image.source.name
        stored, colored = decode_frame(self._dataset, image.layout, frame.index, who)
        if frame.tile is not None and image.mosaic is not None:
            stored = image.mosaic.cut(stored, frame.tile)
        keyword = "PixelValueTransformationSequence"
        group = functional_group(self._dataset, frame.index, keyword)
        transformation = self._dataset if group is None else group
        values, total = modality_values(stored, self._dataset, transformation, image.layout, who)
        return values, total, colored

    def windows(self, frame: Frame, total: float | None) -> tuple[Voi, ...]:
        """Return the windows the file offers for a slice."""
        group = functional_group(self._dataset, frame.index, "FrameVOILUTSequence")
        found = read_windows(self._dataset if group is None else group, total)
        return tuple(voi.renamed(self.image.identity.cleared(voi.label)) for voi in found)


def load_image(image: DicomImage, limits: ReadLimits) -> LoadedImage:
    """Read the pixel data of an image and check their amount; nothing is decoded yet.

    Raises
    ------
    FileUnreadable
        If the file vanished since its header was read.
    InputRejected
        If pixels are missing or do not fit the header.
    """
    dataset = parse_dicom(image.source, limits, pixels=True)
    warnings = check_pixels(dataset, image.layout, image.source.name)
    digest = hashlib.sha256()
    try:
        with image.source.open() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise unreadable(image.source, error) from error
    return LoadedImage(image, digest.hexdigest(), warnings, dataset)
