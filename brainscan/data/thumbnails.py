"""Small pictures of a slice, and the signatures by which copies are recognised.

A copy is found by the normalised correlation of the *detail* of two thumbnails: what is left
after a Gaussian blur is taken away. The bright head on a dark ground, which all slices share,
is then gone; what counts is where the edges run. The text of
:mod:`brainscan.data.duplicates` gives the measurements behind the constants here.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

THUMBNAIL = 64
"""Side of the stored thumbnails in pixels."""

SIDE = 32
"""Side of the grid on which signatures are compared, in pixels."""

LENGTH = SIDE * SIDE
"""Values of one signature."""

TURNS = 6
"""Ways to turn or flip a picture beside mirroring it left to right."""

_BLUR = 1.5  # standard deviation in pixels of the signature's grid
_FRAME_CONTRAST = 16  # grey levels: an outer line with less is frame or air
_HEAD = 0.3  # share of the robust maximum from which a pixel belongs to the head
_LINE_SHARE = 0.03  # a row or column crosses the head when this share of it is bright
_LEAST = 16  # pixels: nothing smaller is cut out


def thumbnails(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return thumbnails of the whole slice and of the head alone.

    Both are stretched to a square, so that copies resized without keeping the aspect are
    recognised. Sixteen-bit and float slices are scaled between their extremes.

    Parameters
    ----------
    pixels
        ``(height, width)`` array of any real dtype; finite. Not modified.

    Returns
    -------
    whole, head
        ``(THUMBNAIL, THUMBNAIL)`` uint8 each.
    """
    gray = pixels if pixels.dtype == np.uint8 else _to_bytes(pixels)
    return _shrink(gray), _shrink(_head(_without_frame(gray)))


def signatures(pictures: np.ndarray, crop: float = 0.0) -> np.ndarray:
    """Return unit vectors whose dot product is the correlation of detail.

    Parameters
    ----------
    pictures
        ``(n, THUMBNAIL, THUMBNAIL)`` uint8.
    crop
        Share of height and of width that is cut away, half on either side, in [0, 1).

    Returns
    -------
    numpy.ndarray
        ``(n, LENGTH)`` float32 with mean zero and norm one; all zero for a picture without
        detail, which is then like nothing else.
    """
    sample = _sampling(crop)
    small = sample @ pictures.astype(np.float32) @ sample.T
    blur = _blurring()
    detail = (small - blur @ small @ blur.T).reshape(len(pictures), LENGTH)
    detail -= detail.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(detail, axis=1, keepdims=True)
    unit: np.ndarray = np.where(norm > SIDE * 0.1, detail / np.maximum(norm, 1e-6), 0.0)
    return unit.astype(np.float32)


def mirrored(vectors: np.ndarray) -> np.ndarray:
    """Return the signatures of the left-right mirrored pictures: ``(n, LENGTH)``."""
    return vectors.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(-1, LENGTH)


def turned(vectors: np.ndarray) -> np.ndarray:
    """Return the signatures of the pictures turned and flipped.

    By quarter turns, upside down and along the diagonals: with the picture as it is and its
    left-right mirror image these are all symmetries of a square. Each is turned back by one of
    them.

    Returns
    -------
    numpy.ndarray
        ``(TURNS, n, LENGTH)``.
    """
    grid = vectors.reshape(-1, SIDE, SIDE)
    across = grid.transpose(0, 2, 1)
    ways = (
        grid[:, ::-1],
        grid[:, ::-1, ::-1],
        across,
        across[:, ::-1],
        across[:, :, ::-1],
        across[:, ::-1, ::-1],
    )
    return np.stack([way.reshape(-1, LENGTH) for way in ways])


@lru_cache(maxsize=64)
def _sampling(crop: float) -> np.ndarray:
    """Area-averaging weights ``(SIDE, THUMBNAIL)`` from the kept part to the grid."""
    start = THUMBNAIL * crop / 2
    step = (THUMBNAIL - 2 * start) / SIDE
    low = start + step * np.arange(SIDE)[:, None]
    pixel = np.arange(THUMBNAIL)[None, :]
    overlap = np.minimum(low + step, pixel + 1) - np.maximum(low, pixel)
    return (np.clip(overlap, 0, None) / step).astype(np.float32)


@lru_cache(maxsize=1)
def _blurring() -> np.ndarray:
    """Gaussian weights ``(SIDE, SIDE)``; every row sums to one, also at the rim."""
    distance = np.arange(SIDE)[:, None] - np.arange(SIDE)[None, :]
    weights = np.exp(-0.5 * (distance / _BLUR) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _to_bytes(pixels: np.ndarray) -> np.ndarray:
    values = pixels.astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return np.zeros(pixels.shape, np.uint8)
    return np.rint((values - low) * (255.0 / (high - low))).astype(np.uint8)


def _shrink(gray: np.ndarray) -> np.ndarray:
    small = cv2.resize(
        np.ascontiguousarray(gray), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA
    )
    return np.asarray(small, np.uint8)


def _without_frame(gray: np.ndarray) -> np.ndarray:
    """Cut outer lines without contrast, such as a page's white frame and the air behind it."""
    for _ in range(3):
        shape = gray.shape
        for axis in (1, 0):
            low, high = np.percentile(gray, [5, 95], axis=axis)
            lines = np.flatnonzero(high - low > _FRAME_CONTRAST)
            if lines.size < _LEAST:
                return gray
            span = slice(lines[0], lines[-1] + 1)
            gray = gray[span] if axis == 1 else gray[:, span]
        if gray.shape == shape:
            break
    return gray


def _head(gray: np.ndarray) -> np.ndarray:
    """Cut to the rows and columns that cross something bright."""
    smooth = cv2.blur(gray, (5, 5))
    floor, ceiling = np.percentile(smooth, [0.5, 99.0])
    bright = smooth > floor + _HEAD * (ceiling - floor)
    rows = np.flatnonzero(bright.mean(axis=1) > _LINE_SHARE)
    cols = np.flatnonzero(bright.mean(axis=0) > _LINE_SHARE)
    if rows.size < _LEAST or cols.size < _LEAST:
        return gray
    return gray[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
