"""Recognise a file by its first bytes; suffixes lie."""

from __future__ import annotations

import struct
import zlib
from enum import StrEnum

HEAD_BYTES = 4096
"""How many leading bytes :func:`sniff` wants to see; fewer are fine for shorter files."""


class Format(StrEnum):
    """What a file is, judged by its content. The value is the name shown to people."""

    PNG = "PNG"
    JPEG = "JPEG"
    TIFF = "TIFF"
    BMP = "BMP"
    WEBP = "WebP"
    GIF = "GIF"
    DICOM = "DICOM"
    NIFTI = "NIfTI"
    ZIP = "ZIP"
    PDF = "PDF"
    GZIP = "gzip"
    HEIF = "HEIF"
    JPEG2000 = "JPEG 2000"
    TEXT = "text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


READABLE = frozenset({Format.PNG, Format.JPEG, Format.TIFF, Format.BMP, Format.WEBP})
"""The formats :func:`brainscan.imaging.reading.read_scan` decodes."""

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00", Format.TIFF),
    (b"MM\x00+", Format.TIFF),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"PK\x07\x08", Format.ZIP),
    (b"%PDF-", Format.PDF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Format.JPEG2000),
    (b"\xff\x4f\xff\x51", Format.JPEG2000),
)
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_NIFTI1 = {b"n+1\x00", b"ni1\x00"}
_NIFTI2 = {b"n+2\x00", b"ni2\x00"}


def sniff(head: bytes) -> Format:
    """Return the format of a file from its first bytes.

    Parameters
    ----------
    head
        The first :data:`HEAD_BYTES` bytes of the file, or all of it when it is shorter.

    Returns
    -------
    Format
        ``Format.UNKNOWN`` when nothing fits. A DICOM file is recognised by ``DICM`` at byte
        128 (PS3.10 section 7.1) even when its preamble imitates a TIFF, and without a preamble
        by data elements of group 0002 or 0008 at its start; NIfTI by its magic at byte 344
        (NIfTI-1) or 4 (NIfTI-2), also inside gzip.
    """
    if not head:
        return Format.EMPTY
    if head[128:132] == b"DICM":
        return Format.DICOM
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return Format.BMP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return Format.HEIF
    if _is_nifti(head):
        return Format.NIFTI
    if _is_bare_dicom(head):
        return Format.DICOM
    if head[:2] == b"\x1f\x8b":
        return Format.NIFTI if _is_nifti(_inflate(head)) else Format.GZIP
    return Format.TEXT if _is_text(head) else Format.UNKNOWN


def _is_bare_dicom(head: bytes) -> bool:
    """Whether a file without preamble starts with two data elements of group 0002 or 0008.

    Two, so that a chance match of one tag in another binary format is not enough.
    """
    for order, first in (("<", b"\x02\x00"), ("<", b"\x08\x00"), (">", b"\x00\x08")):
        if not head.startswith(first):
            continue
        group, element, vr, short = struct.unpack(f"{order}HH2sH", head[:8].ljust(8))
        long = int.from_bytes(head[4:8], "little")
        explicit = vr.isalpha() and vr.isupper()
        size = 8 + (short if explicit else long)
        if vr in (b"OB", b"UN", b"SQ"):
            size = 12 + int.from_bytes(head[8:12], "little" if order == "<" else "big")
        following = head[size : size + 4].ljust(4)
        next_group, next_element = struct.unpack(f"{order}HH", following)
        known = next_group in (2, 8, 16) and (next_group, next_element) > (group, element)
        if element <= 0x18 and known:
            return True
    return False


def _is_nifti(head: bytes) -> bool:
    return head[344:348] in _NIFTI1 or head[4:8] in _NIFTI2


def _inflate(head: bytes) -> bytes:
    """Return the first bytes inside a gzip stream, or nothing when the stream is damaged."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 512)
    except zlib.error:
        return b""


def _is_text(head: bytes) -> bool:
    """Whether the bytes read as UTF-8 or UTF-16 text without control characters."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(char.isprintable() or char in "\t\r\n\f\ufeff" for char in text)
