"""What the drawn pictures share: sheets, noise, and a full range of grey."""

from __future__ import annotations

import numpy as np

SIDE = 224


def stretched(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, [0.5, 99.5])
    return np.asarray((values - low) * (255.0 / max(float(high - low), 1e-6)), np.float32)


def blank(rng: np.random.Generator, level: float = 0.0) -> np.ndarray:
    height, width = rng.integers(SIDE * 3 // 4, SIDE * 4 // 3, 2)
    return np.full((int(height), int(width)), level, np.float32)


def colored_noise(rng: np.random.Generator, shape: tuple[int, ...], slope: float) -> np.ndarray:
    """Noise whose amplitude falls with spatial frequency to the power of ``slope``."""
    down = np.fft.fftfreq(shape[0])[:, None]
    across = np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.maximum(np.hypot(down, across), 1.0 / max(shape))
    spectrum = np.fft.rfft2(rng.normal(size=shape)) / frequency**slope
    return stretched(np.fft.irfft2(spectrum, s=shape[:2]))
