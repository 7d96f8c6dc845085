"""De-identified copies: nothing of the patient in any byte, everything else as it was."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom._dicom_dict import DicomDictionary
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from brainscan.errors import InputRejected
from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.dicom.deidentify import (
    BURNED_IN,
    EMBEDDED_OVERLAY,
    MAY_BE_BURNED_IN,
    NO_REPORT,
    Deidentified,
    Deidentifier,
)
from brainscan.imaging.dicom.profile import BULK, TECHNICAL_TEXT
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.bad_inputs import PIXELS, bad_inputs, dicom

KEY = b"a secret of more than sixteen bytes"
TEXT = ("LO", "SH", "LT", "ST", "UC", "UT", "UR", "AE", "PN")
BYTES = ("OB", "OW", "UN", "OB or OW")
MARK = "QZX"
"""Begins every secret of the tests; it occurs in nothing else."""

REFUSED = {"EncapsulatedDocument", "DirectoryRecordSequence"}
STRUCTURE = {"SOPClassUID", "SpecificCharacterSet"}


def source(data: bytes | Dataset, name: str = "slice.dcm") -> Source:
    return Source.of_bytes(data if isinstance(data, bytes) else patient.to_bytes(data), name)


def copy(data: bytes | Dataset, **options: bool) -> tuple[Deidentified, Dataset]:
    made = Deidentifier(Pseudonyms(KEY), **options).copy(source(data))
    return made, pydicom.dcmread(io.BytesIO(made.data))


def public() -> Iterator[tuple[int, str, str]]:
    """Yield tag, VR and keyword of every attribute that a data set may hold."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        if tag >> 16 > 4 and keyword and keyword not in REFUSED | STRUCTURE:
            yield tag, vr, keyword


def secret(tag: int, vr: str) -> object:
    """Return a value of a kind that can be found again."""
    if vr == "UI":
        return f"1.2.987654.{tag}"
    if vr == "DA":
        return "19510723"
    if vr == "DT":
        return "19510723074931"
    if vr == "TM":
        return "074931"
    if vr == "AS":
        return "077Y"
    word = f"{MARK}{tag:08x}"
    return word.encode() if vr in BYTES else word


SECRET_BYTES = (MARK.encode(), b"1.2.987654", b"19510723", b"074931", b"077Y")


def fill(dataset: Dataset) -> Dataset:
    """Fill every attribute that can name somebody with a secret of its own."""
    for tag, vr, keyword in public():
        if tag in TECHNICAL_TEXT | BULK:
            continue
        names_a_kind = keyword.endswith(("ClassUID", "TransferSyntaxUID"))
        if vr in (*TEXT, "UI", "DA", "DT", "TM", "AS", *BYTES) and not names_a_kind:
            dataset.add_new(tag, "OB" if vr in BYTES else vr, secret(tag, vr))
    return dataset


def everything() -> Dataset:
    """Return an image with secrets at every depth, in every corner of the file."""
    dataset = patient.with_pixels(fill(patient.header()), PIXELS)
    dataset.SOPInstanceUID = "1.2.987654.1"
    inner = fill(Dataset())
    deepest = fill(Dataset())
    inner.ReferencedImageSequence = [deepest]
    dataset.SharedFunctionalGroupsSequence = [inner]
    dataset.ReferencedImageSequence = [fill(Dataset())]
    dataset.ContentSequence = [fill(Dataset())]
    dataset.OtherPatientIDsSequence = [fill(Dataset())]
    for holder in (dataset, inner):
        block = holder.private_block(0x0029, f"{MARK} CREATOR", create=True)
        block.add_new(1, "LO", f"{MARK} private")
        block.add_new(2, "SQ", [fill(Dataset())])
    dataset.add_new(0x50000020, "CS", f"{MARK} CURVE")
    dataset.add_new(0x60020010, "US", 8)
    dataset.add_new(0x60020102, "US", 0)
    dataset.add_new(0x60021500, "LO", f"{MARK} overlay")
    dataset.add_new(0x60023000, "OW", MARK.encode() * 4)
    dataset.add_new(0xFFFCFFFC, "OB", MARK.encode() * 2)
    dataset.file_meta.SourceApplicationEntityTitle = f"{MARK} AE"
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.987654.2"
    dataset.file_meta.PrivateInformation = MARK.encode() * 2
    dataset.preamble = (MARK.encode() * 60)[:128]
    return dataset


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


