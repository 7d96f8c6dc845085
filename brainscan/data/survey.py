"""What every file of a dataset is: bytes, pixels, size, format, thumbnails, rim."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.data.look import pixels_digest
from brainscan.data.rim import RIM_LENGTH, rim_features
from brainscan.data.thumbnails import THUMBNAIL, thumbnails
from brainscan.errors import InputRejected
from brainscan.imaging.reading import read_scan

_CHUNK = 64


@dataclass(frozen=True)
class ImageFacts:
    """One readable file.

    Attributes
    ----------
    record
        Its place and labels in the dataset.
    bytes
        Size of the file.
    sha256
        Hex digest of the file.
    pixels_sha256
        Hex digest of the decoded grey picture: its size, dtype and values.
    format, mode
        As :class:`brainscan.imaging.scan.Scan` gives them.
    width, height
        In pixels.
    """

    record: Record
    bytes: int
    sha256: str
    pixels_sha256: str
    format: str
    mode: str
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Survey:
    """The files of a dataset after one pass; about 9 KB an image.

    Attributes
    ----------
    images
        Readable files, in the dataset's order.
    whole, head
        ``(n, THUMBNAIL, THUMBNAIL)`` uint8.
    rim
        ``(n, RIM_LENGTH)`` float32, see :func:`brainscan.data.rim.rim_features`.
    unreadable
        Name and sentence of each file that could not be read.
    """

    images: tuple[ImageFacts, ...]
    whole: np.ndarray
    head: np.ndarray
    rim: np.ndarray
    unreadable: tuple[tuple[str, str], ...]


_Look = tuple[ImageFacts, np.ndarray, np.ndarray, np.ndarray]
_Progress = Callable[[int, int], None]


def survey(dataset: Dataset, progress: _Progress | None = None) -> Survey:
    """Read every file of a dataset once.

    Parameters
    ----------
    dataset
        What to read.
    progress
        Called with files done and in all, from the calling thread; may raise to stop the work.
    """
    images: list[ImageFacts] = []
    unreadable: list[tuple[str, str]] = []
    records = dataset.records
    side = (len(records), THUMBNAIL, THUMBNAIL)
    whole, head = np.empty(side, np.uint8), np.empty(side, np.uint8)
    rim = np.empty((len(records), RIM_LENGTH), np.float32)
    report = progress or _silent
    report(0, len(records))
    # Small portions, so that an interruption waits for a few files, not for all of them.
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(records), _CHUNK):
            for look in pool.map(_look, records[start : start + _CHUNK]):
                if isinstance(look[1], str):
                    unreadable.append((look[0].name, look[1]))
                else:
                    number = len(images)
                    facts, whole[number], head[number], rim[number] = look
                    images.append(facts)
            report(min(start + _CHUNK, len(records)), len(records))
    count = len(images)
    return Survey(tuple(images), whole[:count], head[:count], rim[:count], tuple(unreadable))


def _silent(done: int, total: int) -> None:
    """Report progress to nobody."""


def _look(record: Record) -> _Look | tuple[Record, str]:
    try:
        scan = read_scan(record.path, name=record.name)
    except InputRejected as error:
        return record, str(error)
    pixels = np.ascontiguousarray(scan.pixels)
    facts = ImageFacts(
        record=record,
        bytes=record.path.stat().st_size,
        sha256=scan.sha256,
        pixels_sha256=pixels_digest(pixels).hex(),
        format=scan.format,
        mode=scan.mode,
        width=scan.width,
        height=scan.height,
    )
    return facts, *thumbnails(pixels), rim_features(pixels)
