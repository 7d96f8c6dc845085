"""Parse DICOM files that may be damaged, hostile or enormous, without giving anything away.

pydicom does the parsing. Around it: lengths are clipped to what the file holds, compressed
data sets are measured before they are inflated, pixel data are not touched unless asked for,
and pydicom's comments, which quote values such as names and dates, are silenced.
"""

from __future__ import annotations

import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, cast

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.uid import UID

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.guards import BehindPixels, BoundedStream, at_pixels, check_inflated
from brainscan.imaging.dicom.tags import HEADER_TAGS, PIXEL_TAGS
from brainscan.imaging.limits import ReadLimits, human_bytes
from brainscan.imaging.source import Source, unreadable

PARSE_ERRORS = (
    InvalidDicomError, BytesLengthException, AttributeError, AssertionError, EOFError, KeyError,
    IndexError, LookupError, NotImplementedError, OverflowError, RecursionError, RuntimeError,
    TypeError, UnicodeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pydicom and the decoders raise on damaged or unusual files."""

# Values of a file must not reach a log or the screen; damage is reported in our own words.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def parse_dicom(
    source: Source, limits: ReadLimits, *, pixels: bool, more: Sequence[int] = ()
) -> FileDataset:
    """Return the data elements that BrainScan looks at.

    Parameters
    ----------
    source
        The file.
    limits
        Most bytes a deflated data set may inflate to (``max_volume_bytes``).
    pixels
        Whether to read the pixel data too; without, reading stops before them.
    more
        Tags of further elements to read.

    Raises
    ------
    FileUnreadable
        If the file cannot be read from disk.
    InputRejected
        If it cannot be parsed as DICOM.
    """
    who = source.name
    try:
        with source.open() as stream:
            check_inflated(stream, source, limits)
            dataset = read_partial(
                cast(BinaryIO, BoundedStream(stream, source.size)),
                stop_when=BehindPixels() if pixels else at_pixels,
                force=True,
                specific_tags=[*HEADER_TAGS, *(PIXEL_TAGS if pixels else ()), *more],
            )
            if not len(dataset):
                raise InvalidDicomError
            return dataset
    except MemoryError:
        raise InputRejected(
            f"{who} needs more memory than this machine has free. Export it at a smaller size."
        ) from None
    except OSError as error:
        raise unreadable(source, error) from error
    except PARSE_ERRORS:
        # Not chained: the parser's own message may quote the patient's name.
        what = (
            "its pixel data end early or are damaged" if pixels else "it is damaged or ends early"
        )
        raise InputRejected(
            f"{who} looks like a DICOM file but cannot be read: {what}. Copy or export it again."
        ) from None


def parse_whole(source: Source, limits: ReadLimits) -> FileDataset:
    """Return every data element of a file, for a copy of it.

    Parameters
    ----------
    source
        The file.
    limits
        Largest file, and most bytes a deflated data set may inflate to (``max_volume_bytes``).

    Raises
    ------
    FileUnreadable
        If the file cannot be read from disk.
    InputRejected
        If it cannot be parsed as DICOM, is too large or ends early.
    """
    who = source.name
    if source.size > limits.max_volume_bytes:
        raise InputRejected(
            f"{who} is {human_bytes(source.size)} large; the limit is "
            f"{human_bytes(limits.max_volume_bytes)}. Choose a smaller file."
        )
    try:
        with source.open() as stream:
            check_inflated(stream, source, limits)
            dataset = pydicom.dcmread(
                cast(BinaryIO, BoundedStream(stream, source.size)), force=True
            )
            if not len(dataset) or _ends_early(dataset):
                raise EOFError
            return dataset
    except MemoryError:
        raise InputRejected(
            f"{who} needs more memory than this machine has free. Close other programs."
        ) from None
    except OSError as error:
        raise unreadable(source, error) from error
    except PARSE_ERRORS:
        raise InputRejected(
            f"{who} looks like a DICOM file but cannot be read: it is damaged or ends early. "
            "Copy or export it again."
        ) from None


def _ends_early(dataset: FileDataset) -> bool:
    """Whether uncompressed pixel data are shorter than the header says."""
    if "PixelData" not in dataset or transfer_syntax(dataset).is_compressed:
        return False
    bits = number(dataset, "BitsAllocated") or 0
    shape = (number(dataset, word) or 1 for word in ("Rows", "Columns", "NumberOfFrames"))
    pixels = math.prod(shape) * (number(dataset, "SamplesPerPixel") or 1)
    if text(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        pixels *= 2 / 3
    return len(dataset["PixelData"].value or b"") < pixels * bits / 8


def transfer_syntax(dataset: FileDataset) -> UID:
    """Return the transfer syntax, worked out from the encoding where the file does not say."""
    meta = getattr(dataset, "file_meta", None)
    stated = meta.get("TransferSyntaxUID") if meta is not None else None
    if stated:
        return UID(str(stated))
    implicit, little = dataset.original_encoding
    if not little:
        return pydicom.uid.ExplicitVRBigEndian
    return pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian


def value(dataset: Dataset, keyword: str) -> Any:
    """Return an element's value, or ``None`` when it is missing, empty or cannot be decoded."""
    try:
        found = dataset.get(keyword)
    except PARSE_ERRORS:
        return None
    return None if found is None or found == "" else found


def text(dataset: Dataset, keyword: str) -> str:
    """Return an element as printable text; several values joined by a space; ``""`` if none."""
    found = value(dataset, keyword)
    if found is None:
        return ""
    try:
        parts = (
            [str(part) for part in found]
            if isinstance(found, Iterable)
            and not isinstance(found, (str, bytes))
            and not hasattr(found, "family_name")
            else [str(found)]
        )
    except PARSE_ERRORS:
        return ""
    return "".join(char for char in " ".join(parts) if char.isprintable()).strip()


def words(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return a multi-valued text element in capitals, for example Image Type."""
    found = value(dataset, keyword)
    if found is None:
        return ()
    parts = [found] if isinstance(found, str) else found
    try:
        return tuple(str(part).strip().upper() for part in parts)
    except PARSE_ERRORS:
        return ()


def numbers(dataset: Dataset, keyword: str, count: int | None = None) -> tuple[float, ...]:
    """Return a numeric element's finite values; empty when missing or of another count."""
    found = value(dataset, keyword)
    if found is None:
        return ()
    try:
        several = isinstance(found, Iterable) and not isinstance(found, (str, bytes))
        result = tuple(float(part) for part in (found if several else [found]))
    except PARSE_ERRORS:
        return ()
    if not np.isfinite(result).all() or (count is not None and len(result) != count):
        return ()
    return result


def number(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of a numeric element, or ``None``."""
    found = numbers(dataset, keyword)
    return found[0] if found else None


def items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    """Return the items of a sequence element; none where a damaged file has something else."""
    found = value(dataset, keyword)
    try:
        several = tuple(found) if isinstance(found, Sequence) else ()
    except PARSE_ERRORS:
        return ()
    return tuple(one for one in several if isinstance(one, Dataset))


def item(dataset: Dataset, keyword: str) -> Dataset | None:
    """Return the first item of a sequence element, or ``None``."""
    found = items(dataset, keyword)
    return found[0] if found else None
