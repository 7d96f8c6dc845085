"""De-identified copies: nothing of the patient in any byte, everything else as it was."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from brainscan.imaging.dicom.deidentify import BURNED_IN, EMBEDDED_OVERLAY, MAY_BE_BURNED_IN
from brainscan.imaging.dicom.profile import TECHNICAL_TEXT
from tests.imaging import patient
from tests.imaging.bad_inputs import PIXELS, dicom
from tests.imaging.planted import MARK, SECRET_BYTES, copy, everything, secret


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_no_byte_of_any_secret_remains(syntax: str) -> None:
    dataset = everything()
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = PIXELS.astype(">u2").tobytes()
    data = patient.to_bytes(dataset)
    if syntax != DeflatedExplicitVRLittleEndian:
        assert all(word in data for word in SECRET_BYTES)
    made, result = copy(data)
    assert result.file_meta.TransferSyntaxUID == syntax
    if syntax == DeflatedExplicitVRLittleEndian:
        result.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        plain = patient.to_bytes(result)
    else:
        plain = made.data
    assert [word for word in SECRET_BYTES if word in plain] == []
    assert [word for word in SECRET_BYTES if word in repr(made).encode()] == []
    np.testing.assert_array_equal(result.pixel_array, PIXELS)


def test_every_attribute_of_the_table_is_treated() -> None:
    """Attribute by attribute: gone, empty, or with a value that is not the old one."""
    _, result = copy(everything())
    added = {"PatientName", "PatientID", "DeidentificationMethod"}
    for tag in table.ALL_TAGS:
        if len(tag) != 2 or tag not in result:
            continue
        element = result[tag]
        if element.is_empty or element.VR == "SQ" or element.keyword in added:
            continue
        number = (tag[0] << 16) | tag[1]
        assert element.value != secret(number, element.VR), element.keyword
        assert tag not in table.X_TAGS, element.keyword
    assert not any(element.tag.is_private for element in result.iterall())
    assert result.SharedFunctionalGroupsSequence[0].ReferencedImageSequence


def test_text_that_is_kept_never_repeats_who_the_patient_is() -> None:
    dataset = patient.with_pixels(patient.header(BodyPartExamined="SECRETIA"), PIXELS)
    for tag in TECHNICAL_TEXT:
        dataset.add_new(tag, pydicom.datadict.dictionary_VR(tag), f"x{patient.PATIENT_ID}y")
    dataset.Manufacturer = "ACME for Doe"
    dataset.ManufacturerModelName = "Signa"
    dataset.OperatorsName = "Swift^Taylor"
    dataset.SequenceName = "taylor_fse"
    dataset.ReceiveCoilName = "HEAD"
    made, result = copy(dataset)
    for word in (*patient.SECRETS, "Swift", "taylor", "SECRETIA"):
        assert word.casefold().encode() not in made.data.lower()
    assert result.ManufacturerModelName == "Signa" and result.ReceiveCoilName == "HEAD"


def test_a_name_that_is_a_common_word_spoils_nothing() -> None:
    _, result = copy(dicom(PatientName="MR^Test", InstitutionName="MR Centre"))
    assert (result.Modality, list(result.ImageType)[:2]) == ("MR", ["ORIGINAL", "PRIMARY"])


def test_hostile_values_in_harmless_places() -> None:
    def raw(group: int, element: int, vr: bytes, value: bytes) -> bytes:
        head = group.to_bytes(2, "little") + element.to_bytes(2, "little") + vr
        return (
            head
            + (b"\0\0" if vr in (b"OB", b"UN") else b"")
            + len(value).to_bytes(4 if vr in (b"OB", b"UN") else 2, "little")
            + value
        )

    mark = MARK.encode() * 2
    data = dicom()
    place = data.index(b"\x10\x00\x10\x00PN")
    data = (
        data[:place]
        + b"".join(
            [
                raw(0x0008, 0x0104, b"OB", mark),  # Code Meaning as bytes
                raw(0x0020, 0x1040, b"UN", mark),  # Position Reference Indicator of no kind
                raw(0x0008, 0x115A, b"UI", b"1.2.987654.7"),  # a class that nobody defines
                raw(0x0008, 0x1FFE, b"LO", mark),  # of no meaning
                raw(0x0009, 0x1234, b"UN", mark),  # private without a creator
                raw(0x0018, 0x0050, b"DS", mark),  # Slice Thickness that is no number
                raw(0x0018, 0x5100, b"CS", mark * 5),  # far too long for a code
                raw(0x0020, 0x0013, b"LO", mark),  # Instance Number as text
                raw(0x0028, 0x0011, b"LO", mark),  # Columns as text, before the true ones
            ]
        )
        + data[place:]
    )
    made, result = copy(data)
    assert MARK.encode() not in made.data and b"1.2.987654" not in made.data
    assert result.PatientName == made.patient


def test_what_was_done_is_stated() -> None:
    _, plain = copy(dicom())
    assert plain.PatientIdentityRemoved == "YES" and "PS3.15" in plain.DeidentificationMethod
    assert plain.LongitudinalTemporalInformationModified == "REMOVED"
    _, rich = copy(dicom(), keep_characteristics=True, shift_dates=True)
    assert rich.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [
        [(item.CodeValue, item.CodingSchemeDesignator) for item in one]
        for one in (
            plain.DeidentificationMethodCodeSequence,
            rich.DeidentificationMethodCodeSequence,
        )
    ]
    assert codes[0] == [("113100", "DCM")]
    assert codes[1] == [("113100", "DCM"), ("113107", "DCM"), ("113108", "DCM")]


def test_characteristics_are_kept_and_great_age_is_capped() -> None:
    more = {"PatientSex": "F", "PatientSize": "1.64", "PatientWeight": "58", "SmokingStatus": "NO"}
    _, kept = copy(dicom(PatientAge="097Y", **more), keep_characteristics=True)
    assert (kept.PatientAge, kept.PatientSex, kept.SmokingStatus) == ("090Y", "F", "NO")
    assert (kept.PatientSize, kept.PatientWeight) == (1.64, 58)
    _, young = copy(
        dicom(PatientAge="008M", PatientSex=patient.PATIENT_ID), keep_characteristics=True
    )
    assert (young.PatientAge, young.PatientSex) == ("008M", "")
    _, odd = copy(dicom(PatientSex="ANNA", SmokingStatus="SMITH"), keep_characteristics=True)
    assert odd.PatientSex == "" and odd.get("SmokingStatus", "") == ""
    _, plain = copy(dicom(PatientAge="097Y", **more))
    assert "PatientAge" not in plain and plain.PatientSex == "" and "PatientSize" not in plain


def test_what_a_person_must_look_at_is_said() -> None:
    def said(**more: object) -> tuple[str, ...]:
        return copy(dicom(**more))[0].warnings

    assert said() == said(BurnedInAnnotation="NO") == ()
    assert said(BurnedInAnnotation="YES") == (BURNED_IN,)
    capture = "1.2.840.10008.5.1.4.1.1.7"
    assert said(SOPClassUID=capture) == (MAY_BE_BURNED_IN,)
    assert said(SOPClassUID=capture, BurnedInAnnotation="NO") == ()
    dataset = patient.with_pixels(patient.header(), PIXELS)
    dataset.add_new(0x60000102, "US", 12)
    assert copy(dataset)[0].warnings == (EMBEDDED_OVERLAY,)
