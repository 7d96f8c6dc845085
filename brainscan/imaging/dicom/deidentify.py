"""De-identified copies of DICOM objects (PS3.15 Annex E, Basic Application Level Profile)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, UID_dictionary

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.cleaning import Cleaner, DateShift
from brainscan.imaging.dicom.parsing import (
    PARSE_ERRORS,
    parse_whole,
    text,
    transfer_syntax,
    value,
)
from brainscan.imaging.dicom.profile import EDITION
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.identity import Identity
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.source import Source

_DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
_SCREEN_CLASSES = "1.2.840.10008.5.1.4.1.1.7"  # secondary captures, which show whole screens
_METHODS = {
    "113100": "Basic Application Confidentiality Profile",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
}

BURNED_IN = (
    "The file says that text is burned into its pixels. The pixels are as they were: look at "
    "them, and blank what names the patient."
)
MAY_BE_BURNED_IN = (
    "The image is a screen capture that does not say whether text is burned into it. The pixels "
    "are as they were: look at them."
)
EMBEDDED_OVERLAY = (
    "An overlay is embedded in the unused bits of the pixels, which are as they were: it may "
    "show text."
)
NO_REPORT = "The content of the report is removed, as the profile demands: free text names people."


@dataclass(frozen=True, eq=False)
class Deidentified:
    """A de-identified copy.

    Attributes
    ----------
    data
        The file, in the transfer syntax of the source, pixel data byte for byte those of it.
    patient
        New name and number of the patient.
    study_uid, series_uid, sop_instance_uid
        New identifiers.
    warnings
        What a person must look at.
    """

    data: bytes = field(repr=False)
    patient: str
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    warnings: tuple[str, ...]


class Deidentifier:
    """Makes de-identified copies whose identifiers fit together.

    Attributes of table E.1-1 are treated as it says, at any depth. Beyond it, everything that is
    not known to be harmless goes: private and unknown attributes, overlays and curves, free
    text, names and dates outside the table, bytes without a stated meaning. What remains of
    text is compared with the patient's names and numbers.

    Parameters
    ----------
    pseudonyms
        Where the new identifiers come from.
    keep_characteristics
        Retain age (90 at most), sex, size, weight and the like (E.3.7).
    shift_dates
        Keep the dates of study and series, moved by the same number of days for all files of a
        patient (E.3.6); otherwise they are removed.
    limits
        Largest file to read.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        *,
        keep_characteristics: bool = False,
        shift_dates: bool = False,
        limits: ReadLimits = DEFAULT_LIMITS,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._keep = keep_characteristics
        self._shift = shift_dates
        self._limits = limits

    def copy(self, source: Source) -> Deidentified:
        """Return a de-identified copy of a DICOM file.

        Raises
        ------
        InputRejected
            If it cannot be read, or is of a kind whose content cannot be de-identified; the
            sentence names no patient.
        """
        who = source.name
        dataset = parse_whole(source, self._limits)
        _refuse_kinds(dataset, who)
        pixels = _pixel_digest(dataset)
        syntax = transfer_syntax(dataset)
        try:
            warnings = tuple(_warnings(dataset))
            identity = _identity(dataset)
            patient = self._pseudonyms.patient(
                *(text(dataset, one) for one in ("PatientID", "PatientName", "PatientBirthDate"))
            )
            shift = DateShift(self._pseudonyms.days(patient)) if self._shift else None
            cleaner = Cleaner(self._pseudonyms, patient, identity, self._keep, shift)
            cleaner.clean(dataset)
            self._state(dataset, patient)
            data = _written(dataset, syntax)
            if _pixel_digest(pydicom.dcmread(io.BytesIO(data), force=True)) != pixels:
                raise ValueError
        except PARSE_ERRORS:
            # Not chained: the message may quote the patient's name.
            raise InputRejected(
                f"{who} cannot be written as a de-identified copy: it is damaged or breaks the "
                "rules of DICOM. Export it again."
            ) from None
        return Deidentified(
            data=data,
            patient=patient,
            study_uid=text(dataset, "StudyInstanceUID"),
            series_uid=text(dataset, "SeriesInstanceUID"),
            sop_instance_uid=text(dataset, "SOPInstanceUID"),
            warnings=warnings,
        )

    def _state(self, dataset: Dataset, patient: str) -> None:
        """State what was done (PS3.15 E.1.1, PS3.3 C.7.1.1 and C.12.1)."""
        dataset.PatientName = dataset.PatientID = patient
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = f"BrainScan: DICOM PS3.15 Annex E ({EDITION}), basic"
        codes = [
            "113100",
            *(["113107"] if self._shift else []),
            *(["113108"] if self._keep else []),
        ]
        items = []
        for code in codes:
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator = code, "DCM"
            item.CodeMeaning = _METHODS[code]
            items.append(item)
        dataset.DeidentificationMethodCodeSequence = items
        dataset.LongitudinalTemporalInformationModified = "MODIFIED" if self._shift else "REMOVED"
        if "VerificationFlag" in dataset:
            dataset.VerificationFlag = "UNVERIFIED"  # who verified it is removed


