"""Window width and level: from stored values to display brightness."""

from __future__ import annotations

import numpy as np

Window = tuple[float, float]
"""Width and level (centre), both in stored pixel values."""


def full_window(pixels: np.ndarray) -> Window:
    """Return the window that shows every value.

    For uint8 the whole range of the type, so that an untouched 8-bit picture looks as it is
    stored; otherwise the range of the values present.
    """
    if pixels.dtype == np.uint8:
        return 256.0, 128.0
    low, high = float(pixels.min()), float(pixels.max())
    if np.issubdtype(pixels.dtype, np.integer):
        return high - low + 1.0, (low + high + 1.0) / 2.0
    return max(high - low, 1e-12), (low + high) / 2.0


def apply_window(pixels: np.ndarray, window: Window) -> np.ndarray:
    """Map stored values to display brightness.

    Integer pixels follow the LINEAR function of DICOM PS3.3 C.11.2.1.2.1, whose window covers
    ``width`` integer values from ``level - width / 2`` up to, not including,
    ``level + width / 2``; floating-point pixels follow LINEAR_EXACT (C.11.2.1.3.2).

    Parameters
    ----------
    pixels
        Array of any shape; uint8, uint16 or float32.
    window
        Width and level. The width must be 1 or more for integers, above 0 for floats.

    Returns
    -------
    np.ndarray
        float32 in [0, 1], same shape.

    Raises
    ------
    ValueError
        If the width is too small.
    """
    width, level = window
    values = np.asarray(pixels, dtype=np.float64)
    if np.issubdtype(pixels.dtype, np.integer):
        if width < 1.0:
            raise ValueError(f"The window width must be 1 or more, got {width}.")
        if width == 1.0:
            return np.asarray(values > level - 0.5, dtype=np.float32)
        shown = (values - (level - 0.5)) / (width - 1.0) + 0.5
    else:
        if width <= 0.0:
            raise ValueError(f"The window width must be above 0, got {width}.")
        shown = (values - level) / width + 0.5
    return np.clip(shown, 0.0, 1.0).astype(np.float32)
