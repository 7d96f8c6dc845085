"""Pixel values, windows and encodings against pydicom and highdicom."""

from __future__ import annotations

import io
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from brainscan.errors import InputRejected
from brainscan.imaging.dicom import is_dicom, read_dicom_scan
from brainscan.imaging.reading import read_scan
from tests.imaging import patient

RNG = np.random.default_rng(7)
TWELVE_BITS = RNG.integers(0, 4096, (40, 48), dtype=np.uint16)
SIGNED = RNG.integers(-2000, 2000, (40, 48), dtype=np.int16)


def written(pixels: np.ndarray, **more: object) -> tuple[bytes, pydicom.FileDataset]:
    """Return a file and what pydicom reads of it."""
    bits = 16 if pixels.dtype == np.int16 else 12
    data = patient.to_bytes(patient.with_pixels(patient.header(**more), pixels, bits))
    return data, pydicom.dcmread(io.BytesIO(data))


def table(first: int, entries: list[int], bits: int, **more: object) -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "US", [len(entries), first, bits])
    item.add_new(0x00283006, "US", entries)
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


def highdicom_shown(data: bytes, **options: object) -> np.ndarray:
    """Return the frame as highdicom displays it, in [0, 1]."""
    image = highdicom.imread(io.BytesIO(data))
    return image.get_frame(1, apply_voi_transform=True, **options).astype(np.float64)


