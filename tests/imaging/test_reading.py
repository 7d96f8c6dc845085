"""Pictures come out with the values that were put in."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging import decoding
from brainscan.imaging.reading import read_scan
from tests.imaging.pictures import encode, exact_luma, gradient, png_chunk, raw_png_of, smooth_rgb


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


def test_colour_is_announced_and_a_slight_tint_is_not() -> None:
    assert "colour image" in read_scan(encode(smooth_rgb())).warnings[0]
    tinted = np.dstack([gradient()] * 3)
    tinted[..., 0] = np.clip(tinted[..., 0].astype(int) + 12, 0, 255)
    assert read_scan(encode(tinted)).warnings == ()


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


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_with_a_warning(kind: str) -> None:
    ink = np.zeros((40, 50, 4), np.uint8)
    ink[..., 3] = 255 - 128
    scan = read_scan(encode(Image.fromarray(ink, mode="CMYK"), kind))
    assert scan.mode == "CMYK"
    assert decoding.CMYK_WARNING in scan.warnings
    assert np.abs(scan.pixels.astype(int) - 128).max() <= 2


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
