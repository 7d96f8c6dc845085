"""Tissue maps of an invented head, the ground on which :mod:`phantom` paints its slices.

Nothing here comes from a patient: every outline is an analytic curve and every fold of the
cortex a zero crossing of band-limited noise. Coordinates run from -1 to 1 over a square
canvas, x to the image's right, y downwards (front of the head at the top).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import cv2
import numpy as np

CANVAS = 384
"""Side of the square canvas, in pixels, on which every phantom is drawn before resizing."""

Level = Literal["vertex", "ventricles", "base"]


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Tissue fractions of one invented axial slice.

    Attributes
    ----------
    scalp, skull, csf, grey, white
        ``(CANVAS, CANVAS)`` float32 in [0, 1]; they sum to at most one, the rest is air.
    brain
        ``(CANVAS, CANVAS)`` bool: everything inside the skull.
    depth
        ``(CANVAS, CANVAS)`` float32: distance from the brain surface in canvas units.
    level
        Which height of the head the slice imitates.
    """

    scalp: np.ndarray
    skull: np.ndarray
    csf: np.ndarray
    grey: np.ndarray
    white: np.ndarray
    brain: np.ndarray
    depth: np.ndarray
    level: Level


@cache
def grid() -> tuple[np.ndarray, np.ndarray]:
    """Return the x and y coordinates of the canvas: two ``(CANVAS, CANVAS)`` float32 arrays."""
    axis = (np.arange(CANVAS, dtype=np.float32) + 0.5) / CANVAS * 2.0 - 1.0
    x, y = np.meshgrid(axis, axis)
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def band_noise(rng: np.random.Generator, wavelength: float, octaves: float = 0.35) -> np.ndarray:
    """Return Gaussian noise limited to a ring of spatial frequencies.

    Parameters
    ----------
    rng
        Source of the white noise.
    wavelength
        Centre of the ring, in canvas units (the canvas is 2 wide).
    octaves
        Standard deviation of the ring's log-normal profile.

    Returns
    -------
    np.ndarray
        ``(CANVAS, CANVAS)`` float32, mean 0, standard deviation 1.
    """
    white = np.fft.rfft2(rng.standard_normal((CANVAS, CANVAS)))
    field = np.fft.irfft2(white * _ring(wavelength, octaves), s=(CANVAS, CANVAS))
    return np.asarray(field / field.std(), dtype=np.float32)


@lru_cache(maxsize=32)
def _ring(wavelength: float, octaves: float) -> np.ndarray:
    """Return the filter of :func:`band_noise` over the half plane of real Fourier transforms."""
    fy = np.fft.fftfreq(CANVAS)[:, None]
    fx = np.fft.rfftfreq(CANVAS)[None, :]
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1e-9
    centre = 2.0 / (wavelength * CANVAS)
    ring = np.exp(-0.5 * (np.log2(frequency / centre) / octaves) ** 2)
    ring[0, 0] = 0.0
    return np.asarray(ring)


def ellipse(
    centre: tuple[float, float], radii: tuple[float, float], degrees: float = 0.0
) -> np.ndarray:
    """Return the normalised radius of every canvas pixel: 1 on the ellipse, 0 in its centre."""
    x, y = grid()
    # Plain floats keep the arithmetic in float32.
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    dx, dy = x - float(centre[0]), y - float(centre[1])
    u = (dx * cosine + dy * sine) / float(radii[0])
    v = (dy * cosine - dx * sine) / float(radii[1])
    return np.asarray(np.sqrt(u * u + v * v), dtype=np.float32)


def depth_inside(mask: np.ndarray) -> np.ndarray:
    """Return the distance of each pixel of ``mask`` from its edge, in canvas units."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(distance, dtype=np.float32) * (2.0 / CANVAS)


def soften(mask: np.ndarray, sigma: float = 1.1) -> np.ndarray:
    """Return a mask as float32 with edges blurred by ``sigma`` pixels (partial volume)."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), dtype=np.float32)


def _head(rng: np.random.Generator) -> np.ndarray:
    """Return the outline of the head: an egg, broader at the back, slightly irregular."""
    x, y = grid()
    half_width, half_height = rng.uniform(0.66, 0.74), rng.uniform(0.83, 0.90)
    angle = np.arctan2(y / half_height, x / half_width)
    radius = 0.97 + 0.05 * np.sin(2 * angle) ** 2
    for order in (3, 4, 5):
        radius += rng.normal(0.0, 0.006) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    taper = 1.0 + rng.uniform(0.03, 0.08) * np.sin(angle)
    return np.asarray(np.hypot(x / (half_width * taper), y / half_height) < radius)


def _midline(rng: np.random.Generator) -> np.ndarray:
    """Return the signed distance from a slightly curved midline."""
    x, y = grid()
    return x - rng.normal(0.0, 0.008) - rng.normal(0.0, 0.012) * np.sin(2.2 * y)


def _pair(
    centre: tuple[float, float], radii: tuple[float, float], degrees: float, limit: float = 1.0
) -> np.ndarray:
    """Return an ellipse and its mirror image across the midline."""
    right = ellipse(centre, radii, degrees) < limit
    left = ellipse((-centre[0], centre[1]), radii, -degrees) < limit
    return np.asarray(right | left)


