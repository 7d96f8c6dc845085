"""The DICOM images behind a scan or volume, as far as results refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import highdicom as hd
import numpy as np
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.frames import Frame, classic_frame, enhanced_frames
from brainscan.imaging.dicom.parsing import number, parse_dicom, text, value, words
from brainscan.imaging.instance import Instance
from brainscan.imaging.limits import DEFAULT_LIMITS
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.inherited import KEYWORDS, acquisition_equipment, patient_and_study

_SINGLE_FRAME = (MRImageStorage, SecondaryCaptureImageStorage)
_MULTI_FRAME = (
    EnhancedMRImageStorage,
    EnhancedMRColorImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
)
_TAGS = tuple(
    tag
    for keyword in (
        *KEYWORDS,
        "FrameOfReferenceUID",
        "PositionReferenceIndicator",
        "LossyImageCompression",
        "LossyImageCompressionRatio",
        "LossyImageCompressionMethod",
        "RecognizableVisualFeatures",
    )
    if (tag := tag_for_keyword(keyword)) is not None
)
_SAME_PLACE = 0.01  # millimetres between a slice and the frame that it is said to come from


@dataclass(frozen=True, eq=False, repr=False)
class SourceObject:
    """One stored DICOM object, without its pixels.

    Attributes
    ----------
    header
        As in the file.
    sop_instance_uid, sop_class_uid
        As in the file.
    multiframe
        Whether its kind may hold several frames, so that references name the frame.
    """

    header: Dataset
    sop_instance_uid: str
    sop_class_uid: str
    multiframe: bool


@dataclass(frozen=True, eq=False, repr=False)
class SourceSlice:
    """One slice of the source grid.

    Attributes
    ----------
    image
        The object it is stored in.
    frame
        Number of the frame in it, from 1.
    place
        Position, orientation and spacing of the slice.
    """

    image: SourceObject
    frame: int
    place: Frame

    @property
    def frames(self) -> list[int] | None:
        """The frame as a reference names it; ``None`` for an object that has only one."""
        return [self.frame] if self.image.multiframe else None


@dataclass(frozen=True, eq=False, repr=False)
class Origin:
    """Where the pixels that were read come from. Printing it gives away nothing.

    Attributes
    ----------
    slices
        In the order of the source grid.
    objects
        The distinct objects, in order of appearance.
    size
        Rows and columns of the stored images; ``None`` where they differ.
    shared
        Whether several slices share one stored image, as in a Siemens mosaic.
    study_uid, series_uid, series_number
        Of the images; new identifiers where they state none.
    frame_of_reference
        UID, ``""`` where the images state none or several.
    patient
        Elements of patient and study for every result.
    equipment
        What acquired the images.
    warnings
        Sentences on what the images lack.
    """

    slices: tuple[SourceSlice, ...]
    objects: tuple[SourceObject, ...]
    size: tuple[int, int] | None
    shared: bool
    study_uid: str
    series_uid: str
    series_number: int
    frame_of_reference: str
    patient: Dataset
    equipment: tuple[hd.ContributingEquipment, ...]
    warnings: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, instances: Sequence[Instance], who: str) -> Origin:
        """Read the headers of the images behind slices.

        Parameters
        ----------
        instances
            One for each slice.
        who
            Name of scan or volume for sentences.

        Raises
        ------
        FileUnreadable
            If a file is no longer there.
        InputRejected
            If results cannot refer to the images or do not know whose they are.
        """
        read: dict[str, tuple[SourceObject, tuple[Frame, ...]]] = {}
        slices = []
        for instance in instances:
            key = instance.sop_instance_uid
            if key not in read:
                read[key] = _read(instance, who)
            image, frames = read[key]
            if not 1 <= instance.frame <= len(frames):
                raise InputRejected(
                    f"{instance.source.name} changed since it was read: it has {len(frames)} "
                    f"frames, and frame {instance.frame} is needed. Open the scan again."
                )
            slices.append(SourceSlice(image, instance.frame, frames[instance.frame - 1]))
        objects = tuple(image for image, _ in read.values())
        headers = [one.header for one in objects]
        first = headers[0]
        _refuse_several(headers, who)
        study, series = text(first, "StudyInstanceUID"), text(first, "SeriesInstanceUID")
        references = {text(header, "FrameOfReferenceUID") for header in headers}
        sizes = {
            (int(number(header, "Rows") or 0), int(number(header, "Columns") or 0))
            for header in headers
        }
        return cls(
            slices=tuple(
                replace(piece, place=replace(piece.place, position=instance.position))
                for piece, instance in zip(slices, instances, strict=True)
            ),
            objects=objects,
            size=sizes.pop() if len(sizes) == 1 else None,
            shared=_share_images(slices, instances),
            study_uid=study or new_uid(),
            series_uid=series or new_uid(),
            series_number=int(number(first, "SeriesNumber") or 0),
            frame_of_reference=references.pop() if len(references) == 1 else "",
            patient=patient_and_study(first),
            equipment=acquisition_equipment(first),
            warnings=_gaps(first, study, series),
        )

    @property
    def burned_in(self) -> str | None:
        """What Burned In Annotation (PS3.3 C.7.6.1.1.5) says of pictures of these images.

        ``"YES"`` where one of them says so. ``"NO"`` where each says so, or holds original
        pixels (Image Type ``ORIGINAL``), which no software has drawn on. ``None`` otherwise.
        """
        stated = {text(one.header, "BurnedInAnnotation").upper() for one in self.objects}
        if "YES" in stated:
            return "YES"
        clean = all(
            text(one.header, "BurnedInAnnotation").upper() == "NO"
            or words(one.header, "ImageType")[:1] == ("ORIGINAL",)
            for one in self.objects
        )
        return "NO" if clean else None

    def stated_by_all(self, keyword: str) -> str:
        """Return an element's text where all objects agree on it, otherwise ``""``."""
        found = {text(one.header, keyword) for one in self.objects}
        return found.pop() if len(found) == 1 else ""


