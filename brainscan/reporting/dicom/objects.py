"""The stored DICOM objects behind slices: read again without their pixels, and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import (
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
from brainscan.imaging.dicom.parsing import number, parse_dicom, text, value
from brainscan.imaging.instance import Instance
from brainscan.imaging.limits import DEFAULT_LIMITS
from brainscan.reporting.dicom.identifiers import usable
from brainscan.reporting.dicom.inherited import KEYWORDS

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


def read_slices(
    instances: Sequence[Instance], who: str
) -> tuple[tuple[SourceSlice, ...], tuple[SourceObject, ...], bool]:
    """Read the headers of the objects that slices are stored in.

    Parameters
    ----------
    instances
        One for each slice.
    who
        Name of scan or volume for sentences.

    Returns
    -------
    slices
        In the order of the instances.
    objects
        The distinct ones, in order of appearance.
    shared
        Whether several slices share one stored image, as in a Siemens mosaic.

    Raises
    ------
    FileUnreadable
        If a file is no longer there.
    InputRejected
        If results cannot refer to the objects or do not know whose they are.
    """
    read: dict[str, tuple[SourceObject, tuple[Frame, ...]]] = {}
    slices = []
    for instance in instances:
        uid = instance.sop_instance_uid
        if uid not in read:
            read[uid] = _read(instance, who)
        image, frames = read[uid]
        if not 1 <= instance.frame <= len(frames):
            raise InputRejected(_changed(instance))
        slices.append(SourceSlice(image, instance.frame, frames[instance.frame - 1]))
    objects = tuple(image for image, _ in read.values())
    _refuse_several([one.header for one in objects], who)
    placed = tuple(
        replace(piece, place=replace(piece.place, position=instance.position))
        for piece, instance in zip(slices, instances, strict=True)
    )
    return placed, objects, _share_images(slices, instances)


def _changed(instance: Instance) -> str:
    return (
        f"{instance.source.name} changed since it was read: it no longer holds the image that "
        "the answer is about. Open the scan again."
    )


def _read(instance: Instance, who: str) -> tuple[SourceObject, tuple[Frame, ...]]:
    header = parse_dicom(instance.source, DEFAULT_LIMITS, pixels=False, more=_TAGS)
    uid, kind = instance.sop_instance_uid, instance.sop_class_uid
    if not usable(uid):
        raise InputRejected(
            f"{instance.source.name} has no usable identifier (SOP Instance UID), so no DICOM "
            "result can refer to it. Export the scan again."
        )
    if text(header, "SOPInstanceUID") != uid:
        raise InputRejected(_changed(instance))
    count = int(number(header, "NumberOfFrames") or 1)
    if kind not in _MULTI_FRAME and (kind not in _SINGLE_FRAME or count > 1):
        raise InputRejected(
            f"{instance.source.name} does not say that it is an MR image of a standard kind (SOP "
            f"Class UID), so no DICOM result can refer to it. Export {who} as standard MR images."
        )
    grouped = value(header, "PerFrameFunctionalGroupsSequence") is not None
    frames = enhanced_frames(header, count) if count > 1 or grouped else (classic_frame(header),)
    return SourceObject(header, uid, kind, kind in _MULTI_FRAME), frames


def _refuse_several(headers: Sequence[Dataset], who: str) -> None:
    """Refuse images of several patients or studies: a result belongs to one."""
    for keyword, noun in (
        ("PatientID", "patient identifiers"),
        ("PatientName", "patient names"),
        ("StudyInstanceUID", "studies"),
    ):
        found = {_tidy(text(one, keyword)) for one in headers}
        if len(found) > 1:
            raise InputRejected(
                f"The images of {who} state {len(found)} different {noun}, so nobody can say "
                "where its results belong. Export the series again."
            )


def _tidy(stated: str) -> str:
    """Return a name or number without what scanners write differently from image to image."""
    return " ".join(stated.replace("^", " ").casefold().split())


def _share_images(slices: Sequence[SourceSlice], instances: Sequence[Instance]) -> bool:
    if len({(piece.image.sop_instance_uid, piece.frame) for piece in slices}) < len(slices):
        return True
    return any(
        instance.position is not None
        and piece.place.position is not None
        and np.abs(np.subtract(instance.position, piece.place.position)).max() > _SAME_PLACE
        for piece, instance in zip(slices, instances, strict=True)
    )