def references(uids: list[str], kind: str) -> Dataset:
    """Return a report or a segmentation that refers to a series as the standard has it."""
    items = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = patient.MR_CLASS, uid
        items.append(item)
    series = Dataset()
    series.SeriesInstanceUID = "1.2.3.4.5"
    if kind == "SEG":
        series.ReferencedInstanceSequence = items
        dataset = patient.with_pixels(patient.header(), PIXELS)
        dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.66.4", "SEG"
        dataset.ReferencedSeriesSequence = [series]
    else:
        series.ReferencedSOPSequence = items
        study = Dataset()
        study.StudyInstanceUID, study.ReferencedSeriesSequence = "1.2.3.4", [series]
        dataset = patient.header(
            SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR", VerificationFlag="VERIFIED"
        )
        dataset.CurrentRequestedProcedureEvidenceSequence = [study]
        content = Dataset()
        content.ValueType, content.TextValue = "TEXT", f"{patient.NAME} has a headache"
        dataset.ContentSequence = [content]
    dataset.SeriesInstanceUID = f"1.2.3.4.5.{kind == 'SEG'}".replace("True", "1").replace(
        "False", "2"
    )
    return dataset


def test_a_series_stays_one_series_and_references_find_it(tmp_path: Path) -> None:
    before = patient.classic_series(tmp_path / "before", patient.OBLIQUE)
    deidentifier = Deidentifier(Pseudonyms())
    after = tmp_path / "after"
    after.mkdir()
    made = {}
    for path in before.iterdir():
        made[path] = deidentifier.copy(Source.of_path(path))
        (after / path.name).write_bytes(made[path].data)
    ours, theirs = (find_series(folder).series for folder in (after, before))
    assert [one.slices for one in ours] == [20] and ours[0].warnings == ()
    new, old = read_series(ours[0]), read_series(theirs[0])
    np.testing.assert_array_equal(new.voxels, old.voxels)
    np.testing.assert_allclose(new.affine, old.affine)
    uids = {str(pydicom.dcmread(path).SOPInstanceUID): one for path, one in made.items()}
    for kind in ("SEG", "SR"):
        copied = deidentifier.copy(source(references(list(uids), kind)))
        result = pydicom.dcmread(io.BytesIO(copied.data))
        (series,) = (
            result.ReferencedSeriesSequence
            if kind == "SEG"
            else result.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
        )
        items = series.ReferencedInstanceSequence if kind == "SEG" else series.ReferencedSOPSequence
        expected = [uids[uid].sop_instance_uid for uid in uids]
        assert [item.ReferencedSOPInstanceUID for item in items] == expected
        assert series.SeriesInstanceUID == next(iter(made.values())).series_uid
        assert copied.study_uid == next(iter(made.values())).study_uid
        assert copied.patient == next(iter(made.values())).patient
        if kind == "SR":
            assert copied.warnings == (NO_REPORT,) and "ContentSequence" not in result
            assert result.VerificationFlag == "UNVERIFIED"


def test_identifiers_are_valid_consistent_and_cannot_be_guessed() -> None:
    first, again, other = Pseudonyms(KEY), Pseudonyms(KEY), Pseudonyms()
    olds = [f"1.2.3.{number}" for number in range(500)]
    news = [first.uid(old) for old in olds]
    assert len(set(news)) == 500 and news == [again.uid(old) for old in olds]
    assert not set(news) & {other.uid(old) for old in olds}
    assert first.uid("1.2.3.4\0") == first.uid("1.2.3.4 ") == first.uid("1.2.3.4")
    for new in news:
        assert pydicom.uid.UID(new).is_valid and new.startswith("2.25.") and len(new) <= 64
    assert first.patient("7", "Doe^Jane") == first.patient("7", "DOE JANE ")
    assert first.patient("7", "Doe^Jane") != first.patient("8", "Doe^Jane")
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonyms(b"short")


def test_a_secret_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "project.key"
    new = Pseudonyms.of_file(path).uid("1.2.3")
    assert Pseudonyms.of_file(path).uid("1.2.3") == new
    assert path.stat().st_mode & 0o077 == 0 and len(path.read_bytes()) == 32


def test_dates_are_shifted_by_one_distance_for_a_patient() -> None:
    common = {"shift_dates": True}
    _, first = copy(
        dicom(StudyDate="20240228", StudyTime="101112", AcquisitionDateTime="20240228101112.5"),
        **common,
    )
    _, later = copy(dicom(StudyDate="20240301", ContentDate="not a date"), **common)
    _, other = copy(dicom(StudyDate="20240301", PatientID="another"), **common)

    def day(dataset: Dataset) -> np.datetime64:
        stated = dataset.StudyDate
        return np.datetime64(f"{stated[:4]}-{stated[4:6]}-{stated[6:]}")

    assert day(later) - day(first) == np.timedelta64(2, "D")  # over a leap day
    assert first.StudyTime == "101112"
    assert first.AcquisitionDateTime == f"{first.StudyDate}101112.5"
    assert not first.StudyDate.startswith("2024") and other.StudyDate != later.StudyDate
    assert later.ContentDate == "19000101" and first.PatientBirthDate == ""


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


