"""Formats are judged by content."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.formats import Format, sniff


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((40, 50), np.uint8)).save(buffer, format=kind)
    return buffer.getvalue()


def _nifti(magic: bytes) -> bytes:
    return (348).to_bytes(4, "little") + bytes(340) + magic + bytes(10)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("PNG", Format.PNG),
        ("JPEG", Format.JPEG),
        ("TIFF", Format.TIFF),
        ("BMP", Format.BMP),
        ("WEBP", Format.WEBP),
        ("GIF", Format.GIF),
        ("PDF", Format.PDF),
        ("JPEG2000", Format.JPEG2000),
    ],
)
def test_files_written_by_pillow(kind: str, expected: Format) -> None:
    assert sniff(_picture(kind)[:4096]) is expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", Format.EMPTY),
        (b"MM\x00*\x00\x00\x00\x08", Format.TIFF),
        (b"II+\x00\x08\x00\x00\x00", Format.TIFF),
        (bytes(128) + b"DICM" + bytes(20), Format.DICOM),
        (b"II*\x00" + bytes(124) + b"DICM", Format.DICOM),
        (_nifti(b"n+1\x00"), Format.NIFTI),
        (_nifti(b"ni1\x00"), Format.NIFTI),
        (b"\x1c\x02\x00\x00n+2\x00\r\n\x1a\n", Format.NIFTI),
        (gzip.compress(_nifti(b"n+1\x00")), Format.NIFTI),
        (gzip.compress(b"something else"), Format.GZIP),
        (b"\x1f\x8b\x08", Format.GZIP),
        (b"PK\x03\x04rest", Format.ZIP),
        (b"PK\x05\x06" + bytes(18), Format.ZIP),
        (b"\x00\x00\x00\x18ftypheic", Format.HEIF),
        (b"file,label\na.png,glioma\n", Format.TEXT),
        ("Müller, Größe\n".encode(), Format.TEXT),
        ("\ufefffile;label".encode(), Format.TEXT),
        (("ä" * 2047 + "xä").encode()[:4096], Format.TEXT),
        (b"BM is how this letter begins, and it is not a bitmap.", Format.TEXT),
        (b"RIFF\x00\x00\x00\x00WAVEfmt \x00", Format.UNKNOWN),
        (bytes(500), Format.UNKNOWN),
        (bytes(range(256)), Format.UNKNOWN),
    ],
)
def test_first_bytes(head: bytes, expected: Format) -> None:
    assert sniff(head) is expected


def test_every_prefix_of_a_png_is_harmless() -> None:
    data = _picture("PNG")
    assert {sniff(data[:n]) for n in range(8, len(data))} == {Format.PNG}
    assert sniff(data[:5]) in (Format.TEXT, Format.UNKNOWN)
