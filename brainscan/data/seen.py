"""Which images took part in training a model, so that an evaluation can mark them.

A release carries ``seen.npz``: of every training and validation image 16 bytes of the SHA-256
of its file and of its decoded pixels, and a few hundred bits that say which picture it is. The
bits are signs of random projections (Charikar's SimHash) of the detail of the thumbnails that
:mod:`brainscan.data.duplicates` compares: equal bits mean a small angle between the details.
Compressed, resized and brightened copies keep nearly all bits; mirrored ones are found by asking
with the mirrored picture, cropped ones because a few crops are stored and asked for. No picture
is stored, and none of use can be made from so few signs of a blurred 32-pixel thumbnail.

The network's own input was tried first and is worse: its crop to the head moves by a few
percent between copies, which costs more than the crops it undoes.

References
----------
M. Charikar, Similarity estimation techniques from rounding algorithms, STOC 2002.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from brainscan.data.record import Record
from brainscan.data.thumbnails import LENGTH, mirrored, signatures, thumbnails
from brainscan.errors import InputRejected, ModelUnavailable
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan

SEEN = "seen.npz"
"""Name of the file in a release."""

Seen = Literal["identical", "near"]

NEAR_BITS = 0.130
"""Share of different bits up to which two pictures, or two heads, are copies."""

NEAR_BITS_CROPPED = 0.115
"""The same where one is looked for inside the other: fewer bits, more attempts."""

_VERSION = 1
_BITS = 512
_CROP_BITS = 256
_STORED_CROPS = (0.075, 0.125, 0.175, 0.225)
_FINER_CROPS = (0.0, 0.015, 0.03, 0.045)  # of the picture asked about: steps between the stored
_ASKED_CROPS = (0.05, 0.075, 0.10, 0.125, 0.15, 0.175, 0.20, 0.225, 0.25)
_DIGEST = 16
_BLOCK = 512
_CHUNK = 64

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Look:
    """What is kept of a picture to recognise it: two digests and two thumbnails.

    Attributes
    ----------
    file, pixels
        First 16 bytes of the SHA-256 of the file, and of the decoded grey picture (its size,
        dtype and values).
    whole, head
        ``(64, 64)`` uint8, see :func:`brainscan.data.thumbnails.thumbnails`.
    """

    file: bytes
    pixels: bytes
    whole: np.ndarray
    head: np.ndarray

    @classmethod
    def of(cls, scan: Scan) -> Look:
        """Look at a slice."""
        pixels = np.ascontiguousarray(scan.pixels)
        digest = hashlib.sha256(f"{pixels.dtype.str} {pixels.shape}".encode())
        digest.update(pixels.tobytes())
        file = bytes.fromhex(scan.sha256)[:_DIGEST]
        return cls(file, digest.digest()[:_DIGEST], *thumbnails(pixels))


def write_seen(path: Path, records: Sequence[Record], progress: Progress | None = None) -> int:
    """Write ``seen.npz`` from the images a model was trained and validated on.

    Parameters
    ----------
    path
        The file to write; about 290 bytes an image.
    records
        Training and validation records. Files that cannot be read are left out: the network
        has not seen them either.
    progress
        Called with images done and in all.

    Returns
    -------
    int
        Number of images in the file.
    """
    looks: list[Look] = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(records), _CHUNK):
            portion = records[start : start + _CHUNK]
            looks += [look for look in pool.map(_look, portion) if look is not None]
            if progress is not None:
                progress(start + len(portion), len(records))
    stream = io.BytesIO()
    np.savez(stream, **_arrays(looks))  # type: ignore[arg-type]
    path.write_bytes(stream.getvalue())
    return len(looks)


def _look(record: Record) -> Look | None:
    try:
        return Look.of(read_scan(record.path, name=record.name))
    except InputRejected:
        return None


def _digests(values: Sequence[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), _DIGEST)


def _arrays(looks: Sequence[Look]) -> dict[str, np.ndarray]:
    """Return what a release stores: digests, and the packed bits of a few views, all uint8."""
    whole, head = _pictures(looks)
    crops = [_bits(signatures(whole, crop))[:, :_CROP_BITS] for crop in _STORED_CROPS]
    return {
        "version": np.array(_VERSION),
        "file_sha256": _digests([look.file for look in looks]),
        "pixels_sha256": _digests([look.pixels for look in looks]),
        "whole": np.packbits(_bits(signatures(whole)), axis=1),
        "head": np.packbits(_bits(signatures(head)), axis=1),
        "crops": np.packbits(np.stack(crops, axis=1), axis=2),
    }


def _pictures(looks: Sequence[Look]) -> tuple[np.ndarray, np.ndarray]:
    if not looks:
        return np.zeros((0, 64, 64), np.uint8), np.zeros((0, 64, 64), np.uint8)
    return np.stack([look.whole for look in looks]), np.stack([look.head for look in looks])


@lru_cache(maxsize=1)
def _projection() -> np.ndarray:
    """Random directions ``(LENGTH, _BITS)``; NumPy promises that this generator never changes."""
    directions = np.random.RandomState(20_240_229).standard_normal((LENGTH, _BITS))
    return directions.astype(np.float32)


def _bits(vectors: np.ndarray) -> np.ndarray:
    bits: np.ndarray = vectors @ _projection() > 0
    return bits


def _signs(bits: np.ndarray) -> np.ndarray:
    """Return bits as -1 and 1, float32: a dot product then counts the different ones."""
    return bits.astype(np.float32) * 2 - 1


def _unpacked(packed: np.ndarray) -> np.ndarray:
    return _signs(np.unpackbits(packed, axis=-1))


class SeenImages:
    """The images a released model was trained and validated on.

    Parameters
    ----------
    arrays
        Contents of ``seen.npz``.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._file = {bytes(row) for row in arrays["file_sha256"]}
        self._pixels = {bytes(row) for row in arrays["pixels_sha256"]}
        self._whole = _unpacked(arrays["whole"])
        self._head = _unpacked(arrays["head"])
        self._crops = _unpacked(arrays["crops"])

    def __len__(self) -> int:
        return len(self._whole)

    @classmethod
    def load(cls, folder: Path) -> SeenImages | None:
        """Read the file of a release; ``None`` for a release without one.

        Raises
        ------
        ModelUnavailable
            When the file is damaged, or of another version of BrainScan.
        """
        path = Path(folder) / SEEN
        if not path.is_file():
            return None
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if int(arrays["version"]) != _VERSION:
                msg = (
                    f"{SEEN} of the model {path.parent.name} has version {arrays['version']}, "
                    f"but this BrainScan reads version {_VERSION}. Update BrainScan."
                )
                raise ModelUnavailable(msg)
            return cls(arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            msg = (
                f"{SEEN} of the model {path.parent.name} cannot be read ({error}). "
                "Restore the model folder, or release the model again."
            )
            raise ModelUnavailable(msg) from error

    def match(self, looks: Sequence[Look], progress: Progress | None = None) -> list[Seen | None]:
        """Say of every picture whether it, or a near copy of it, took part in training.

        Parameters
        ----------
        looks
            The pictures asked about.
        progress
            Called with pictures done and in all; may raise to stop the work.

        Returns
        -------
        list
            ``"identical"`` for equal bytes or equal decoded pixels, ``"near"`` for the same
            picture compressed, resized, brightened, mirrored or cropped, otherwise ``None``.
        """
        found: list[Seen | None] = []
        for start in range(0, len(looks), _BLOCK):
            part = looks[start : start + _BLOCK]
            near = self.distances(part) <= 0.0
            for look, close in zip(part, near, strict=True):
                same = look.file in self._file or look.pixels in self._pixels
                found.append("identical" if same else "near" if close else None)
            if progress is not None:
                progress(start + len(part), len(looks))
        return found

    def distances(self, looks: Sequence[Look]) -> np.ndarray:
        """Return how far each picture is from a match, ``(n,)`` float32; a copy is at most 0.

        This is the smallest share of different bits over all stored images and all ways of
        matching, less the share allowed.
        """
        whole, head = _pictures(looks)
        best = np.full(len(looks), np.inf, np.float32)
        if not len(self):
            return best

        def ask(vectors: np.ndarray, stored: np.ndarray, bits: int, allowed: float) -> None:
            for asked in (vectors, mirrored(vectors)):
                signs = _signs(_bits(asked)[:, :bits])
                shares = 0.5 - (signs @ stored[:, :bits].T).max(axis=1) / (2 * bits)
                # A picture without detail is like nothing else.
                shares[~asked.any(axis=1)] = np.inf
                np.minimum(best, shares - np.float32(allowed), out=best)

        plain = signatures(whole)
        ask(plain, self._whole, _BITS, NEAR_BITS)
        ask(signatures(head), self._head, _BITS, NEAR_BITS)
        for crop in _FINER_CROPS:
            for number in range(len(_STORED_CROPS)):
                ask(
                    signatures(whole, crop),
                    self._crops[:, number],
                    _CROP_BITS,
                    NEAR_BITS_CROPPED,
                )
        for crop in _ASKED_CROPS:
            ask(signatures(whole, crop), self._whole, _BITS, NEAR_BITS_CROPPED)
        return best


def near_clusters(looks: Sequence[Look]) -> np.ndarray:
    """Number pictures so that near copies, mirrored ones too, share a number.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64: connected components over copies of the whole picture or of the head.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    first, second = [np.arange(len(looks))], [np.arange(len(looks))]
    for pictures in _pictures(looks):
        vectors = signatures(pictures)
        stored = _signs(_bits(vectors))
        stored[~vectors.any(axis=1)] = 0.0
        for asked in (vectors, mirrored(vectors)):
            for start in range(0, len(looks), _BLOCK):
                part = slice(start, start + _BLOCK)
                agree = _signs(_bits(asked[part])) @ stored.T
                row, column = np.nonzero(agree >= (1 - 2 * NEAR_BITS) * _BITS)
                first.append(row + start)
                second.append(column)
    ends = (np.concatenate(first), np.concatenate(second))
    graph = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(len(looks),) * 2)
    numbers: np.ndarray = connected_components(graph, directed=False)[1]
    return numbers.astype(np.int64)