def _read(instance: Instance, who: str) -> tuple[SourceObject, tuple[Frame, ...]]:
    header = parse_dicom(instance.source, DEFAULT_LIMITS, pixels=False, more=_TAGS)
    uid, kind = instance.sop_instance_uid, instance.sop_class_uid
    if not uid or (not UID(uid).is_valid and not set(uid) <= set("0123456789.")):
        raise InputRejected(
            f"{instance.source.name} has no usable identifier (SOP Instance UID), so no DICOM "
            "result can refer to it. Export the scan again."
        )
    if kind not in (*_SINGLE_FRAME, *_MULTI_FRAME):
        raise InputRejected(
            f"{instance.source.name} does not say that it is an MR image of a standard kind (SOP "
            f"Class UID), so no DICOM result can refer to it. Export {who} as standard MR images."
        )
    count = int(number(header, "NumberOfFrames") or 1)
    grouped = value(header, "PerFrameFunctionalGroupsSequence") is not None
    frames = enhanced_frames(header, count) if count > 1 or grouped else (classic_frame(header),)
    return SourceObject(header, uid, kind, kind in _MULTI_FRAME), frames


def _refuse_several(headers: Sequence[Dataset], who: str) -> None:
    """Refuse images of several patients or studies: a result belongs to one."""
    for keyword, noun in (("PatientID", "patient identifiers"), ("StudyInstanceUID", "studies")):
        found = {text(header, keyword) for header in headers}
        if len(found) > 1:
            raise InputRejected(
                f"The images of {who} state {len(found)} different {noun}, so nobody can say "
                "where its results belong. Export the series again."
            )


def _gaps(header: Dataset, study: str, series: str) -> tuple[str, ...]:
    found = []
    if not text(header, "PatientID"):
        found.append(
            "The images state no patient ID: an archive cannot file the results under the "
            "patient by itself."
        )
    lacking = [noun for noun, uid in (("study", study), ("series", series)) if not uid]
    if lacking:
        found.append(
            f"The images do not say which {' and '.join(lacking)} they belong to: the results "
            "carry a new identifier and will not lie beside the images in an archive."
        )
    return tuple(found)


def _share_images(slices: Sequence[SourceSlice], instances: Sequence[Instance]) -> bool:
    if len({(piece.image.sop_instance_uid, piece.frame) for piece in slices}) < len(slices):
        return True
    return any(
        instance.position is not None
        and piece.place.position is not None
        and np.abs(np.subtract(instance.position, piece.place.position)).max() > _SAME_PLACE
        for piece, instance in zip(slices, instances, strict=True)
    )
