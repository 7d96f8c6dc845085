"""One nearest neighbour on thumbnails, with the image's own group left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_BLOCK = 512


def small(pictures: np.ndarray) -> np.ndarray:
    """Return thumbnails of half the side as vectors: ``(n, s, s)`` uint8 to ``(n, s * s / 4)``.

    Values are float32 in [0, 255], the means of 2 x 2 pixels.
    """
    n, side, _ = pictures.shape
    half = pictures.reshape(n, side // 2, 2, side // 2, 2).mean(axis=(2, 4), dtype=np.float32)
    return half.reshape(n, -1)


def nearest_distances(
    vectors: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    classes: int,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return the Euclidean distance to the nearest image of every class in another group.

    Parameters
    ----------
    vectors
        ``(n, length)`` float32.
    labels
        ``(n,)`` int in ``[0, classes)``; negative ones are nobody's neighbour.
    groups
        ``(n,)`` int; images of one group are never compared.
    classes
        Number of classes.
    progress
        Called with images done and in all; may raise to stop the work.

    Returns
    -------
    numpy.ndarray
        ``(n, classes)`` float64, infinite where no other group has the class.
    """
    total = len(vectors)
    squares = np.square(vectors).sum(axis=1, dtype=np.float64)
    members = [np.flatnonzero(labels == number) for number in range(classes)]
    result = np.full((total, classes), np.inf)
    for start in range(0, total, _BLOCK):
        part = slice(start, start + _BLOCK)
        for number, others in enumerate(members):
            if not len(others):
                continue
            product = vectors[part] @ vectors[others].T
            distance = squares[part, None] + squares[None, others] - 2.0 * product
            distance[groups[part, None] == groups[None, others]] = np.inf
            result[part, number] = distance.min(axis=1)
        if progress is not None:
            progress(min(start + _BLOCK, total), total)
    return np.sqrt(np.maximum(result, 0.0))


def tumor_score(distances: np.ndarray) -> np.ndarray:
    """Return how much nearer the nearest tumor is than the nearest tumor-free image.

    Positive where the nearest neighbour is a tumor. ``distances`` is ``(n, 2)``, tumor last;
    where another group has neither class the score is 0.
    """
    known = np.isfinite(distances)
    far = distances[known].max(initial=0.0) + 1.0
    filled = np.where(known, distances, far)
    score: np.ndarray = filled[:, 0] - filled[:, 1]
    return score
