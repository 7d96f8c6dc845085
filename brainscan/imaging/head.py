"""How much head there is on a slice, or on each slice of a stack, from brightness alone."""

from __future__ import annotations

import cv2
import numpy as np

_FOREGROUND = 0.1  # of the robust range, as Preprocessing.foreground
_THUMBNAIL = 128  # longer side in pixels on which a single slice is measured
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


def head_area(pixels: np.ndarray) -> int:
    """Return how many pixels of a slice belong to the head; 0 where nothing stands out.

    The largest bright object, as :func:`brainscan.imaging.preprocessing.preprocess` finds it: what
    exceeds a tenth of the slice's robust range (0.5 to 99 %) after smoothing, the largest
    connected piece of it, here with its dark inside (ventricles, skull). A skull-stripped scan has
    the brain alone, another one skull and scalp too.

    Parameters
    ----------
    pixels
        ``(rows, columns)``, any real dtype, finite.
    """
    values: np.ndarray = pixels.astype(np.float32)
    shrink = max(values.shape) / _THUMBNAIL
    if shrink > 1:
        size = [max(8, round(side / shrink)) for side in values.shape]
        values = cv2.resize(values, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    smooth = cv2.blur(values, (3, 3))
    floor, ceiling = np.percentile(smooth, [0.5, 99.0])
    bright = (smooth > floor + _FOREGROUND * (ceiling - floor)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    if count < 2:
        return 0
    largest = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    outlines, _ = cv2.findContours(largest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(largest, outlines, -1, 1, cv2.FILLED)
    return round(float(largest.mean()) * pixels.size)
