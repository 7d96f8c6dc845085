"""Paint lesions with a known outline into an invented head."""

from __future__ import annotations

from typing import Literal

import numpy as np

from brainscan.imaging.phantom_anatomy import Anatomy, band_noise, ellipse, grid, soften

Sequence = Literal["t1", "flair"]

# Relative signal of each tissue; values chosen by eye against textbook contrast.
SIGNAL: dict[Sequence, dict[str, float]] = {
    "t1": {"scalp": 0.86, "skull": 0.07, "csf": 0.13, "grey": 0.40, "white": 0.56},
    "flair": {"scalp": 0.62, "skull": 0.07, "csf": 0.09, "grey": 0.47, "white": 0.36},
}


def _blend(
    image: np.ndarray, mask: np.ndarray, value: np.ndarray | float, sigma: float = 1.3
) -> np.ndarray:
    """Lay ``value`` over ``image`` where ``mask`` is set, with soft edges."""
    weight = soften(mask, sigma)
    return np.asarray(image * (1.0 - weight) + value * weight)


def _seat(
    anatomy: Anatomy, shallow: float, deep: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Pick a random brain point between two depths below the surface, in canvas units."""
    x, y = grid()
    ring = anatomy.brain & (anatomy.depth > shallow) & (anatomy.depth < deep) & (np.abs(x) > 0.12)
    candidates = np.flatnonzero(ring)
    flat = int(candidates[int(rng.integers(candidates.size))])
    return float(x.flat[flat]), float(y.flat[flat])


def _glioma(
    image: np.ndarray, anatomy: Anatomy, contrast: Sequence, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paint an irregular, heterogeneous mass with a necrotic core and oedema in white matter."""
    radius = rng.uniform(0.12, 0.20)
    centre = _seat(anatomy, 0.16, 0.34, rng)
    shape = ellipse(centre, (radius, radius * rng.uniform(0.7, 1.0)), rng.uniform(0, 180))
    shape = shape + 0.14 * band_noise(rng, 0.26) + 0.035 * band_noise(rng, 0.09)
    inner = anatomy.brain & (anatomy.depth > 0.02)
    mass = inner & (shape < 1.0)
    core = mass & (shape + 0.07 * band_noise(rng, 0.16) < rng.uniform(0.48, 0.70))
    spread = soften(inner & (shape + 0.22 * band_noise(rng, 0.16) < rng.uniform(1.5, 1.8)), 5.0)
    spread = spread * np.clip(anatomy.white * 1.1 + 0.35 * anatomy.grey, 0, 1)
    patches = band_noise(rng, 0.07, 0.6)
    if contrast == "t1":
        image = image * (1.0 - 0.36 * spread)
        image = _blend(image, mass, 0.74 + 0.07 * patches)
        return _blend(image, core, 0.24 + 0.03 * patches, 2.0), mass
    image = image * (1.0 - spread) + (0.74 + 0.03 * patches) * spread
    image = _blend(image, mass, 0.83 + 0.06 * patches)
    return _blend(image, core, 0.50 + 0.06 * patches, 2.0), mass


def _meningioma(
    image: np.ndarray, anatomy: Anatomy, contrast: Sequence, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paint a smooth, homogeneous mass on the brain surface with a thin cleft of fluid."""
    radius = rng.uniform(0.11, 0.18)
    centre = _seat(anatomy, 0.03, 0.07, rng)
    shape = ellipse(centre, (radius, radius * rng.uniform(0.8, 1.0)), rng.uniform(0, 180))
    shape = shape + 0.035 * band_noise(rng, 0.3)
    mass = anatomy.brain & (shape < 1.0)
    cleft = anatomy.brain & (shape < 1.07)
    tail = anatomy.brain & (anatomy.depth < 0.022) & (shape < 1.45)
    value = 0.80 if contrast == "t1" else 0.68
    image = _blend(image, cleft, SIGNAL[contrast]["csf"] + 0.08)
    image = _blend(image, tail, value - 0.08)
    return _blend(image, mass, value + 0.02 * band_noise(rng, 0.10, 0.6)), mass


def _pituitary(
    image: np.ndarray, anatomy: Anatomy, contrast: Sequence, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paint a small, rounded, bright mass on the midline in the cistern above the sella."""
    width = rng.uniform(0.055, 0.095)
    centre = (rng.normal(0.0, 0.008), rng.uniform(-0.06, -0.01))
    shape = ellipse(centre, (width, width * rng.uniform(0.8, 1.05)))
    shape = shape + 0.05 * band_noise(rng, 0.15)
    mass = anatomy.brain & (shape < 1.0)
    moat = anatomy.brain & (shape < 1.25)
    value = 0.84 if contrast == "t1" else 0.66
    image = _blend(image, moat, SIGNAL[contrast]["csf"])
    return _blend(image, mass, value + 0.03 * band_noise(rng, 0.06, 0.6)), mass


PAINTERS = {"glioma": _glioma, "meningioma": _meningioma, "pituitary": _pituitary}
