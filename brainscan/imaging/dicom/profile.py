"""What DICOM's confidentiality profile does to each attribute (PS3.15 Annex E, table E.1-1).

The table is that of the `dicom-anonymizer` package, which follows the standard's editions. Only
its table is used: what it does with files leaves the items of sequences that are not in the
table, writes dates where they are to be removed, and keeps one dictionary for the whole process.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom.datadict import dictionary_has_tag, keyword_for_tag, tag_for_keyword

EDITION = "2026c"


class Action(Enum):
    """What happens to an attribute."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    UID = "U"
    ITEMS = "items"
    """A sequence stays, its items are treated by themselves."""
    JUDGE = "judge"
    """Not in the table: judged by its kind of value."""


def _tags(keywords: str) -> frozenset[int]:
    found = {keyword: tag_for_keyword(keyword) for keyword in keywords.split()}
    unknown = [keyword for keyword, tag in found.items() if tag is None]
    if unknown:
        msg = f"pydicom's dictionary lacks {', '.join(unknown)}"
        raise LookupError(msg)
    return frozenset(tag for tag in found.values() if tag is not None)


# Where the table leaves the choice to the object's definition ("X unless Z is required"), the
# value that fits every definition is taken: empty for type 2, a dummy for type 1.
_COLUMNS = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "U_TAGS": Action.UID,
    "Z_D_TAGS": Action.DUMMY,
    "X_Z_TAGS": Action.EMPTY,
    "X_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.DUMMY,
    "X_Z_U_STAR_TAGS": Action.ITEMS,
}
_OPTIONAL = _tags(
    """
    SeriesDate SeriesTime InstanceCreationDate InstanceCreationTime ProtocolName InstitutionName
    InstitutionCodeSequence StationName OperatorIdentificationSequence
    DateOfLastDetectorCalibration TimeOfLastDetectorCalibration WaveformAnnotationSequence
    """
)
"""Optional in every image object, or required only when something happened: removed."""

_EMPTY_AT_MOST = _tags("OperatorsName ReferencedPerformedProcedureStepSequence")
"""Of type 2 or optional wherever they are defined: no dummy is needed."""

CHARACTERISTICS = _tags(
    """
    EthnicGroup PatientAge PatientSex PatientSexNeutered PatientSize PatientWeight
    PregnancyStatus SmokingStatus
    """
)
"""Kept by the Retain Patient Characteristics Option (PS3.15 E.3.7)."""

TERMS = {
    0x00100040: ("M", "F", "O"),  # Patient's Sex
    0x00102203: ("ALTERED", "UNALTERED"),  # Patient's Sex Neutered
    0x001021A0: ("YES", "NO", "UNKNOWN"),  # Smoking Status
}
"""Values that PS3.3 C.2.3 and C.7.2.2 allow; whatever else stands there may be anything."""

DATES = _tags(
    """
    StudyDate StudyTime SeriesDate SeriesTime AcquisitionDate AcquisitionTime
    AcquisitionDateTime ContentDate ContentTime InstanceCreationDate InstanceCreationTime
    FrameAcquisitionDateTime FrameReferenceDateTime StartAcquisitionDateTime
    EndAcquisitionDateTime PerformedProcedureStepStartDate PerformedProcedureStepStartTime
    """
)
"""Shifted by the Retain Longitudinal Temporal Information with Modified Dates Option (E.3.6).

Other dates are removed all the same, so that none that tells of the patient's life is kept.
"""

TECHNICAL_TEXT = _tags(
    """
    Manufacturer ManufacturerModelName SoftwareVersions SequenceName PulseSequenceName
    ImagedNucleus TransmitCoilName ReceiveCoilName MultiCoilElementName StackID RescaleType
    ModalityLUTType CodeValue LongCodeValue CodeMeaning CodingSchemeDesignator
    CodingSchemeVersion CodingSchemeName CodingSchemeRegistry SegmentLabel
    SegmentAlgorithmName AlgorithmName AlgorithmVersion DimensionDescriptionLabel LUTLabel
    MIMETypeOfEncapsulatedDocument TrackingID ContentLabel
    """
)
"""Free text outside the table that says how a scan was made; other free text is emptied."""

BULK = _tags(
    """
    PixelData FloatPixelData DoubleFloatPixelData ExtendedOffsetTable
    ExtendedOffsetTableLengths SpectroscopyData LUTData RedPaletteColorLookupTableData
    GreenPaletteColorLookupTableData BluePaletteColorLookupTableData
    SegmentedRedPaletteColorLookupTableData SegmentedGreenPaletteColorLookupTableData
    SegmentedBluePaletteColorLookupTableData ICCProfile
    """
)
"""Byte values that are kept; other bytes without a stated meaning are removed."""

_CURVES, _OVERLAYS = range(0x5000, 0x5100), range(0x6000, 0x6100)
_FOREIGN_GROUPS = frozenset({0x0000, 0x0002, 0x0004, 0xFFFC})


@cache
def action_for(tag: int) -> Action:
    """Return what happens to an attribute of a data set, at any depth."""
    group, element = tag >> 16, tag & 0xFFFF
    if group % 2 or element == 0 or group in _FOREIGN_GROUPS or tag in _OPTIONAL:
        return Action.REMOVE
    # An overlay without its data is none; and what the table leaves of it says nothing.
    if group in _CURVES or group in _OVERLAYS:
        return Action.REMOVE
    if tag in _EMPTY_AT_MOST:
        return Action.EMPTY
    for column, action in _COLUMNS.items():
        if (group, element) in getattr(table, column):
            return action
    return Action.JUDGE if dictionary_has_tag(tag) else Action.REMOVE


def names_a_class(tag: int) -> bool:
    """Whether a UI attribute says of what kind something is, not which one it is."""
    return keyword_for_tag(tag).endswith(("ClassUID", "TransferSyntaxUID", "ClassesInStudy"))
