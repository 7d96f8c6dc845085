"""Colour, transparency and orientation become upright grey, by hand and by exact arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging import decoding
from brainscan.imaging.gray import luma, over_black, upright
from brainscan.imaging.reading import read_scan
from tests.imaging.pictures import encode, exact_luma, gradient, png_chunk, raw_png_of


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_luma_against_exact_arithmetic(dtype: type) -> None:
    rgb = np.random.default_rng(5).integers(0, np.iinfo(dtype).max + 1, (64, 64, 3), dtype=dtype)
    result = luma(rgb)
    assert result.dtype == dtype
    assert np.abs(result - exact_luma(rgb)).max() < 1.0
    pure = np.eye(3, dtype=np.uint8).reshape(1, 3, 3) * 255
    np.testing.assert_array_equal(luma(pure), [[76, 150, 29]])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_grey_stored_as_rgb_is_exactly_grey(kind: str) -> None:
    ramp = np.resize(np.arange(256, dtype=np.uint8), (40, 64))
    options = {"lossless": True} if kind == "WEBP" else {}
    scan = read_scan(encode(np.dstack([ramp] * 3), kind, **options))
    np.testing.assert_array_equal(scan.pixels, ramp)
    assert scan.warnings == ()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparency_lies_over_black(kind: str) -> None:
    grey = gradient(40, 64)
    alpha = np.resize(np.arange(0, 256, 4, dtype=np.uint8), (40, 64))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    scan = read_scan(encode(np.dstack([grey] * 3 + [alpha]), kind, **options))
    expected = np.floor(grey.astype(float) * alpha / 255 + 0.5)
    np.testing.assert_array_equal(scan.pixels, expected)
    assert scan.warnings == (decoding.ALPHA_WARNING,)


def test_opaque_alpha_changes_nothing() -> None:
    opaque = np.dstack([gradient(), np.full_like(gradient(), 255)])
    scan = read_scan(encode(Image.fromarray(opaque, mode="LA")))
    np.testing.assert_array_equal(scan.pixels, gradient())
    assert scan.warnings == ()


def test_transparent_colour_of_a_grey_and_an_rgb_png() -> None:
    grey = gradient()
    data = raw_png_of(grey, 0, before=png_chunk(b"tRNS", b"\x00\x07"))
    np.testing.assert_array_equal(read_scan(data).pixels, np.where(grey == 7, 0, grey))
    rgb = np.dstack([grey] * 3)
    data = raw_png_of(rgb, 2, before=png_chunk(b"tRNS", b"\x00\x07" * 3))
    np.testing.assert_array_equal(read_scan(data).pixels, np.where(grey == 7, 0, grey))


def test_over_black_rounds_to_nearest() -> None:
    result, transparent = over_black(np.array([[[255, 128], [3, 85]]], np.uint8))
    np.testing.assert_array_equal(result, [[128, 1]])
    assert transparent


# One asymmetric picture and what a viewer must show for each EXIF orientation, by hand.
STORED = np.array([[1, 2, 3], [4, 5, 6]])
SHOWN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_orientation_by_hand(orientation: int, dtype: type) -> None:
    turned = upright(STORED.astype(dtype), orientation)
    assert turned.dtype == dtype
    np.testing.assert_array_equal(turned, SHOWN[orientation])


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("color", [False, True])
def test_exif_rotation_of_files(orientation: int, kind: str, color: bool) -> None:
    blocks = np.kron(STORED, np.ones((16, 16), int)) * 30
    stored = blocks.astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(np.dstack([stored] * 3) if color else stored, kind, exif=exif, **options)
    expected = np.kron(np.array(SHOWN[orientation]), np.ones((16, 16), int)) * 30
    scan = read_scan(data)
    assert scan.pixels.shape == expected.shape
    assert np.abs(scan.pixels.astype(int) - expected).max() <= (2 if kind == "JPEG" else 0)
