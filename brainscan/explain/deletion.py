"""Deletion and insertion: what the tumor probability does when a map's pixels go or come.

V. Petsiuk et al. 2018 (RISE), arXiv:1806.07421. Three choices differ from theirs, all so that the
network is asked about pictures it could meet:

- Pixels are replaced by a blurred slice in both games. RISE deletes to black, but black inside a
  head is a hole with a hard edge, which no slice has and which a network may well take for a
  lesion. The blur is wide (an eighth of the input), so that no tumor survives in it.
- Only the head is removed; the black around it stays, and the blur does not mix it in.
- The curves end at a fifth of the head's pixels instead of all. Of the outlines in the training
  folds 99 of 100 are smaller, and beyond it the answer is about the hole: a network takes a large
  blurred region for a tumor, whichever region it is.
"""

from __future__ import annotations

import cv2
import numpy as np

from brainscan.explain.maps import whole_input

# Share of the head's pixels moved, finer where most tumors have their size.
SHARES = (0.0, 0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2)
FILL = (
    "A pixel is removed by giving it its value in the slice blurred with a Gaussian whose standard "
    "deviation is an eighth of the input; black would cut holes with hard edges, which no slice "
    f"has. The curves run up to {100 * SHARES[-1]:g} % of the head, which 99 of 100 published "
    "outlines of the training folds do not fill; figures are means over this range."
)
_BLUR = 1 / 8


def blurred(image: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Return the slice with nothing left to see: ``(n, n)`` uint8, black off the head.

    Parameters
    ----------
    image
        ``(n, n)`` uint8.
    head
        ``(n, n)`` bool; only its pixels are averaged.
    """
    inside = head.astype(np.float32)
    sigma = _BLUR * image.shape[0]
    values = cv2.GaussianBlur(image * inside, (0, 0), sigma)
    weights = cv2.GaussianBlur(inside, (0, 0), sigma)
    mean = np.divide(values, weights, out=np.zeros_like(values), where=head & (weights > 0))
    # At least 1: the head must stay head.
    return np.where(head, np.clip(np.rint(mean), 1, 255), 0).astype(np.uint8)


def random_map(size: int, cells: int, generator: np.random.Generator) -> np.ndarray:
    """Return noise as coarse as a model's maps: ``(size, size)`` float32 in [0, 1].

    Single pixels in random order would turn the slice to noise, which no map does; against that
    every map would look good.
    """
    grid = generator.random((cells, cells), dtype=np.float32)
    return whole_input(size).to_slice(grid)


def removal_order(heat: np.ndarray, head: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the head's pixels from the map's highest to its lowest: ``(k,)`` flat indices.

    Pixels of one value, such as those that Grad-CAM leaves at zero, come in random order; in the
    order of their rows they would wipe the slice from the top.
    """
    inside = np.flatnonzero(head)
    shuffled = generator.permutation(inside)
    return shuffled[np.argsort(-heat.ravel()[shuffled], kind="stable")]


def stages(image: np.ndarray, empty: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the inputs of both games after their start.

    Parameters
    ----------
    image, empty
        ``(n, n)`` uint8: the slice, and the slice with nothing left to see.
    order
        Of :func:`removal_order`.

    Returns
    -------
    numpy.ndarray
        ``(2, len(SHARES) - 1, n, n)`` uint8: first with the pixels deleted from the slice, then
        with them inserted into the empty one.
    """
    found = np.empty((2, len(SHARES) - 1, *image.shape), np.uint8)
    for number, share in enumerate(SHARES[1:]):
        moved = order[: round(share * len(order))]
        for game, (start, end) in enumerate(((image, empty), (empty, image))):
            found[game, number] = start
            found[game, number].flat[moved] = end.flat[moved]
    return found


def mean_height(first: float, others: np.ndarray) -> float:
    """Return the area under a curve over :data:`SHARES` as its mean height, by trapezoids.

    Parameters
    ----------
    first
        Probability before a pixel was moved.
    others
        ``(len(SHARES) - 1,)``.
    """
    return float(np.trapezoid([first, *others], SHARES) / SHARES[-1])
