"""Hand-made picture files for the reading tests."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def encode(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the file Pillow writes for an array or image."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def gradient(height: int = 40, width: int = 50) -> np.ndarray:
    """Return an asymmetric uint8 picture whose every rotation and reflection differs."""
    rows, cols = np.mgrid[:height, :width]
    return np.asarray((rows * 5 + cols * 1) % 256, dtype=np.uint8)


def smooth_rgb(seed: int = 0, height: int = 48, width: int = 64) -> np.ndarray:
    """Return a colourful, smooth uint8 picture."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(
    width: int, height: int, bits: int, color: int, rows: bytes, *, before: bytes = b""
) -> bytes:
    """Return a PNG of unfiltered rows; ``before`` holds chunks that precede the pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + before
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def raw_png_of(pixels: np.ndarray, color: int, *, before: bytes = b"") -> bytes:
    """Return an 8 or 16-bit PNG of an array without going through an image library."""
    big_endian = pixels.astype(pixels.dtype.newbyteorder(">"))
    rows = b"".join(b"\x00" + row.tobytes() for row in big_endian)
    bits = pixels.dtype.itemsize * 8
    return raw_png(pixels.shape[1], pixels.shape[0], bits, color, rows, before=before)


def raw_tiff(pixels: np.ndarray, sample_format: int, photometric: int = 1) -> bytes:
    """Return a little-endian, uncompressed, single-strip TIFF of an array."""
    body = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    height, width = pixels.shape[:2]
    samples = 1 if pixels.ndim == 2 else pixels.shape[2]
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, pixels.dtype.itemsize * 8),
        (259, 3, 1, 1),
        (262, 3, 1, photometric),
        (273, 4, 1, 8),
        (277, 3, 1, samples),
        (278, 4, 1, height),
        (279, 4, 1, len(body)),
        (339, 3, 1, sample_format),
    ]
    padded = body + b"\x00" * (len(body) % 2)
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *t) for t in tags)
    start = struct.pack("<2sHI", b"II", 42, 8 + len(padded))
    return start + padded + directory + bytes(4)


def exact_luma(rgb: np.ndarray) -> np.ndarray:
    """BT.601 luma in float64, independent of the code under test."""
    return rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
