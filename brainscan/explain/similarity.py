"""How alike two maps are: their rank correlation."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.stats import rankdata


def rank_correlation(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """Return Spearman's rank correlation of two maps, in [-1, 1].

    The measure of J. Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292,
    with signs: a map turned upside down is another map.

    Parameters
    ----------
    one, other
        ``(n, n)`` float.
    where
        ``(n, n)`` bool, the cells compared: those of the head, because the background, alike in
        every map, would count as likeness.

    Returns
    -------
    float
        NaN where a map is the same in all cells compared, and has no order.
    """
    first, second = rankdata(one[where]), rankdata(other[where])
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def head_cells(head: np.ndarray, cells: int) -> np.ndarray:
    """Return the cells of a coarser grid that are mostly head: ``(cells, cells)`` bool."""
    shares = cv2.resize(head.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    return np.asarray(shares >= 0.5)
