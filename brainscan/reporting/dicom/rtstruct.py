"""The outline as contours for radiotherapy systems: RT Structure Set (PS3.3 A.19).

It is a proposal: its approval status is UNAPPROVED, and the region's interpreted type is empty. To
call it a gross tumour volume (GTV) is for the person who plans a treatment; a model's outline on
one sequence, perhaps with the oedema around the tumour, is none.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import (
    UID,
    ImplicitVRLittleEndian,
    RTStructureSetStorage,
)

from brainscan.errors import InputRejected
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.dicom.authors import algorithm_type, person_name, refuse_empty
from brainscan.reporting.dicom.contour_data import contours, image_reference, pixel_planes
from brainscan.reporting.dicom.file import DicomFile, finish, series_number
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.identifiers import new_uid
from brainscan.reporting.dicom.inherited import CHARACTER_SET
from brainscan.reporting.dicom.located import refuse_unlocated
from brainscan.reporting.dicom.product import algorithm_sequence, equipment
from brainscan.reporting.outline import Outline

_STUDY_CLASS = UID("1.2.840.10008.3.1.2.3.1")
"""Detached Study Management, retired: what RT Referenced Study has always named (C.8.8.5.4)."""

_BLUE = [86, 180, 233]
_ROI = 1
_INSTEAD = "Save the mask as PNG or NIfTI instead."


def structure_set(findings: Findings) -> DicomFile:
    """Return the outline as an RT structure set with one region of interest.

    Raises
    ------
    InputRejected
        If the model draws no outline, the outline is empty, or the images do not say where they
        lie.
    """
    outline = findings.outline
    if outline is None:
        raise InputRejected(
            f"{findings.answer.model} draws no outline, so there are no contours to save. Choose "
            "a model that does, or save its evidence as a segmentation."
        )
    refuse_empty(outline)
    refuse_unlocated(findings, "an RT structure set", _INSTEAD)
    made = _instance(findings)
    now = datetime.now(UTC)
    done = outline.correction
    made.StructureSetLabel = "MODEL OUTLINE" if done is None else done.verb.upper()
    made.StructureSetName = outline.label
    made.StructureSetDescription = f"{outline.sentence} {RESEARCH_USE}"
    made.StructureSetDate, made.StructureSetTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.ReferencedFrameOfReferenceSequence = [_frame_of_reference(findings)]
    made.StructureSetROISequence = [_region(findings, outline)]
    made.ROIContourSequence = [_contour(findings, outline)]
    made.RTROIObservationsSequence = [_observation(outline)]
    made.ApprovalStatus = "UNAPPROVED"
    return finish(made, findings, "rtstruct")


def _instance(findings: Findings) -> Dataset:
    """Return what every object has: identifiers, series, equipment."""
    origin = findings.origin
    made = Dataset()
    made.file_meta = FileMetaDataset()
    # With explicit representations a contour is limited to 64 KiB (PS3.5 section 7.1.2).
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    made.SpecificCharacterSet = CHARACTER_SET
    made.SOPClassUID = RTStructureSetStorage
    made.SOPInstanceUID = new_uid()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.Modality = "RTSTRUCT"
    made.StudyInstanceUID = origin.study_uid
    made.SeriesInstanceUID = new_uid()
    made.SeriesNumber = series_number(findings, "rtstruct")
    made.SeriesDescription = "BrainScan tumour contours, unapproved, research use only"
    made.InstanceNumber = 1
    made.OperatorsName = ""
    made.FrameOfReferenceUID = origin.frame_of_reference
    made.PositionReferenceIndicator = origin.stated_by_all("PositionReferenceIndicator")
    stated = equipment(findings)
    made.Manufacturer = stated["manufacturer"]
    made.ManufacturerModelName = stated["manufacturer_model_name"]
    made.SoftwareVersions = list(stated["software_versions"])
    made.DeviceSerialNumber = stated["device_serial_number"]
    if stated["contributing_equipment"]:
        made.ContributingEquipmentSequence = stated["contributing_equipment"]
    return made


def _frame_of_reference(findings: Findings) -> Dataset:
    """Refer to all images of the series that were read (C.8.8.5.1)."""
    origin = findings.origin
    series = Dataset()
    series.SeriesInstanceUID = origin.series_uid
    series.ContourImageSequence = [image_reference(piece) for piece in origin.slices]
    study = Dataset()
    study.ReferencedSOPClassUID = _STUDY_CLASS
    study.ReferencedSOPInstanceUID = origin.study_uid
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = origin.frame_of_reference
    frame.RTReferencedStudySequence = [study]
    return frame


def _region(findings: Findings, outline: Outline) -> Dataset:
    """Say what the region is and how it came about (C.8.8.5)."""
    region = Dataset()
    region.ROINumber = _ROI
    region.ReferencedFrameOfReferenceUID = findings.origin.frame_of_reference
    region.ROIName = outline.label
    region.ROIDescription = outline.sentence
    if findings.drawn is not None:
        region.ROIVolume = f"{findings.drawn.measures.milliliters:.4f}"
    region.ROIGenerationAlgorithm = algorithm_type(outline)
    if outline.model:
        region.ROIGenerationDescription = f"BrainScan {outline.model}"[:64]
        region.ROIDerivationAlgorithmIdentificationSequence = algorithm_sequence(
            findings, outline.model
        )
    return region


def _contour(findings: Findings, outline: Outline) -> Dataset:
    contour = Dataset()
    contour.ReferencedROINumber = _ROI
    contour.ROIDisplayColor = _BLUE
    planes = pixel_planes(findings.origin)
    if planes:
        contour.SourcePixelPlanesCharacteristicsSequence = planes
    contour.ContourSequence = contours(findings.origin, outline.mask)
    return contour


def _observation(outline: Outline) -> Dataset:
    """Say what the region means (C.8.8.8): a neoplasm, interpreted by nobody but its corrector."""
    seen = Dataset()
    seen.ObservationNumber = 1
    seen.ReferencedROINumber = _ROI
    seen.ROIObservationLabel = "Tumour outline"
    seen.ROIObservationDescription = f"{outline.sentence} {RESEARCH_USE}"
    seen.RTROIIdentificationCodeSequence = [_item(codes.SCT.Neoplasm)]
    seen.RTROIInterpretedType = ""
    seen.ROIInterpreter = person_name(outline.author) if outline.by == "person" else ""
    return seen


def _item(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
