"""How much head there is on each slice of a stack, from brightness alone."""

from __future__ import annotations

import numpy as np

_FOREGROUND = 0.1  # of the robust range, as Preprocessing.foreground
_SIDE = 96  # samples along each side of a slice; more change the areas by less than a percent


def head_shares(slices: np.ndarray, background: float | None = None) -> np.ndarray:
    """Return for each slice the area of the head, over that of the slice with the most of it.

    A pixel belongs to the head when it stands out from the background by a tenth of the stack's
    robust range. One level for all slices, because on a slice without head the brightest noise
    would otherwise be the head.

    Parameters
    ----------
    slices
        ``(n, rows, columns)``, any real dtype, finite.
    background
        The value outside the head where that is not the darkest (:attr:`Volume.background`).

    Returns
    -------
    numpy.ndarray
        ``(n,)`` float64 in [0, 1]; all zero for a stack without contrast.
    """
    down, across = (max(1, side // _SIDE) for side in slices.shape[1:])
    sample = np.array(slices[:, ::down, ::across], np.float32)
    if background is not None:
        sample[sample == background] = sample.min()
    floor, ceiling = (float(value) for value in np.percentile(sample, (0.5, 99.0)))
    inside = sample > floor + _FOREGROUND * (ceiling - floor)
    areas = inside.mean(axis=(1, 2), dtype=np.float64)
    largest = float(areas.max())
    return areas / largest if largest > 0 else areas
