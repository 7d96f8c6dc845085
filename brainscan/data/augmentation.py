"""Random changes of a training slice; of geometry and grey levels, its answer stays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """How far a training slice may be changed. ``Augmentation.none()`` changes nothing.

    Attributes
    ----------
    flip
        Probability of a left-right flip.
    rotation
        Largest rotation either way, in degrees.
    translation
        Largest shift either way, as a share of the side.
    zoom, stretch
        Largest change of scale, and of aspect, as a share.
    gamma
        Largest ``|log(gamma)|``.
    brightness, contrast
        Largest offset (of a range of 1) and relative change of contrast.
    bias_field
        Largest relative amplitude of a smooth multiplicative field, as coils cause.
    noise
        Largest standard deviation of the added Gaussian noise (of a range of 1).
    blur
        Largest standard deviation of a Gaussian blur, in pixels.
    jpeg
        Probability of a JPEG compression with quality 40 to 95.
    carve
        Probability that a slice changes its class: a tumor-free one gets the tumor of another
        slice of its kind, an outlined tumor is replaced by tissue of the other side (see
        :mod:`brainscan.data.carving`).
    """

    flip: float = 0.5
    rotation: float = 20.0
    translation: float = 0.06
    zoom: float = 0.2
    stretch: float = 0.08
    gamma: float = 0.45
    brightness: float = 0.08
    contrast: float = 0.25
    bias_field: float = 0.35
    noise: float = 0.05
    blur: float = 1.0
    jpeg: float = 0.2
    carve: float = 0.0

    @classmethod
    def none(cls) -> Augmentation:
        """Return the augmentation that changes nothing."""
        return cls(**dict.fromkeys(asdict(cls()), 0.0))

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a plain dict."""
        return asdict(self)


def augment(
    image: np.ndarray,
    mask: np.ndarray | None,
    how: Augmentation,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Change a network input and its mask at random, both by the same geometry.

    Parameters
    ----------
    image
        ``(size, size)`` uint8, as :func:`brainscan.imaging.preprocessing.preprocess` returns.
    mask
        ``(size, size)`` uint8, 0 or 1, or ``None``.
    how
        Limits of the changes.
    generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        ``(size, size)`` uint8.
    numpy.ndarray or None
        The mask in the new geometry.
    """
    warp = _warp(image.shape[0], how, generator)
    size = image.shape[::-1]
    image = cv2.warpAffine(image, warp, size, flags=cv2.INTER_LINEAR)
    if mask is not None:
        mask = cv2.warpAffine(mask, warp, size, flags=cv2.INTER_NEAREST)
    return _photometry(image, how, generator), mask


def _warp(size: int, how: Augmentation, generator: np.random.Generator) -> np.ndarray:
    angle = np.deg2rad(how.rotation * generator.uniform(-1, 1))
    scale = 1 + how.zoom * generator.uniform(-1, 1)
    stretch = 1 + how.stretch * generator.uniform(-1, 1)
    mirror = -1.0 if generator.random() < how.flip else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([mirror * scale * stretch, scale / stretch])
    centre = np.full(2, (size - 1) / 2)
    shift = how.translation * size * generator.uniform(-1, 1, 2)
    return np.column_stack([linear, centre + shift - linear @ centre])


def _photometry(image: np.ndarray, how: Augmentation, generator: np.random.Generator) -> np.ndarray:
    values: np.ndarray = image.astype(np.float32) / 255
    values **= np.float32(np.exp(how.gamma * generator.uniform(-1, 1)))
    if how.bias_field:
        knots = generator.uniform(-1, 1, (4, 4)).astype(np.float32)
        field = cv2.resize(knots, image.shape[::-1], interpolation=cv2.INTER_CUBIC)
        values *= 1 + how.bias_field * generator.random(dtype=np.float32) * field
    gain = 1 + how.contrast * generator.uniform(-1, 1)
    values = values * np.float32(gain) + np.float32(how.brightness * generator.uniform(-1, 1))
    if how.blur and generator.random() < 0.25:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), 0.2 + how.blur * generator.random()))
    if how.noise and generator.random() < 0.5:
        deviation = np.float32(how.noise * generator.random())
        values += deviation * generator.standard_normal(values.shape, dtype=np.float32)
    changed = np.rint(np.clip(values * 255, 0, 255)).astype(np.uint8)
    if generator.random() < how.jpeg:
        quality = int(generator.integers(40, 96))
        _, encoded = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, quality])
        changed = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return changed