def _refuse_kinds(dataset: FileDataset, who: str) -> None:
    kind = text(dataset, "SOPClassUID")
    if kind == _DIRECTORY_CLASS or value(dataset, "DirectoryRecordSequence") is not None:
        raise InputRejected(
            f"{who} is the table of contents of a DICOM disc, which lists the patients. It is "
            "not copied; the files it lists are."
        )
    if "EncapsulatedDocument" in dataset:
        raise InputRejected(
            f"{who} is a document in a DICOM file; what it says cannot be de-identified here. "
            "Leave it out."
        )
    if kind not in UID_dictionary:
        raise InputRejected(
            f"{who} is of a kind that DICOM does not define, so nothing is known about what may "
            "name the patient in it. Leave it out, or export it as MR images."
        )


def _warnings(dataset: Dataset) -> Iterator[str]:
    burned_in = text(dataset, "BurnedInAnnotation").upper()
    kind = text(dataset, "SOPClassUID")
    if burned_in == "YES":
        yield BURNED_IN
    elif burned_in != "NO" and (kind.startswith(_SCREEN_CLASSES) or "ConversionType" in dataset):
        yield MAY_BE_BURNED_IN
    planes = (group for group in range(0x6000, 0x6100, 2) if (group, 0x0102) in dataset)
    if any((group, 0x3000) not in dataset for group in planes):
        yield EMBEDDED_OVERLAY
    if "ContentSequence" in dataset:
        yield NO_REPORT


def _identity(dataset: Dataset) -> Identity:
    """Collect everything that names somebody, so that no text that is kept repeats it."""
    found: list[tuple[str, str]] = []
    # The names of institutions are made of common words: only as a whole they name one.
    numbers = {
        "PatientID", "OtherPatientIDs", "AccessionNumber", "PatientBirthDate", "InstitutionName",
    }  # fmt: skip

    def note(inner: Dataset, tag: pydicom.tag.BaseTag) -> None:
        keyword = pydicom.datadict.keyword_for_tag(tag)
        try:
            vr = inner[tag].VR
        except PARSE_ERRORS:
            return
        if vr == "PN" or keyword in numbers:
            found.append(("name" if vr == "PN" else "number", text(inner, keyword)))

    for inner in _every_dataset(dataset):
        for tag in list(inner.keys()):
            note(inner, tag)
    return Identity(tuple(found))


def _every_dataset(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except PARSE_ERRORS:
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _every_dataset(item)


def _pixel_digest(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            digest.update(dataset[keyword].value or b"")
    return digest.hexdigest()


def _written(dataset: FileDataset, syntax: UID) -> bytes:
    """Return the file with new meta information and an empty preamble."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    dataset.preamble = bytes(128)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
