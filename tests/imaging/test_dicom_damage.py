"""Damaged, hostile and foreign DICOM files: a sentence each, and nothing of the patient."""

from __future__ import annotations

import io
import logging
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from brainscan.errors import DatasetError, FileUnreadable, InputRejected
from brainscan.imaging.dicom import find_series, is_dicom, read_dicom_scan, read_series
from brainscan.imaging.dicom.image import load_image, read_image
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.reading import read_scan
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.patient import SECRETS

PIXELS = np.arange(40 * 48, dtype=np.uint16).reshape(40, 48)


def good(**more: object) -> bytes:
    return patient.to_bytes(patient.with_pixels(patient.header(**more), PIXELS))


def refusal(data: bytes, **options: ReadLimits) -> str:
    """Return the sentence; it must read like one and name no patient, anywhere in its chain."""
    with pytest.raises(InputRejected) as caught:
        read_scan(data, name="slice.dcm", **options)
    message = str(caught.value)
    assert message.startswith("slice.dcm ") and message.endswith(".")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert not any(secret in str(chain) for secret in SECRETS)
        chain = chain.__cause__
    return message


@pytest.mark.parametrize("modality", ["CT", "CR", "DX", "US", "PT", "SEG"])
def test_other_modalities_are_no_mr(modality: str) -> None:
    message = refusal(good(Modality=modality))
    assert "not an MR scan" in message
    word = {"CT": "CT image", "CR": "X-ray", "DX": "X-ray", "SEG": "segmentation"}.get(modality)
    assert word is None or word in message


