"""Pictures of more or fewer than 8 bits a sample keep their values."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.gray import luma
from brainscan.imaging.reading import read_scan
from tests.imaging.pictures import encode, exact_luma, png_chunk, raw_png, raw_png_of, raw_tiff

RNG = np.random.default_rng(5)
DEEP = RNG.integers(0, 65536, (40, 50), dtype=np.uint16)
DEEP_RGB = RNG.integers(0, 65536, (40, 50, 3), dtype=np.uint16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_round_trip(kind: str) -> None:
    scan = read_scan(encode(DEEP, kind))
    assert scan.pixels.dtype == np.uint16
    np.testing.assert_array_equal(scan.pixels, DEEP)


def test_16_bit_files_made_by_hand() -> None:
    np.testing.assert_array_equal(read_scan(raw_png_of(DEEP, 0)).pixels, DEEP)
    np.testing.assert_array_equal(read_scan(raw_tiff(DEEP, 1)).pixels, DEEP)
    white_is_zero = read_scan(raw_tiff(DEEP, 1, photometric=0))
    np.testing.assert_array_equal(white_is_zero.pixels, 65535 - DEEP)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_colour_keeps_its_depth(suffix: str) -> None:
    data = cv2.imencode(suffix, DEEP_RGB[..., ::-1])[1].tobytes()
    scan = read_scan(data)
    assert (scan.pixels.dtype, scan.mode) == (np.uint16, "RGB;16")
    assert np.abs(scan.pixels - exact_luma(DEEP_RGB)).max() < 1.0
    np.testing.assert_array_equal(read_scan(raw_png_of(DEEP_RGB, 2)).pixels, luma(DEEP_RGB))


def test_16_bit_grey_with_alpha_lies_over_black() -> None:
    alpha = np.full_like(DEEP, 65535)
    alpha[:, 25:] = 0
    scan = read_scan(raw_png_of(np.dstack([DEEP, alpha]), 4))
    expected = DEEP.copy()
    expected[:, 25:] = 0
    assert (scan.pixels.dtype, scan.mode) == (np.uint16, "LA;16")
    np.testing.assert_array_equal(scan.pixels, expected)


def test_signed_and_wide_integers() -> None:
    signed = (DEEP.astype(np.int32) - 30_000).astype(np.int16)
    scan = read_scan(raw_tiff(signed, 2))
    assert scan.pixels.dtype == np.float32
    np.testing.assert_array_equal(scan.pixels, signed.astype(np.float32))
    small = read_scan(raw_tiff(DEEP.astype(np.int32), 2))
    assert small.pixels.dtype == np.uint16
    np.testing.assert_array_equal(small.pixels, DEEP)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_tiff_keeps_its_values(dtype: type) -> None:
    values = RNG.normal(0.0, 3.0, (40, 50)).astype(dtype)
    scan = read_scan(raw_tiff(values, 3))
    assert scan.pixels.dtype == np.float32
    np.testing.assert_array_equal(scan.pixels, values.astype(np.float32))


def test_one_bit_pictures_become_0_and_255() -> None:
    bits = RNG.random((40, 48)) > 0.5
    expected = bits.astype(np.uint8) * 255
    for kind in ("PNG", "TIFF", "BMP"):
        np.testing.assert_array_equal(
            read_scan(encode(Image.fromarray(bits), kind)).pixels, expected
        )
    rows = b"".join(b"\x00" + np.packbits(row).tobytes() for row in bits)
    np.testing.assert_array_equal(read_scan(raw_png(48, 40, 1, 0, rows)).pixels, expected)


@pytest.mark.parametrize("bits", [2, 4])
def test_few_bit_greys_are_spread_over_8_bits(bits: int) -> None:
    top = (1 << bits) - 1
    values = RNG.integers(0, top + 1, (40, 48), dtype=np.uint8)
    bitplanes = np.unpackbits(values[..., None], axis=2)[..., 8 - bits :]
    rows = b"".join(b"\x00" + np.packbits(row).tobytes() for row in bitplanes.reshape(40, -1))
    scan = read_scan(raw_png(48, 40, bits, 0, rows))
    np.testing.assert_array_equal(scan.pixels, values.astype(int) * 255 // top)


def test_16_bit_colour_tiff_is_turned_too() -> None:
    data = cv2.imencode(".tif", DEEP_RGB[..., ::-1])[1].tobytes()
    upright_pixels = read_scan(data).pixels
    exif = Image.Exif()
    exif[0x0112] = 6
    deep_png = raw_png_of(DEEP_RGB, 2, before=png_chunk(b"eXIf", exif.tobytes()[6:]))
    np.testing.assert_array_equal(read_scan(deep_png).pixels, np.rot90(upright_pixels, -1))


def test_floating_point_colour_tiff() -> None:
    rgb = RNG.random((40, 50, 3), dtype=np.float32)
    scan = read_scan(cv2.imencode(".tif", rgb[..., ::-1])[1].tobytes())
    assert (scan.pixels.dtype, scan.mode) == (np.float32, "RGB;32")
    np.testing.assert_allclose(scan.pixels, exact_luma(rgb), atol=1e-4)