def refusal(data: bytes, **options: ReadLimits) -> str:
    with pytest.raises(InputRejected) as caught:
        Deidentifier(Pseudonyms(KEY), **options).copy(source(data))
    message = str(caught.value)
    assert message.startswith("slice.dcm ") and message.endswith(".")
    assert caught.value.__cause__ is None
    assert not any(word in message for word in patient.SECRETS)
    return message


def test_what_cannot_be_deidentified_is_refused() -> None:
    directory = Path(str(get_testdata_file("DICOMDIR"))).read_bytes()
    assert "table of contents" in refusal(directory)
    document = patient.header(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1")
    document.EncapsulatedDocument = b"%PDF"
    assert "is a document" in refusal(patient.to_bytes(document))
    assert "kind that DICOM does not define" in refusal(dicom(SOPClassUID="1.3.12.2.1107.5.9.1"))
    assert "ends early" in refusal(dicom()[:-500])
    assert "the limit is" in refusal(dicom(), limits=ReadLimits(max_volume_bytes=1000))
    huge = bad_inputs()["long.dcm"][0]
    made = Deidentifier(Pseudonyms(KEY)).copy(source(huge))  # clipped to what is there
    assert patient.NAME.encode() not in made.data


def test_depth_without_end_is_refused() -> None:
    dataset = patient.header()
    body = b""
    for _ in range(2000):
        item = b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body
        body = b"\x08\x00\x40\x11SQ\x00\x00" + len(item).to_bytes(4, "little") + item
    try:
        made = Deidentifier(Pseudonyms(KEY)).copy(source(patient.to_bytes(dataset) + body))
    except InputRejected as error:
        assert str(error).startswith("slice.dcm ")
    else:
        assert patient.NAME.encode() not in made.data


def test_random_damage_never_escapes_nor_leaks() -> None:
    rng = np.random.default_rng(3)
    original = dicom()
    place = original.index(b"Doe^")
    for _ in range(150):
        data = bytearray(original)
        for at in rng.integers(132, place, 3):
            data[at] = int(rng.integers(256))
        try:
            made = Deidentifier(Pseudonyms(KEY)).copy(source(bytes(data)))
        except InputRejected as error:
            assert str(error).startswith("slice.dcm ")
        else:
            assert b"Secretia" not in made.data


def test_overlong_numbers_keep_the_place_of_a_slice() -> None:
    place = [f"-{'1234567890' * 2}.5", "1.25e+01", " +3.0000000000000000 "]
    dataset = patient.with_pixels(patient.header(ImagePositionPatient=place), PIXELS)
    _, result = copy(dataset)
    expected = [float(one) for one in place]
    assert [float(one) for one in result.ImagePositionPatient] == expected


def test_real_series_keep_their_geometry(data_dir: Path, tmp_path: Path) -> None:
    deidentifier = Deidentifier(Pseudonyms(KEY))
    for name in ("series-brain-20", "series-defaced-t1"):
        (tmp_path / name).mkdir()
        paths = sorted((data_dir / "dicom" / name).iterdir())[3:9]
        for path in paths:
            made = deidentifier.copy(Source.of_path(path))
            (tmp_path / name / path.name).write_bytes(made.data)
        (new,), (old,) = (find_series(given).series for given in (tmp_path / name, paths))
        assert new.slices == old.slices and new.warnings == old.warnings
        assert new.stack.affine is not None and old.stack.affine is not None
        np.testing.assert_array_equal(new.stack.affine, old.stack.affine)


def test_compressed_pixels_stay_byte_for_byte(data_dir: Path) -> None:
    for path in sorted((data_dir / "dicom" / "wg04").iterdir()):
        made = Deidentifier(Pseudonyms(KEY)).copy(Source.of_path(path))
        new, old = pydicom.dcmread(io.BytesIO(made.data)), pydicom.dcmread(path)
        assert new.file_meta.TransferSyntaxUID == old.file_meta.TransferSyntaxUID
        digests = {hashlib.sha256(one.PixelData).hexdigest() for one in (new, old)}
        assert len(digests) == 1
        names = [part for part in str(old.PatientName).split("^") if len(part) > 3]
        assert not any(name.encode() in made.data for name in names)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize(
    "name", ["MR_small.dcm", "CT_small.dcm", "JPEG2000.dcm", "reportsi.dcm", "liver_1frame.dcm"]
)
def test_an_independent_validator_finds_nothing_new(name: str, tmp_path: Path) -> None:
    path = Path(str(get_testdata_file(name)))
    target = tmp_path / name
    target.write_bytes(Deidentifier(Pseudonyms(KEY)).copy(Source.of_path(path)).data)

    def errors(file: Path) -> set[str]:
        done = subprocess.run(["dciodvfy", str(file)], capture_output=True, check=False)
        lines = (done.stdout + done.stderr).decode("ascii", "replace").splitlines()
        return {line for line in lines if line.startswith("Error")}

    assert errors(target) - errors(path) == set()