def test_report_without_pixels() -> None:
    dataset = patient.header(Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33")
    assert "structured report" in refusal(patient.to_bytes(dataset))


def test_truncated_pixels_and_wrong_rows() -> None:
    data = good()
    assert "ends early" in refusal(data[:-500])
    larger = patient.with_pixels(patient.header(), PIXELS)
    larger.Rows = 80
    assert "declares 48 x 80 pixels (7.5 KB) but holds only 3.8 KB" in refusal(
        patient.to_bytes(larger)
    )
    smaller = patient.with_pixels(patient.header(), PIXELS)
    smaller.Rows = 33
    assert "are wrong" in refusal(patient.to_bytes(smaller))
    nothing = patient.with_pixels(patient.header(), PIXELS)
    del nothing.PixelData
    assert "has no pixel data" in refusal(patient.to_bytes(nothing))
    huge = patient.with_pixels(patient.header(), PIXELS)
    huge.Rows = huge.Columns = 65535
    assert "beyond the limits" in refusal(patient.to_bytes(huge))


def test_missing_pixel_spacing_is_a_warning_for_one_slice() -> None:
    scan = read_dicom_scan(good())
    assert scan.spacing is None and scan.aspect == 1.0
    assert any("no pixel spacing" in sentence for sentence in scan.warnings)


@pytest.mark.parametrize(
    "element", [b"\x10\x00\x10\x00PN", b"\x10\x00\x00\x40LT", b"\xe0\x7f\x10\x00OW"]
)
def test_a_length_of_three_gigabytes_costs_no_memory(element: bytes) -> None:
    length = struct.pack("<HI", 0, 3_000_000_000)
    if element[4:] in (b"PN", b"LT"):
        element = element[:4] + b"UN"
    data = good()
    body = data.index(b"\x10\x00\x10\x00PN")
    data = data[:body] + element + length + bytes(100)
    tracemalloc.start()
    refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_a_deflated_bomb_is_measured_first() -> None:
    dataset = patient.header()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    plain = patient.to_bytes(patient.with_pixels(dataset, PIXELS))
    start = 144 + int.from_bytes(plain[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\x09\x00\x01\x00UN\x00\x00" + bytes(20_000_000)) + packer.flush()
    limits = ReadLimits(max_volume_bytes=1_000_000)
    assert "decompression bomb" in refusal(plain[:start] + bomb, limits=limits)


def test_random_damage_never_escapes_as_another_error() -> None:
    rng = np.random.default_rng(1)
    original = good(WindowCenter="100", WindowWidth="50", PixelSpacing=[1, 1])
    for _ in range(120):
        data = bytearray(original)
        for place in rng.integers(132, 900, 4):
            data[place] = int(rng.integers(256))
        try:
            scan = read_scan(bytes(data), name="damaged.dcm")
        except InputRejected as error:
            assert str(error).startswith("damaged.dcm ")
        else:
            assert np.isfinite(scan.pixels).all()


@pytest.mark.parametrize(
    "keyword",
    ["PerFrameFunctionalGroupsSequence", "VOILUTSequence", "WindowCenterWidthExplanation"],
)
@pytest.mark.parametrize("number", [b"US\x02\x00\x05\x00", b"FD\x08\x00" + bytes(8)])
def test_a_number_where_a_sequence_or_text_belongs(keyword: str, number: bytes) -> None:
    tag = pydicom.datadict.tag_for_keyword(keyword)
    assert tag is not None
    data = good(WindowCenter="100", WindowWidth="50")
    pixels = data.rindex(b"\xe0\x7f\x10\x00")
    # The order of the elements does not matter to the parser.
    data = data[:pixels] + struct.pack("<HH", tag >> 16, tag & 0xFFFF) + number + data[pixels:]
    assert read_scan(data, name="slice.dcm").pixels.shape == PIXELS.shape


def test_a_dicomdir_whose_list_is_a_number(tmp_path: Path) -> None:
    dataset = patient.header()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    data = patient.to_bytes(dataset) + b"\x04\x00\x20\x12US\x02\x00\x05\x00"
    (tmp_path / "DICOMDIR").write_bytes(data)
    (rejected,) = find_series(tmp_path / "DICOMDIR").rejected
    assert "without a list of files" in rejected.reason


@pytest.mark.parametrize(
    ("stored", "quoted"), [("PALETTE COLOR", "PALETTE COLOR"), ("DOE SECRETIA", "an unknown value")]
)
def test_colours_are_quoted_only_when_dicom_defines_them(stored: str, quoted: str) -> None:
    message = refusal(good(PhotometricInterpretation=stored))
    assert f"stores its colours as {quoted}, which" in message
    assert "DOE" not in message


def _vanishing(path: Path, opened: int) -> Source:
    """Return a file that can be opened so many times and is gone then."""
    left = iter([path] * opened)
    return Source(
        path.name, path, path.stat().st_size, lambda: next(left, path / "gone").open("rb")
    )


def test_a_file_that_vanishes_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "slice.dcm"
    path.write_bytes(good())
    image = read_image(_vanishing(path, 2), DEFAULT_LIMITS)
    with pytest.raises(FileUnreadable, match=r"slice\.dcm cannot be opened"):
        load_image(image, DEFAULT_LIMITS)  # opened for its pixels, gone for its checksum
    (rejected,) = find_series(_vanishing(path, 1)).rejected  # gone before it is asked for its class
    assert rejected.reason.startswith("slice.dcm cannot be opened")


def test_every_file_of_pydicom_is_read_or_refused_in_a_sentence() -> None:
    read = 0
    for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
        data = path.read_bytes()
        if not is_dicom(data) or len(data) > 400_000:
            continue
        try:
            scan = read_scan(data, name="file.dcm")
        except InputRejected as error:
            assert str(error).startswith("file.dcm ") and str(error).endswith(".")
        else:
            read += 1
            assert scan.pixels.dtype == np.float32 and np.isfinite(scan.pixels).all()
    assert read >= 20


def test_malformed_files(data_dir: Path) -> None:
    found = find_series(data_dir / "dicom" / "malformed")
    names = {one.name for one in found.rejected}
    assert "GH340.dcm" in names
    short = "emri_small_jpeg_2k_lossless_too_short.dcm"
    with pytest.raises(InputRejected, match="pixel data"):
        read_scan(data_dir / "dicom" / "malformed" / short)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_encrypted_nested_and_broken_archives(tmp_path: Path) -> None:
    nested = zipped({"inner.zip": zipped({"a": good()}), "IM1": good(), "../IM2": good()})
    found = find_series(Source.of_bytes(nested, "disc.zip"))
    assert len(found.series) == 1
    text = " ".join(found.warnings)
    assert "archive inside the archive" in text and "leads out of the folder" in text
    encrypted = bytearray(zipped({"IM1": good()}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + flags] |= 1
    locked = find_series(Source.of_bytes(bytes(encrypted), "disc.zip"))
    assert locked.series == () and "is encrypted" in locked.warnings[0]
    with pytest.raises(DatasetError, match=r"disc\.zip|ZIP archive"):
        find_series(Source.of_bytes(zipped({"IM1": good()})[:-30], "disc.zip"))
    path = tmp_path / "disc.zip"
    damaged = bytearray(zipped({"IM1": good()}))
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    assert len(find_series(path).rejected) == 1


def test_nothing_of_the_patient_is_shown_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    folder = patient.classic_series(tmp_path, BurnedInAnnotation="YES", PatientSex="invalid value")
    found = find_series(folder)
    volume = read_series(found.series[0])
    scan = volume.to_scan("axial", 3)
    single = read_dicom_scan(next(folder.iterdir()))
    shown = [
        *(repr(thing) for thing in (found, found.series[0], volume, scan, single)),
        *(repr(thing) for thing in (volume.identity, volume.instances[0], scan.windows)),
        *(repr(found.series[0].stack.slices[0].image), repr(found.series[0].stack)),
        volume.name,
        scan.name,
        *volume.warnings,
        caplog.text,
        *capfd.readouterr(),
    ]
    for text in shown:
        for secret in (*SECRETS, "1.2.3.4", patient.MR_CLASS):
            assert secret not in text
    assert volume.name == "AX T1 post Gd"  # the name in the description was taken out
    assert volume.identity is not None and volume.identity.get("Patient ID") == patient.PATIENT_ID
    assert volume.burned_in and any("burned into" in sentence for sentence in volume.warnings)
