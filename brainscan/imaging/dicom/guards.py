"""Guards on a stream of DICOM: no length in it makes a reader use up memory or time."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from pydicom.uid import DeflatedExplicitVRLittleEndian

from brainscan.errors import InputRejected
from brainscan.imaging.limits import ReadLimits, human_bytes
from brainscan.imaging.source import Source

_CHUNK = 1024**2
_MOST_READS = 5_000_000
_FIRST_PIXEL_TAG, _LAST_PIXEL_TAG = 0x7FE00008, 0x7FE00010


class BoundedStream:
    """A stream that a damaged or hostile file cannot use up memory or time with.

    It never allocates for more bytes than the file has, whatever a length says, and ends after
    more reads than any real header needs.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._reads = 0

    def read(self, count: int = -1) -> bytes:
        self._reads += 1
        if self._reads > _MOST_READS:
            raise EOFError
        left = max(0, self._size - self._stream.tell())
        return self._stream.read(left if count < 0 else min(count, left))

    def seek(self, place: int, whence: int = 0) -> int:
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()


def at_pixels(tag: int, vr: str | None, length: int) -> bool:
    """Whether parsing is to end before this element, because it is or follows the pixel data."""
    return tag >= _FIRST_PIXEL_TAG


class BehindPixels:
    """Ends parsing behind the pixel data, where some files carry megabytes of padding."""

    def __init__(self) -> None:
        self._over = False

    def __call__(self, tag: int, vr: str | None, length: int) -> bool:
        if self._over or tag > _LAST_PIXEL_TAG:
            return True
        self._over = tag in (_FIRST_PIXEL_TAG, 0x7FE00009, _LAST_PIXEL_TAG)
        return False


def check_inflated(stream: BinaryIO, source: Source, limits: ReadLimits) -> None:
    """Measure a deflated data set without keeping it; pydicom inflates it in one go.

    Parameters
    ----------
    stream
        The file at its beginning, where it is left again.
    source
        Whose name an error says.
    limits
        Most bytes a data set may inflate to (``max_volume_bytes``).

    Raises
    ------
    InputRejected
        If it inflates to more.
    zlib.error
        If it is damaged.
    """
    deflated = _seek_data_set(stream) == DeflatedExplicitVRLittleEndian
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    while deflated and (chunk := stream.read(_CHUNK)):
        while chunk:
            total += len(inflater.decompress(chunk, _CHUNK))
            chunk = inflater.unconsumed_tail
            if total > limits.max_volume_bytes:
                raise InputRejected(
                    f"{source.name} unpacks to more than {human_bytes(limits.max_volume_bytes)}, "
                    "as a decompression bomb does. Export it again."
                )
    stream.seek(0)


def _seek_data_set(stream: BinaryIO) -> str:
    """Go behind the file meta information; return the transfer syntax it states, or ``""``.

    The meta information is always explicit little endian (PS3.10 section 7.1).
    """
    syntax = ""
    if stream.read(132)[128:] != b"DICM":
        return syntax
    while len(head := stream.read(8)) == 8:
        group, element, kind, length = struct.unpack("<HH2sH", head)
        if group != 2:
            stream.seek(-8, 1)
            break
        if kind in (b"OB", b"UN"):
            length = int.from_bytes(stream.read(4), "little")
        body = stream.read(min(length, _CHUNK))
        if element == 0x10:
            syntax = body.decode("ascii", "replace").strip("\0 ")
    return syntax