@pytest.mark.parametrize("pixels", [TWELVE_BITS, SIGNED])
def test_rescale_and_window_equal_pydicom_and_highdicom(pixels: np.ndarray) -> None:
    data, dataset = written(
        pixels,
        RescaleSlope="0.5",
        RescaleIntercept="-20",
        RescaleType="US",
        WindowCenter=["400", "100"],
        WindowWidth=["901", "50"],
        WindowCenterWidthExplanation=["BRAIN", "NARROW"],
    )
    scan = read_dicom_scan(data)
    modality = apply_modality_lut(dataset.pixel_array, dataset)
    np.testing.assert_array_equal(scan.pixels, modality)
    assert scan.pixels.dtype == np.float32
    assert [voi.label for voi in scan.windows] == ["BRAIN", "NARROW"]
    for index, (center, width) in enumerate([(400, 901), (100, 50)]):
        shown = scan.windows[index].apply(scan.pixels)
        # PS3.3 C.11.2.1.2.1 by hand
        expected = np.clip((modality - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
        np.testing.assert_allclose(shown, expected, atol=1e-6)
        # highdicom folds the rescaling into the window, which moves LINEAR's half-pixel terms.
        reference = highdicom_shown(data, voi_transform_selector=index)
        np.testing.assert_allclose(shown, reference, atol=0.011)
    by_pydicom = apply_voi_lut(modality, dataset, index=1).astype(float)
    span = by_pydicom.max() - by_pydicom.min()
    np.testing.assert_allclose(
        scan.windows[1].apply(scan.pixels), (by_pydicom - by_pydicom.min()) / span, atol=1e-6
    )


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_other_window_functions(function: str) -> None:
    data, dataset = written(
        TWELVE_BITS, WindowCenter="1800", WindowWidth="900", VOILUTFunction=function
    )
    scan = read_dicom_scan(data)
    reference = highdicom_shown(data)
    np.testing.assert_allclose(scan.windows[0].apply(scan.pixels), reference, atol=1e-5)
    assert dataset.VOILUTFunction == scan.windows[0].function


def test_voi_table_equals_pydicom() -> None:
    entries = [int(value) for value in np.sqrt(np.linspace(0, 1, 1000)) * 4095]
    data, dataset = written(TWELVE_BITS, VOILUTSequence=[table(500, entries, 12)])
    scan = read_dicom_scan(data)
    expected = apply_voi_lut(dataset.pixel_array, dataset) / 4095
    np.testing.assert_allclose(scan.windows[0].apply(scan.pixels), expected, atol=1e-6)
    assert scan.windows[0].function == "TABLE"


def test_modality_table_equals_pydicom() -> None:
    entries = [int(value) for value in (np.arange(4096) // 3) + 7]
    item = table(0, entries, 16, ModalityLUTType="US")
    data, dataset = written(TWELVE_BITS, ModalityLUTSequence=[item])
    expected = apply_modality_lut(dataset.pixel_array, dataset)
    np.testing.assert_array_equal(read_dicom_scan(data).pixels, expected)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_monochrome1_is_turned_around_as_highdicom_does(function: str) -> None:
    more = {
        "PhotometricInterpretation": "MONOCHROME1",
        "WindowCenter": "1500",
        "WindowWidth": "2001",
        "VOILUTFunction": function,
    }
    data, _ = written(TWELVE_BITS, **more)
    scan = read_dicom_scan(data)
    np.testing.assert_array_equal(scan.pixels, 4095.0 - TWELVE_BITS)
    reference = highdicom_shown(data, apply_presentation_lut=True)
    np.testing.assert_allclose(scan.windows[0].apply(scan.pixels), reference, atol=1e-5)


def test_monochrome1_table_is_turned_around() -> None:
    entries = [int(value) for value in np.linspace(0, 1, 2000) ** 2 * 4095]
    data, dataset = written(
        TWELVE_BITS,
        PhotometricInterpretation="MONOCHROME1",
        VOILUTSequence=[table(900, entries, 12)],
    )
    scan = read_dicom_scan(data)
    expected = 1 - apply_voi_lut(dataset.pixel_array, dataset) / 4095
    np.testing.assert_allclose(scan.windows[0].apply(scan.pixels), expected, atol=1e-6)


def test_padding_becomes_the_darkest_value() -> None:
    pixels = SIGNED.copy()
    pixels[:5] = 3000
    data, _ = written(pixels, PixelPaddingValue=3000)
    scan = read_dicom_scan(data)
    assert scan.pixels[:5].max() == pixels[5:].min()
    np.testing.assert_array_equal(scan.pixels[5:], pixels[5:])
    ranged, _ = written(pixels, PixelPaddingValue=2990, PixelPaddingRangeLimit=3010)
    np.testing.assert_array_equal(read_dicom_scan(ranged).pixels, scan.pixels)
    pixels[:5] = -2000
    dark, _ = written(pixels, PixelPaddingValue=-2000)
    np.testing.assert_array_equal(read_dicom_scan(dark).pixels, pixels)


def encoded(syntax: str) -> bytes:
    dataset = patient.with_pixels(patient.header(), TWELVE_BITS)
    if syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        dataset.compress(syntax, generate_instance_uid=False)
        return patient.to_bytes(dataset)
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = TWELVE_BITS.astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    return patient.to_bytes(dataset)


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
def test_lossless_transfer_syntaxes(syntax: str) -> None:
    data = encoded(syntax)
    np.testing.assert_array_equal(read_dicom_scan(data).pixels, TWELVE_BITS)


def test_without_preamble_and_suffix(tmp_path: Path) -> None:
    data = patient.to_bytes(patient.with_pixels(patient.header(), TWELVE_BITS), bare=True)
    assert is_dicom(data) and not is_dicom(b"\x08\x00 some other file" + bytes(40))
    path = tmp_path / "IM0001"
    path.write_bytes(data)
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.pixels, TWELVE_BITS)
    assert (scan.name, scan.format) == ("IM0001", "DICOM")


def test_eight_encodings_of_one_image(data_dir: Path) -> None:
    folder = data_dir / "dicom" / "wg04"
    for name in ("MR1", "MR4"):
        plain = read_scan(folder / f"{name}_UNC").pixels
        reference = pydicom.dcmread(folder / f"{name}_UNC")
        expected = apply_modality_lut(reference.pixel_array, reference)
        np.testing.assert_array_equal(plain, expected.astype(np.float32))
        for kind in ("RLE", "JPLL", "JLSL", "J2KR"):
            np.testing.assert_array_equal(read_scan(folder / f"{name}_{kind}").pixels, plain)
        spread = float(plain.std())
        for kind in ("JLSN", "J2KI"):
            away = read_scan(folder / f"{name}_{kind}").pixels - plain
            assert float(np.sqrt((away**2).mean())) < 0.15 * spread, kind
        with pytest.raises(InputRejected, match=r"JPEG Extended.*1\.2\.840\.10008\.1\.2\.4\.51"):
            read_scan(folder / f"{name}_JPLY")


def test_baseline_jpeg() -> None:
    scan = read_scan(get_testdata_file("SC_rgb_jpeg.dcm"))
    assert scan.pixels.shape == (256, 256)
    assert "modality is OT" in " ".join(scan.warnings)


def test_real_files_equal_pydicom(data_dir: Path) -> None:
    for path in (
        "enhanced-multiframe/emri_small_RLE.dcm",
        "enhanced-multiframe/emri_small_big_endian.dcm",
        "enhanced-multiframe/emri_small_jpeg_2k_lossless.dcm",
        "enhanced-multiframe/emri_small_jpeg_ls_lossless.dcm",
    ):
        scan = read_scan(data_dir / "dicom" / path)
        dataset = pydicom.dcmread(data_dir / "dicom" / "enhanced-multiframe" / "emri_small.dcm")
        np.testing.assert_array_equal(scan.pixels, dataset.pixel_array[5])
        assert "10 frames; only number 6, the middle one, is read" in scan.warnings[0]
        assert "(Image Orientation), so that they make no volume" in scan.warnings[0]
        assert "Volume page" not in scan.warnings[0]
