"""What a result takes over from the images it was made from: patient, study, equipment.

A result that states another patient or study than its images is filed under the wrong person,
so identifiers are copied letter by letter. Dates, ages and the like that break the rules of
their value representation (PS3.5 section 6.2) are left empty or out, never repaired.
"""

from __future__ import annotations

import re
from datetime import datetime

import highdicom as hd
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from brainscan.imaging.dicom.parsing import items, numbers, text, words

CHARACTER_SET = "ISO_IR 192"
"""UTF-8: holds every name, whatever the images are encoded in."""

# Type 2: present in every result, empty where the images do not state them (PS3.3 C.7.1.1
# Patient, C.7.2.1 General Study).
_ALWAYS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "ReferringPhysicianName",
)  # fmt: skip
_WHERE_STATED = (
    "IssuerOfPatientID", "PatientIdentityRemoved", "DeidentificationMethod",
    "PatientAge", "PatientSize", "PatientWeight", "StudyDescription",
)  # fmt: skip
_EQUIPMENT = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber")

KEYWORDS = (
    *_ALWAYS,
    *_WHERE_STATED,
    *_EQUIPMENT,
    "DeidentificationMethodCodeSequence",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
)
"""Elements of a source image that are looked at here."""

_SHAPES = {
    "AS": re.compile(r"\d{3}[DWMY]"),
    "DA": re.compile(r"\d{8}"),
    "TM": re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?"),
}
_SEXES = ("M", "F", "O")
_LONGEST_TEXT = 64


def patient_and_study(header: Dataset) -> Dataset:
    """Return the elements that place a result with its patient and study, ready to be merged.

    The study's own identifier is not among them: see
    :class:`brainscan.reporting.dicom.origin.Origin`.
    """
    taken = Dataset()
    taken.SpecificCharacterSet = CHARACTER_SET
    for keyword in _ALWAYS:
        setattr(taken, keyword, _valid(header, keyword))
    for keyword in _WHERE_STATED:
        found = _valid(header, keyword)
        if found:
            setattr(taken, keyword, found)
    methods = [
        _code(one)
        for one in items(header, "DeidentificationMethodCodeSequence")
        if text(one, "CodeValue")
    ]
    if methods:
        taken.DeidentificationMethodCodeSequence = methods
    elif taken.get("PatientIdentityRemoved") == "YES" and "DeidentificationMethod" not in taken:
        taken.DeidentificationMethod = "Not stated in the source images"
    return taken


def acquisition_equipment(header: Dataset) -> tuple[hd.ContributingEquipment, ...]:
    """Return the scanner as contributing equipment (PS3.3 C.12.1.1.5); none if not stated."""
    manufacturer, model, version, serial = (_short(header, keyword) for keyword in _EQUIPMENT)
    if not manufacturer:
        return ()
    return (
        hd.ContributingEquipment(
            manufacturer=manufacturer,
            purpose_of_reference=codes.DCM.AcquisitionEquipment,
            manufacturer_model_name=model or None,
            software_versions=version or None,
            device_serial_number=serial or None,
            contribution_description="Acquired the images that were read.",
        ),
    )


def lossy_compression(header: Dataset) -> Dataset:
    """Return what an image says of lossy compression, which what is made of it must repeat.

    Empty where it says nothing of it (PS3.3 C.7.6.1.1.5).
    """
    taken = Dataset()
    if text(header, "LossyImageCompression") == "01":
        taken.LossyImageCompression = "01"
        ratios = numbers(header, "LossyImageCompressionRatio")
        methods = words(header, "LossyImageCompressionMethod")
        if ratios:
            taken.LossyImageCompressionRatio = [f"{ratio:.8g}" for ratio in ratios]
        if methods:
            taken.LossyImageCompressionMethod = list(methods)
    return taken


def _valid(header: Dataset, keyword: str) -> str:
    """Return an element's text, or ``""`` where it breaks the rules of its representation."""
    kind = dictionary_VR(keyword)
    if kind == "DS":
        found = numbers(header, keyword, 1)
        return f"{found[0]:.8g}" if found and found[0] > 0 else ""
    stated = text(header, keyword)
    if keyword == "PatientSex":
        return stated.upper() if stated.upper() in _SEXES else ""
    if keyword == "PatientIdentityRemoved":
        return stated.upper() if stated.upper() in ("YES", "NO") else ""
    if keyword == "StudyDescription":
        return _short(header, keyword)
    shape = _SHAPES.get(kind)
    if shape is not None and not shape.fullmatch(stated):
        return ""
    return stated if kind != "DA" or _is_date(stated) else ""


def _is_date(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%Y%m%d")
    except ValueError:
        return False
    return True


def _short(header: Dataset, keyword: str) -> str:
    """Return a text that may be cut, as no software compares it."""
    return text(header, keyword).replace("\\", " ")[:_LONGEST_TEXT].strip()


def _code(item: Dataset) -> Dataset:
    code = Dataset()
    for keyword in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning"):
        setattr(code, keyword, text(item, keyword))
    return code
