"""Whatever cannot be read gets a sentence: what was wrong, what was found, what to do."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.errors import InputRejected
from brainscan.imaging.limits import ReadLimits, human_bytes
from brainscan.imaging.reading import read_scan
from tests.imaging.pictures import encode, gradient, png_chunk, raw_png, raw_tiff, smooth_rgb

# Pillow comments on damaged TIFF tags; brainscan.imaging.headers silences that outside of pytest.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")


def refusal(data: bytes | Path, name: str | None = "slice.png", **options: ReadLimits) -> str:
    """Return the sentence with which a file is refused; it must read like one."""
    with pytest.raises(InputRejected) as caught:
        read_scan(data, name=name, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert message.count(".") >= 2 or "choose" in message.lower()
    return message


def test_empty_file() -> None:
    assert refusal(b"") == "slice.png is empty (0 bytes). Copy or export the image again."
    assert refusal(b"", name=None).startswith("The file is empty")


def test_text_renamed_to_jpg(tmp_path: Path) -> None:
    path = tmp_path / "note.jpg"
    path.write_text("Dear colleague, please find the images attached.\n")
    assert refusal(path, None).startswith("note.jpg contains text, not an image.")


def test_other_formats_are_named_with_a_remedy() -> None:
    dicom = bytes(128) + b"DICM" + bytes(200)
    nifti = (348).to_bytes(4, "little") + bytes(340) + b"n+1\x00" + bytes(100)
    assert "DICOM" in refusal(dicom)
    assert "NIfTI" in refusal(nifti) and "export the slice as PNG" in refusal(nifti)
    assert "ZIP archive" in refusal(b"PK\x03\x04" + bytes(40))
    assert "PDF" in refusal(b"%PDF-1.7\n")
    assert "HEIF" in refusal(b"\x00\x00\x00\x18ftypheic" + bytes(40))
    assert "not in a format that is known" in refusal(bytes(range(256)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.97])
def test_truncated_files_end_early(kind: str, share: float) -> None:
    data = encode(smooth_rgb(), kind)
    assert "ends early" in refusal(data[: max(20, int(len(data) * share))])


def test_truncated_jpeg_with_an_intact_thumbnail_inside() -> None:
    thumbnail = encode(gradient(), "JPEG")
    segment = b"Exif\x00\x00" + thumbnail
    data = encode(smooth_rgb(), "JPEG")
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    assert read_scan(data).pixels.shape == (48, 64)
    assert "ends early" in refusal(data[: int(len(data) * 0.9)])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_truncated_compressed_tiff(compression: str) -> None:
    data = encode(smooth_rgb(), "TIFF", compression=compression)
    assert "slice.png" in refusal(data[: len(data) // 2])


def test_damaged_pixels_of_a_png() -> None:
    data = bytearray(encode(gradient()))
    middle = data.index(b"IDAT") + 24
    data[middle] ^= 0xFF
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_random_damage_never_escapes_as_another_error(kind: str) -> None:
    original = encode(smooth_rgb(), kind)
    rng = np.random.default_rng(11)
    for _ in range(80):
        data = bytearray(original)
        for position in rng.integers(8, min(len(data), 400), 3):
            data[position] = int(rng.integers(256))
        try:
            scan = read_scan(bytes(data), name="damaged.png")
        except InputRejected as error:
            assert str(error).startswith("damaged.png ")
        else:
            assert scan.pixels.ndim == 2


def test_decompression_bomb_is_refused_from_its_header() -> None:
    bomb = raw_png(30_000, 30_000, 8, 0, bytes(1000))
    tracemalloc.start()
    message = refusal(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "30,000 x 30,000 pixels (900 million); the limit is 64 million" in message
    assert peak < 2_000_000


def test_other_formats_declare_their_size_too() -> None:
    webp = bytearray(encode(smooth_rgb(), "WEBP"))
    webp[26:30] = struct.pack("<HH", 16_383, 16_383)
    assert "16,383 x 16,383" in refusal(bytes(webp))
    bmp = bytearray(encode(smooth_rgb(), "BMP"))
    bmp[18:26] = struct.pack("<ii", 40_000, -40_000)
    assert "40,000 x 40,000" in refusal(bytes(bmp))
    jpeg = bytearray(encode(smooth_rgb(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 50_000, 60_000)
    assert "60,000 x 50,000" in refusal(bytes(jpeg))
    tiff = raw_tiff(gradient(), 1).replace(
        struct.pack("<HHII", 256, 4, 1, 50), struct.pack("<HHII", 256, 4, 1, 5_000_000)
    )
    assert "5,000,000 x 40" in refusal(tiff)


def test_compressed_text_bomb_in_a_png() -> None:
    text = b"Comment\x00\x00" + zlib.compress(bytes(80_000_000), 9)
    rows = b"".join(b"\x00" + row.tobytes() for row in gradient())
    data = raw_png(50, 40, 8, 0, rows, before=png_chunk(b"zTXt", text))
    assert "damaged or of a rare kind" in refusal(data)


@pytest.mark.parametrize("size", [(1, 1), (31, 200), (200, 31)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    message = refusal(encode(np.zeros(size, np.uint8)))
    assert f"only {size[1]} x {size[0]} pixels" in message
    assert "at least 32 pixels" in message
    assert read_scan(encode(np.zeros((32, 32), np.uint8))).pixels.shape == (32, 32)


def test_limits_are_stated() -> None:
    data = encode(gradient())
    limits = ReadLimits(max_bytes=50)
    assert "the limit is 50 bytes" in refusal(data, limits=limits)
    assert "the limit is 0 million" in refusal(data, limits=ReadLimits(max_pixels=1000))


def test_file_size_is_judged_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as stream:
        stream.truncate(5 * 1024**3)
    assert "5.0 GB large; the limit is 200 MB" in refusal(path, None)


def test_animations_and_pages() -> None:
    frames = [Image.fromarray(np.roll(gradient(), 5 * k, 0)) for k in range(3)]
    rest = frames[1:]
    assert "is a GIF" in refusal(encode(frames[0], "GIF", save_all=True, append_images=rest))
    assert "is a GIF" in refusal(encode(frames[0], "GIF"))
    for kind, noun in (
        ("WEBP", "animation frames"),
        ("PNG", "animation frames"),
        ("TIFF", "pages"),
    ):
        message = refusal(encode(frames[0], kind, save_all=True, append_images=rest))
        assert f"has 3 {noun}; one slice is read at a time" in message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_that_are_not_finite_are_counted(dtype: type) -> None:
    values = np.ones((40, 50), dtype)
    values[3, :5] = np.nan
    values[4, 0] = np.inf
    assert "has 6 of 2,000 pixels that are not finite" in refusal(raw_tiff(values, 3))


def test_double_beyond_single_precision() -> None:
    values = np.ones((40, 50), np.float64)
    values[0, 0] = 1e300
    assert "has 1 of 2,000 pixels" in refusal(raw_tiff(values, 3))


def test_pixels_of_an_unsupported_kind_are_named() -> None:
    floating_rgba = np.ones((40, 50, 4), np.float32)
    data = cv2.imencode(".tif", floating_rgba)[1].tobytes()
    assert "a TIFF file with" in refusal(data)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path, None)
    assert "does not exist" in refusal(tmp_path / "missing.png", None)
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert "device or pipe" in refusal(pipe, None)
    assert "cannot be opened" in refusal(tmp_path / ("x" * 300), None)


def test_human_bytes() -> None:
    shown = [human_bytes(n) for n in (0, 1023, 1024, 1_600_000, 200 * 1024**2, 10 * 1024**3)]
    assert shown == ["0 bytes", "1,023 bytes", "1.0 KB", "1.5 MB", "200 MB", "10.0 GB"]


def test_what_must_be_refused_of_the_real_files(data_dir: Path) -> None:
    for path in sorted((data_dir / "nifti").rglob("*.nii.gz"))[:3]:
        assert "is a NIfTI volume" in refusal(path, None)
    for path in sorted((data_dir / "dicom" / "malformed").iterdir()):
        assert path.name in refusal(path, None)
