"""Judges of polygons: which pixel centers lie inside, by two rules, computed crossing by crossing.

Written for the tests only, on another principle than the code that makes the polygons.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def crossings(ring: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return for each point the signed edges that a ray to the right meets: ``(edges, points)``.

    Parameters
    ----------
    ring
        ``(n, 2)`` of rows and columns, closed from the last point to the first.
    points
        ``(m, 2)``.
    """
    here, there = np.asarray(ring, float), np.roll(np.asarray(ring, float), -1, axis=0)
    rows, columns = points[:, 0], points[:, 1]
    (r0, c0), (r1, c1) = (part.T[:, :, None] for part in (here, there))
    down = (r0 <= rows) & (rows < r1)
    up = (r1 <= rows) & (rows < r0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = c0 + (rows - r0) / (r1 - r0) * (c1 - c0)
    return np.where(at > columns, down.astype(int) - up.astype(int), 0)


def centers(shape: tuple[int, int]) -> np.ndarray:
    """Return the centers of all pixels where corners of pixels are at integers."""
    return np.indices(shape).reshape(2, -1).T + 0.5


def wound(rings: Iterable[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return how often the rings together wind around each pixel center."""
    found = sum(crossings(ring, centers(shape)).sum(axis=0) for ring in rings)
    return np.reshape(found, shape)


def filled(rings: Iterable[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels whose centers lie inside by the even-odd rule."""
    found = sum(np.abs(crossings(ring, centers(shape))).sum(axis=0) for ring in rings)
    return np.reshape(found, shape) % 2 == 1
