"""Pictures come out with the values that were put in."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.imaging import decoding
from brainscan.imaging.gray import luma, over_black, upright
from brainscan.imaging.reading import read_scan
from tests.imaging.pictures import (
    encode,
    gradient,
    png_chunk,
    raw_png,
    raw_png_of,
    raw_tiff,
    smooth_rgb,
)

RNG = np.random.default_rng(5)
DEEP = RNG.integers(0, 65536, (40, 50), dtype=np.uint16)
DEEP_RGB = RNG.integers(0, 65536, (40, 50, 3), dtype=np.uint16)


def exact_luma(rgb: np.ndarray) -> np.ndarray:
    """BT.601 luma in float64, independent of the code under test."""
    return rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_grey_values_survive_lossless_formats(kind: str, options: dict) -> None:
    pixels = gradient()
    scan = read_scan(encode(pixels, kind, **options), name="folder/slice.xyz")
    np.testing.assert_array_equal(scan.pixels, pixels)
    assert (scan.pixels.dtype, scan.warnings) == (np.uint8, ())
    assert (scan.height, scan.width) == pixels.shape
    assert scan.name == "slice.xyz"


def test_facts_about_the_file(tmp_path: Path) -> None:
    data = encode(gradient(), "PNG")
    path = tmp_path / "wrong.suffix.jpg"
    path.write_bytes(data)
    scan = read_scan(path)
    assert (scan.name, scan.format, scan.mode) == ("wrong.suffix.jpg", "PNG", "L")
    assert scan.sha256 == hashlib.sha256(data).hexdigest()
    assert read_scan(str(path)).sha256 == scan.sha256
    assert read_scan(data).name == "unnamed"
    assert read_scan(data, name="C:\\scans\\a.png").name == "a.png"
    with pytest.raises(ValueError, match="read-only"):
        scan.pixels[0, 0] = 1


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_equal_pillow(kind: str, quality: int) -> None:
    data = encode(smooth_rgb(), kind, quality=quality)
    scan = read_scan(data)
    reference = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.abs(scan.pixels - exact_luma(reference)).max() <= 0.51
    grey = encode(gradient(), "JPEG", quality=quality, progressive=True)
    np.testing.assert_array_equal(read_scan(grey).pixels, np.asarray(Image.open(io.BytesIO(grey))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("color", [True, False])
def test_both_decoders_give_the_same_pixels(
    kind: str, color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(smooth_rgb() if color else gradient(), kind)
    fast = read_scan(data)
    monkeypatch.setattr(decoding, "_is_plain", lambda *_: False)
    slow = read_scan(data)
    np.testing.assert_array_equal(fast.pixels, slow.pixels)
    assert (fast.mode, fast.warnings) == (slow.mode, slow.warnings)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_luma_against_exact_arithmetic(dtype: type) -> None:
    rgb = RNG.integers(0, np.iinfo(dtype).max + 1, (64, 64, 3), dtype=dtype)
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


def test_colour_is_announced_and_a_slight_tint_is_not() -> None:
    assert "colour image" in read_scan(encode(smooth_rgb())).warnings[0]
    tinted = np.dstack([gradient()] * 3)
    tinted[..., 0] = np.clip(tinted[..., 0].astype(int) + 12, 0, 255)
    assert read_scan(encode(tinted)).warnings == ()


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


def test_palette_of_greys_and_of_colours() -> None:
    ramp = np.resize(np.arange(256, dtype=np.uint8), (40, 64))
    image = Image.fromarray(ramp, mode="P")
    image.putpalette([255 - value for value in range(256) for _ in range(3)])
    scan = read_scan(encode(image))
    assert (scan.mode, scan.warnings) == ("P", ())
    np.testing.assert_array_equal(scan.pixels, 255 - ramp)
    image.putpalette([255, 0, 0] * 128 + [0, 0, 255] * 128)
    colored = read_scan(encode(image))
    np.testing.assert_array_equal(colored.pixels, np.where(ramp < 128, 76, 29))
    assert "colour" in colored.warnings[0]


def test_palette_with_a_transparent_entry() -> None:
    image = Image.fromarray(np.tile(np.array([0, 1], np.uint8), (40, 20)), mode="P")
    image.putpalette([200, 200, 200, 90, 90, 90])
    scan = read_scan(encode(image, transparency=0))
    np.testing.assert_array_equal(scan.pixels, np.tile(np.array([0, 90]), (40, 20)))
    assert scan.warnings == (decoding.ALPHA_WARNING,)


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


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_with_a_warning(kind: str) -> None:
    ink = np.zeros((40, 50, 4), np.uint8)
    ink[..., 3] = 255 - 128
    scan = read_scan(encode(Image.fromarray(ink, mode="CMYK"), kind))
    assert scan.mode == "CMYK"
    assert decoding.CMYK_WARNING in scan.warnings
    assert np.abs(scan.pixels.astype(int) - 128).max() <= 2


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


def test_16_bit_colour_tiff_is_turned_too() -> None:
    data = cv2.imencode(".tif", DEEP_RGB[..., ::-1])[1].tobytes()
    upright_pixels = read_scan(data).pixels
    exif = Image.Exif()
    exif[0x0112] = 6
    deep_png = raw_png_of(DEEP_RGB, 2, before=png_chunk(b"eXIf", exif.tobytes()[6:]))
    np.testing.assert_array_equal(read_scan(deep_png).pixels, np.rot90(upright_pixels, -1))


def test_damaged_exif_is_a_warning_not_an_error() -> None:
    data = raw_png_of(gradient(), 0, before=png_chunk(b"eXIf", b"garbage, not a TIFF"))
    scan = read_scan(data)
    np.testing.assert_array_equal(scan.pixels, gradient())


def test_first_picture_of_a_phone_jpeg_with_trailing_bytes() -> None:
    data = encode(smooth_rgb(), "JPEG")
    np.testing.assert_array_equal(read_scan(data + b"trailer").pixels, read_scan(data).pixels)


def test_real_slices_equal_pillow(data_dir: Path) -> None:
    files = sorted((data_dir / "brain-mri" / "images").rglob("*.webp"))[::400]
    files += sorted((data_dir / "healthy-oasis").glob("*.jpg"))[::80]
    assert len(files) > 10
    for path in files:
        reference = np.asarray(Image.open(path).convert("RGB"))
        assert np.abs(read_scan(path).pixels - exact_luma(reference)).max() < 1.0


def test_floating_point_colour_tiff() -> None:
    rgb = RNG.random((40, 50, 3), dtype=np.float32)
    scan = read_scan(cv2.imencode(".tif", rgb[..., ::-1])[1].tobytes())
    assert (scan.pixels.dtype, scan.mode) == (np.float32, "RGB;32")
    np.testing.assert_allclose(scan.pixels, exact_luma(rgb), atol=1e-4)