def _warp(rng: np.random.Generator, mask: np.ndarray, amount: float = 0.012) -> np.ndarray:
    """Bend a symmetric structure a little, so that left and right are not exact copies."""
    shift_x, shift_y = (band_noise(rng, 0.5) * (amount * CANVAS / 2.0) for _ in range(2))
    rows, cols = np.indices(mask.shape, dtype=np.float32)
    bent = cv2.remap(mask.astype(np.float32), cols + shift_x, rows + shift_y, cv2.INTER_LINEAR)
    return np.asarray(bent > 0.5)


def _cavities(rng: np.random.Generator, level: Level, middle: np.ndarray) -> np.ndarray:
    """Return ventricles, cisterns and the interhemispheric fissure."""
    _, y = grid()
    width = rng.uniform(0.8, 1.25)
    slit = np.abs(middle) < 0.007
    if level == "vertex":
        return slit
    if level == "ventricles":
        horns = _pair((0.085, -0.17), (0.035 * width, 0.13), -24)
        bodies = _pair((0.055, 0.0), (0.022 * width, 0.13), 6)
        back = _pair((0.16, 0.24), (0.036 * width, 0.14), -32)
        third = (np.abs(middle) < 0.009 * width) & (np.abs(y - 0.09) < 0.09)
        fissure = slit & ((y < -0.33) | (y > 0.34))
        return _warp(rng, horns | bodies | back) | third | fissure
    star = (ellipse((0.0, -0.02), (0.085, 0.06)) < 1) | _pair((0.075, 0.03), (0.10, 0.018), 38)
    sylvian = _pair((0.30, -0.12), (0.20, 0.016), -12)
    ambient = _pair((0.135, 0.19), (0.016, 0.11), 8)
    aqueduct = ellipse((0.0, 0.235), (0.018, 0.02)) < 1
    return _warp(rng, star | sylvian | ambient | aqueduct) | (slit & (y < -0.12))


def _nuclei(rng: np.random.Generator, level: Level) -> np.ndarray:
    """Return the deep grey matter: caudate, lentiform nucleus and thalamus, or midbrain nuclei."""
    if level == "vertex":
        return np.zeros((CANVAS, CANVAS), dtype=bool)
    if level == "base":
        return _warp(rng, _pair((0.06, 0.14), (0.02, 0.045), 30))
    caudate = _pair((0.135, -0.15), (0.035, 0.10), -22)
    lentiform = _pair((0.255, -0.02), (0.055, 0.13), -14)
    thalamus = _pair((0.095, 0.10), (0.07, 0.115), -16)
    return _warp(rng, caudate | lentiform | thalamus)


def draw_anatomy(rng: np.random.Generator, level: Level) -> Anatomy:
    """Draw the tissues of one invented axial slice.

    Parameters
    ----------
    rng
        Source of every random choice.
    level
        ``"vertex"`` (above the ventricles), ``"ventricles"`` or ``"base"`` (midbrain, cisterns
        and cerebellum).
    """
    head = _head(rng)
    inside = depth_inside(head)
    wobble = band_noise(rng, 0.9, 0.5)
    scalp_depth = 0.060 + 0.008 * wobble
    skull_depth = scalp_depth + 0.050 + 0.007 * band_noise(rng, 0.7, 0.5)
    brain = head & (inside > skull_depth)
    depth = depth_inside(brain)
    middle = _midline(rng)
    cavities = _cavities(rng, level, middle) & brain

    folds = np.abs(band_noise(rng, 0.19, 0.25) + 0.20 * band_noise(rng, 0.10))
    reach = 0.25 + 0.07 * band_noise(rng, 0.4)
    sulci = (folds < 0.15 * np.clip(1.2 - depth / 0.30, 0.3, 1.1)) & (depth < reach)
    rim = depth < 0.016 + 0.006 * np.abs(wobble)
    _, y = grid()
    cerebellum = np.zeros_like(brain)
    if level == "base":
        cerebellum = (ellipse((0.0, 0.52), (0.46, 0.26)) < 1) & brain
        sulci = (sulci & ~cerebellum) | (np.abs(ellipse((0.0, 0.52), (0.46, 0.26)) - 1) < 0.03)
    fluid = brain & (sulci | rim | cavities)

    # Cortex lines everything the fluid reaches, except the walls of the ventricles.
    shore = brain & (sulci | rim | (cavities & (np.abs(middle) < 0.008) & (np.abs(y) > 0.33)))
    from_shore = cv2.distanceTransform((~shore).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    thickness = 0.036 + 0.007 * band_noise(rng, 0.25)
    cortex = brain & (from_shore * (2.0 / CANVAS) < thickness)
    arcs = ellipse((0.0, 0.30), (0.55, 0.45)) * 75 + 1.6 * band_noise(rng, 0.2) + 1.5 * wobble
    folia = cerebellum & (np.sin(arcs) > -0.2) & (ellipse((0.0, 0.44), (0.28, 0.11)) > 1)
    grey = (cortex & ~cerebellum) | _nuclei(rng, level) | folia
    grey &= brain & ~fluid
    white = brain & ~fluid & ~grey

    marrow = head & ~brain & (np.abs(inside - 0.5 * (scalp_depth + skull_depth)) < 0.009)
    skin = head & (inside < 0.012)
    fat = (head & (inside <= scalp_depth) & ~skin).astype(np.float32) + 0.45 * skin
    bone = head & (inside > scalp_depth) & ~brain
    return Anatomy(
        scalp=soften(np.clip(fat + 0.55 * marrow, 0, 1)),
        skull=soften(bone & ~marrow),
        csf=soften(fluid, 0.9),
        grey=soften(grey),
        white=soften(white),
        brain=brain,
        depth=depth,
        level=level,
    )
