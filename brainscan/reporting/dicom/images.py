"""The source images in the form highdicom takes them in: geometry and identifiers, no patient."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.valuerep import DS

from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.dicom.parsing import text
from brainscan.reporting.dicom.inherited import CHARACTER_SET, lossy_compression
from brainscan.reporting.dicom.objects import SourceObject, SourceSlice
from brainscan.reporting.dicom.origin import Origin, thickness

_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "ReferringPhysicianName",
)  # fmt: skip


def evidence_images(origin: Origin) -> list[Dataset]:
    """Return each object by its identifiers alone, as evidence of a report."""
    return [_identified(origin, image) for image in origin.objects]


def located_images(origin: Origin) -> list[Dataset]:
    """Return the images of the slices with their place in the patient, in the slices' order.

    Single-frame objects are one data set each. Of a multi-frame object there is one data set
    whose frames are the slices, whatever their numbers in the file.
    """
    if origin.slices[0].image.multiframe:
        return [_enhanced(origin)]
    return [_classic(origin, piece) for piece in origin.slices]


def _identified(origin: Origin, image: SourceObject) -> Dataset:
    found = Dataset()
    found.SpecificCharacterSet = CHARACTER_SET
    found.SOPClassUID = image.sop_class_uid
    found.SOPInstanceUID = image.sop_instance_uid
    found.StudyInstanceUID = origin.study_uid
    found.SeriesInstanceUID = origin.series_uid
    found.Modality = "MR"
    for keyword in _EMPTY:
        setattr(found, keyword, "")
    return found


def _imaged(origin: Origin, image: SourceObject) -> Dataset:
    found = _identified(origin, image)
    size = origin.size or (0, 0)
    found.Rows, found.Columns = size
    found.FrameOfReferenceUID = origin.frame_of_reference
    found.PositionReferenceIndicator = text(image.header, "PositionReferenceIndicator")
    found.update(lossy_compression(image.header))
    return found


def _classic(origin: Origin, piece: SourceSlice) -> Dataset:
    found = _imaged(origin, piece.image)
    # All slices get the directions of the first: the reader took them for parallel, too.
    found.update(_orientation(origin.slices[0].place))
    found.update(_position(piece.place))
    found.update(_measures(origin))
    return found


def _enhanced(origin: Origin) -> Dataset:
    first = origin.slices[0]
    found = _imaged(origin, first.image)
    shared = Dataset()
    shared.PlaneOrientationSequence = [_orientation(first.place)]
    shared.PixelMeasuresSequence = [_measures(origin)]
    found.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for piece in origin.slices:
        frame = Dataset()
        frame.PlanePositionSequence = [_position(piece.place)]
        frames.append(frame)
    found.PerFrameFunctionalGroupsSequence = frames
    found.NumberOfFrames = len(frames)
    return found


def _orientation(place: Frame) -> Dataset:
    found = Dataset()
    found.ImageOrientationPatient = _numbers(place.orientation or ())
    return found


def _position(place: Frame) -> Dataset:
    found = Dataset()
    found.ImagePositionPatient = _numbers(place.position or ())
    return found


def _measures(origin: Origin) -> Dataset:
    """Return spacing and thickness; the distance of slices follows from their positions."""
    place = origin.slices[0].place
    found = Dataset()
    found.PixelSpacing = _numbers(place.spacing or ())
    found.SliceThickness = DS(thickness(origin), auto_format=True)
    return found


def _numbers(values: tuple[float, ...]) -> list[Any]:
    return [DS(value, auto_format=True) for value in values]
