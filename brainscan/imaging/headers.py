"""What a picture's header says, before a single pixel is decoded.

Pillow's format classes are opened directly instead of through ``Image.open``: the format is
known from the bytes, no other decoder is ever tried, and the size can be judged by our own
limits before Pillow allocates anything.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from brainscan.imaging.formats import Format

HEADER_ERRORS = (SyntaxError, OSError, ValueError, EOFError, struct.error, KeyError, TypeError)
"""What the header parsers raise on damaged or unusual files."""

_ORIENTATION = 0x0112
_DEFLATE_LIMIT = 1032

# Damaged TIFF tags make Pillow warn on stderr as well as fail; the failure is reported.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")


class EndsEarly(Exception):
    """The header points behind the end of the file."""


@dataclass(frozen=True)
class Header:
    """Facts from the header.

    Attributes
    ----------
    width, height
        Size in pixels as stored, before any rotation.
    bits
        Bits of one sample.
    samples
        Samples a pixel (channels).
    real
        Whether samples are floating-point numbers.
    inverted
        Whether small values are stored for white (TIFF PhotometricInterpretation 0).
    """

    width: int
    height: int
    bits: int = 8
    samples: int = 1
    real: bool = False
    inverted: bool = False

    @property
    def deep(self) -> bool:
        """Whether Pillow would lose precision: colour beyond 8 bits, or 64-bit samples."""
        return (self.bits > 8 and self.samples > 1) or self.bits > 32


def read_header(data: bytes, kind: Format) -> Header | None:
    """Return the header of a PNG, TIFF or WebP file; ``None`` for the other formats.

    These three can declare more than Pillow's own header reading should be trusted with: PNG
    and TIFF depths that Pillow reduces or refuses, WebP sizes for which its decoder allocates
    memory at once.

    Raises
    ------
    EndsEarly
        If the header is not all there.
    """
    if kind is Format.PNG:
        return _png_header(data)
    if kind is Format.WEBP:
        return _webp_header(data)
    return _tiff_header(data) if kind is Format.TIFF else None


def lacks_pixels(header: Header, data: bytes, kind: Format) -> bool:
    """Whether a PNG is too short to hold the pixels it declares, however well they compress.

    Saves allocating gigabytes for a damaged or forged size. Deflate never exceeds a ratio
    of 1032 (RFC 1951: 258 bytes for two bits).
    """
    declared = header.height * ((header.width * header.bits * header.samples + 7) // 8)
    return kind is Format.PNG and declared > _DEFLATE_LIMIT * len(data)


def _png_header(data: bytes) -> Header:
    if len(data) < 33:
        raise EndsEarly
    width, height, bits, color = struct.unpack(">IIBB", data[16:26])
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(color, 1)
    return Header(width, height, bits, samples)


def _webp_header(data: bytes) -> Header:
    if len(data) < 30 or int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise EndsEarly
    chunk = data[12:16]
    if chunk == b"VP8X":
        samples = 4 if data[20] & 0x10 else 3
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return Header(width, height, samples=samples)
    if chunk == b"VP8L":
        packed = int.from_bytes(data[21:25], "little")
        samples = 4 if packed >> 28 & 1 else 3
        return Header(1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF), samples=samples)
    width, height = struct.unpack("<HH", data[26:30])
    return Header(width & 0x3FFF, height & 0x3FFF, samples=3)


def _tiff_header(data: bytes) -> Header:
    stream = io.BytesIO(data)
    start = stream.read(8)
    if start[2] == 43 or start[3] == 43:
        start += stream.read(8)
    try:
        tags = ImageFileDirectory_v2(start)
        if tags.next >= len(data):
            raise EndsEarly
        stream.seek(tags.next)
        tags.load(stream)
        width, height = int(tags[256]), int(tags[257])
    except (KeyError, struct.error, EOFError) as error:
        raise EndsEarly from error
    bits = tags.get(258, (1,))
    form = tags.get(339, (1,))
    return Header(
        width,
        height,
        bits=int(max(bits)),
        samples=int(tags.get(277, len(bits))),
        real=3 in form,
        inverted=tags.get(262) == 0,
    )


def open_lazily(data: bytes, kind: Format) -> Image.Image:
    """Return the picture as a Pillow image whose pixels are not decoded yet.

    Raises
    ------
    One of HEADER_ERRORS
        If the file is damaged or of a kind Pillow does not read.
    """
    stream = io.BytesIO(data)
    if kind is Format.PNG:
        return PngImagePlugin.PngImageFile(stream)
    if kind is Format.JPEG:
        return JpegImagePlugin.JpegImageFile(stream)
    if kind is Format.WEBP:
        return WebPImagePlugin.WebPImageFile(stream)
    if kind is Format.BMP:
        return BmpImagePlugin.BmpImageFile(stream)
    return TiffImageFile(stream)


def orientation(image: Image.Image, data: bytes, kind: Format) -> int:
    """Return the EXIF orientation, 1 to 8; 1 when the file states none.

    TIFF is left to Pillow, which turns the picture while decoding. A PNG is only asked when it
    has an EXIF chunk: Pillow would decode the whole file to look for one behind the pixels.

    Raises
    ------
    One of HEADER_ERRORS
        If the EXIF block is damaged.
    """
    if kind in (Format.TIFF, Format.BMP):
        return 1
    if kind is Format.PNG and not (b"eXIf" in data or b"Raw profile type exif" in data):
        return 1
    if kind is not Format.PNG and "exif" not in image.info:
        return 1
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
