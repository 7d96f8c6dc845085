"""The data elements that are read; everything else in a file is skipped unread."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword

IDENTITY = (
    ("Patient name", "PatientName"),
    ("Patient ID", "PatientID"),
    ("Other patient IDs", "OtherPatientIDs"),
    ("Birth name", "PatientBirthName"),
    ("Birth date", "PatientBirthDate"),
    ("Sex", "PatientSex"),
    ("Age", "PatientAge"),
    ("Study date", "StudyDate"),
    ("Study time", "StudyTime"),
    ("Accession number", "AccessionNumber"),
    ("Study ID", "StudyID"),
    ("Institution", "InstitutionName"),
    ("Referring physician name", "ReferringPhysicianName"),
    ("Performing physician name", "PerformingPhysicianName"),
    ("Operator name", "OperatorsName"),
    ("Station", "StationName"),
)
"""Labels of the header panel, and the elements they come from."""

_HOW_TAKEN = """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID
    SeriesNumber SeriesDescription ProtocolName SequenceName Modality InstanceNumber Manufacturer
    AcquisitionNumber TemporalPositionIdentifier EchoNumbers DirectoryRecordSequence
    ScanningSequence SequenceVariant EchoTime RepetitionTime InversionTime FlipAngle
    DiffusionBValue TriggerTime ContrastBolusAgent AcquisitionContrast PulseSequenceName
    EchoPulseSequence ComplexImageComponent BurnedInAnnotation
"""
_WHERE = """
    ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness SpacingBetweenSlices
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence NumberOfFrames
"""
_PIXELS = """
    SamplesPerPixel PhotometricInterpretation PlanarConfiguration Rows Columns BitsAllocated
    BitsStored HighBit PixelRepresentation PixelPaddingValue PixelPaddingRangeLimit RescaleSlope
    RescaleIntercept RescaleType ModalityLUTSequence WindowCenter WindowWidth
    WindowCenterWidthExplanation VOILUTFunction VOILUTSequence
"""
_SIEMENS = (0x00190010, 0x0019100A, 0x00290010, 0x00290011, 0x00291010, 0x00291110)

HEADER_TAGS: tuple[int, ...] = (
    *(
        tag
        for keyword in (
            *(keyword for _, keyword in IDENTITY),
            *f"{_HOW_TAKEN} {_WHERE} {_PIXELS}".split(),
        )
        if (tag := tag_for_keyword(keyword)) is not None
    ),
    *_SIEMENS,
)
"""Elements of the header."""

PIXEL_TAGS: tuple[int, ...] = (
    0x7FE00008, 0x7FE00009, 0x7FE00010, 0x7FE00001, 0x7FE00002,
)  # fmt: skip
"""Float, Double Float and Pixel Data, and the Extended Offset Table."""
