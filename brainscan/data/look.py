"""How a picture looks in a few hundred bits, by which copies are recognised.

The bits are signs of random projections (Charikar's SimHash) of the detail of a thumbnail, see
:mod:`brainscan.data.thumbnails`: the share of different bits is the angle between two details
in units of 180 degrees.

References
----------
M. Charikar, Similarity estimation techniques from rounding algorithms, STOC 2002.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from brainscan.data.thumbnails import LENGTH, mirrored, signatures, thumbnails, turned
from brainscan.imaging.scan import Scan

BITS = 512
"""Bits of one view of a picture."""

DIGEST = 16
"""Bytes kept of a SHA-256."""

NEAR_BITS = 0.130
"""Share of different bits up to which two pictures, or two heads, are copies."""

_BLOCK = 512


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
        file = bytes.fromhex(scan.sha256)[:DIGEST]
        return cls(file, pixels_digest(pixels)[:DIGEST], *thumbnails(pixels))


def pixels_digest(pixels: np.ndarray) -> bytes:
    """Return the SHA-256 of a decoded grey picture ``(h, w)``: its dtype, size and values."""
    digest = hashlib.sha256(f"{pixels.dtype.str} {pixels.shape}".encode())
    digest.update(pixels.tobytes())
    return digest.digest()


def pictures_of(looks: Sequence[Look]) -> tuple[np.ndarray, np.ndarray]:
    """Return the thumbnails of whole slices and of heads, each ``(n, 64, 64)`` uint8."""
    if not looks:
        return np.zeros((0, 64, 64), np.uint8), np.zeros((0, 64, 64), np.uint8)
    return np.stack([look.whole for look in looks]), np.stack([look.head for look in looks])


@lru_cache(maxsize=1)
def _projection() -> np.ndarray:
    """Random directions ``(LENGTH, BITS)``; NumPy promises that this generator never changes."""
    directions = np.random.RandomState(20_240_229).standard_normal((LENGTH, BITS))
    return directions.astype(np.float32)


def simhash(vectors: np.ndarray) -> np.ndarray:
    """Return the bits of signatures: ``(n, LENGTH)`` float32 to ``(n, BITS)`` bool."""
    bits: np.ndarray = vectors @ _projection() > 0
    return bits


def signs(bits: np.ndarray) -> np.ndarray:
    """Return bits as -1 and 1, float32: a dot product then counts the different ones."""
    return bits.astype(np.float32) * 2 - 1


def unpacked(packed: np.ndarray) -> np.ndarray:
    """Return bits packed in bytes as -1 and 1, float32."""
    return signs(np.unpackbits(packed, axis=-1))


def near_clusters(looks: Sequence[Look]) -> np.ndarray:
    """Number pictures so that near copies, mirrored and turned ones too, share a number.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64: connected components over copies of the whole picture or of the head.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    first, second = [np.arange(len(looks))], [np.arange(len(looks))]
    for pictures in pictures_of(looks):
        vectors = signatures(pictures)
        stored = signs(simhash(vectors))
        stored[~vectors.any(axis=1)] = 0.0
        for asked in (vectors, mirrored(vectors), *turned(vectors)):
            for start in range(0, len(looks), _BLOCK):
                part = slice(start, start + _BLOCK)
                agree = signs(simhash(asked[part])) @ stored.T
                row, column = np.nonzero(agree >= (1 - 2 * NEAR_BITS) * BITS)
                first.append(row + start)
                second.append(column)
    ends = (np.concatenate(first), np.concatenate(second))
    graph = coo_matrix((np.ones(len(ends[0]), np.int8), ends), shape=(len(looks),) * 2)
    numbers: np.ndarray = connected_components(graph, directed=False)[1]
    return numbers.astype(np.int64)
