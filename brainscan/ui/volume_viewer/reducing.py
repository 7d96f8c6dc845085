"""Volumes too large for a browser are shown reduced; the network always reads the volume itself."""

from __future__ import annotations

import cv2
import numpy as np

MOST_VOXELS = 64_000_000
"""Beyond this, what is shown is reduced."""

Factors = tuple[int, int, int]


def reduction(shape: tuple[int, int, int]) -> Factors:
    """Return by how much each axis is reduced for display: the longest ones first, by halves."""
    factors = [1, 1, 1]
    while np.prod([-(-size // by) for size, by in zip(shape, factors, strict=True)]) > MOST_VOXELS:
        longest = max(range(3), key=lambda axis: shape[axis] / factors[axis])
        factors[longest] *= 2
    return factors[0], factors[1], factors[2]


def reduced(values: np.ndarray, by: Factors) -> np.ndarray:
    """Return the mean over blocks of voxels; the last block of an axis may be smaller."""
    if by == (1, 1, 1):
        return values
    shape = [-(-size // factor) for size, factor in zip(values.shape, by, strict=True)]
    result = np.empty(shape, np.float32)
    for index in range(shape[0]):
        slab = values[index * by[0] : (index + 1) * by[0]].mean(axis=0, dtype=np.float32)
        result[index] = blocks(slab, (by[1], by[2]))
    return result


def blocks(slab: np.ndarray, by: tuple[int, int]) -> np.ndarray:
    """Return the mean over blocks of a ``(rows, columns)`` float32 array, its edge repeated."""
    if by == (1, 1):
        return slab
    rows, columns = (-(-size // factor) for size, factor in zip(slab.shape, by, strict=True))
    missing = ((0, rows * by[0] - slab.shape[0]), (0, columns * by[1] - slab.shape[1]))
    padded = np.pad(slab, missing, mode="edge")
    return np.asarray(cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA))
