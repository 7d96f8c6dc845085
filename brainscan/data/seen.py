"""Which images took part in training a model, so that an evaluation can mark them.

A release carries ``seen.npz``: of every training and validation image 16 bytes of the SHA-256
of its file and of its decoded pixels, and a few hundred bits that say which picture it is. The
bits are signs of random projections (Charikar's SimHash) of the detail of the thumbnails that
:mod:`brainscan.data.duplicates` compares: equal bits mean a small angle between the details.
Compressed, resized and brightened copies keep nearly all bits; mirrored and turned ones are found
by asking with the mirrored and the turned picture, cropped ones because a few crops are stored and
asked for. No picture is stored, only signs of mixtures of a 32-pixel thumbnail's detail.

The network's own input was tried first and is worse: its crop to the head moves by a few
percent between copies, which costs more than the crops it undoes.

The limits were chosen on folds 1 to 3 of the development sets, and the figures that follow were
counted on the same images, so they flatter a little; crops were centred. Of 1,736 pairs of copies
that :mod:`brainscan.data.duplicates` finds among 1,269 web images, the bits find 98 %. Of 160
images, all are found again as JPEG of quality 40, at half the size, mirrored, with gamma 0.7 and
1.5, and framed; of 100 images mirrored and cropped by 4 to 20 %, 99 %. Turned by 2 degrees about 84
% are found, by 5 degrees 10 %. Asked for an image of another patient, of 2,829 slices of `lgg` 2
match (0.07 %), of 1,787 of figshare 6 (0.3 %; its patients are known by fold only), upright and
mirrored; the turned pictures add none on the 807 `lgg` slices of fold 4.

References
----------
M. Charikar, Similarity estimation techniques from rounding algorithms, STOC 2002.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np

from brainscan.data.look import BITS, DIGEST, NEAR_BITS, Look, pictures_of, signs, simhash, unpacked
from brainscan.data.record import Record
from brainscan.data.thumbnails import mirrored, signatures, turned
from brainscan.errors import InputRejected, ModelUnavailable
from brainscan.imaging.reading import read_scan

SEEN = "seen.npz"
"""Name of the file in a release."""

Seen = Literal["identical", "near"]

NEAR_BITS_CROPPED = 0.105
"""Share of different bits up to which one is a crop of the other: fewer bits, more attempts."""

_VERSION = 1
_CROP_BITS = 256
_STORED_CROPS = (0.075, 0.125, 0.175, 0.225)
_FINER_CROPS = (0.0, 0.015, 0.03, 0.045)  # of the picture asked about: steps between the stored
_ASKED_CROPS = (0.05, 0.075, 0.10, 0.125, 0.15, 0.175, 0.20, 0.225, 0.25)
_BLOCK = 512
_CHUNK = 64

Progress = Callable[[int, int], None]


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
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), DIGEST)


def _arrays(looks: Sequence[Look]) -> dict[str, np.ndarray]:
    """Return what a release stores: digests, and the packed bits of a few views, all uint8."""
    whole, head = pictures_of(looks)
    crops = [simhash(signatures(whole, crop))[:, :_CROP_BITS] for crop in _STORED_CROPS]
    return {
        "version": np.array(_VERSION),
        "file_sha256": _digests([look.file for look in looks]),
        "pixels_sha256": _digests([look.pixels for look in looks]),
        "whole": np.packbits(simhash(signatures(whole)), axis=1),
        "head": np.packbits(simhash(signatures(head)), axis=1),
        "crops": np.packbits(np.stack(crops, axis=1), axis=2),
    }


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
        self._whole = unpacked(arrays["whole"])
        self._head = unpacked(arrays["head"])
        self._crops = unpacked(arrays["crops"])

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
            picture compressed, resized, brightened, mirrored, cropped or turned (by quarter
            turns, upside down), otherwise ``None``.
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
        whole, head = pictures_of(looks)
        best = np.full(len(looks), np.inf, np.float32)
        if not len(self):
            return best

        def ask(
            vectors: np.ndarray,
            stored: np.ndarray,
            bits: int,
            allowed: float,
            *more: np.ndarray,
        ) -> None:
            for asked in (vectors, mirrored(vectors), *more):
                answer = signs(simhash(asked)[:, :bits])
                shares = 0.5 - (answer @ stored[:, :bits].T).max(axis=1) / (2 * bits)
                # A picture without detail is like nothing else.
                shares[~asked.any(axis=1)] = np.inf
                np.minimum(best, shares - np.float32(allowed), out=best)

        for pictures, stored in ((whole, self._whole), (head, self._head)):
            vectors = signatures(pictures)
            ask(vectors, stored, BITS, NEAR_BITS, *turned(vectors))
        for crop in _FINER_CROPS:
            for number in range(len(_STORED_CROPS)):
                ask(
                    signatures(whole, crop),
                    self._crops[:, number],
                    _CROP_BITS,
                    NEAR_BITS_CROPPED,
                )
        for crop in _ASKED_CROPS:
            ask(signatures(whole, crop), self._whole, BITS, NEAR_BITS_CROPPED)
        return best
