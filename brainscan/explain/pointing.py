"""Whether a map points at the tumor: the pointing game, and the energy inside the outline."""

from __future__ import annotations

import cv2
import numpy as np

_SPREAD = 0.25  # standard deviation of the centre prior, as a share of the head's box


def points_inside(heat: np.ndarray, mask: np.ndarray, tolerance: int = 0) -> bool:
    """Return whether the maximum of a map lies inside the mask.

    Pointing game, J. Zhang et al. 2016, arXiv:1608.00507, which allows 15 pixels on photographs;
    here none is allowed unless asked for.

    Parameters
    ----------
    heat
        ``(n, n)`` float; without a positive value it points nowhere, which is a miss.
    mask
        ``(n, n)`` bool.
    tolerance
        Pixels of the network's input by which the maximum may lie beside the mask.
    """
    if heat.max() <= 0:
        return False
    return bool(widened(mask, tolerance).flat[int(np.argmax(heat))])


def widened(mask: np.ndarray, tolerance: int) -> np.ndarray:
    """Return a mask with all pixels no farther from it than ``tolerance``: ``(n, n)`` bool."""
    if tolerance <= 0 or not mask.any():
        return mask
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= tolerance)


def energy_inside(heat: np.ndarray, mask: np.ndarray) -> float:
    """Return the share of a map's sum that lies inside the mask, in [0, 1].

    Energy-based pointing game, H. Wang et al. 2020 (Score-CAM), arXiv:1910.01279. A map without
    a positive value has none of its energy inside.

    Parameters
    ----------
    heat
        ``(n, n)`` float, not negative.
    mask
        ``(n, n)`` bool.
    """
    total = float(heat.sum(dtype=np.float64))
    return float(heat[mask].sum(dtype=np.float64)) / total if total > 0 else 0.0


def head_of(image: np.ndarray) -> np.ndarray:
    """Return where an input shows the head rather than black background: ``(n, n)`` bool."""
    head: np.ndarray = image > 0
    return head


def chance(head: np.ndarray, mask: np.ndarray) -> float:
    """Return how often a pixel of the head drawn blindly lies inside the mask.

    It is also the energy inside of a map that is the same everywhere on the head.
    """
    count = np.count_nonzero(head)
    return float(np.count_nonzero(head & mask) / count) if count else 0.0


def center_prior(head: np.ndarray) -> np.ndarray:
    """Return a map that knows no more than where the head is: a Gaussian about its centre.

    Parameters
    ----------
    head
        ``(n, n)`` bool.

    Returns
    -------
    numpy.ndarray
        ``(n, n)`` float32 in [0, 1], zero off the head.
    """
    if not head.any():
        return np.zeros(head.shape, np.float32)
    squares = np.zeros(head.shape)
    for axis in (0, 1):
        found = np.flatnonzero(head.any(axis=1 - axis))
        first, last = int(found[0]), int(found[-1])
        offset = (np.arange(head.shape[axis]) - (first + last) / 2) / (_SPREAD * (last - first + 1))
        squares = squares + (offset**2).reshape((-1, 1) if axis == 0 else (1, -1))
    return np.where(head, np.exp(-squares / 2), 0).astype(np.float32)
