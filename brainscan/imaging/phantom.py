"""Synthetic brain slices for samples, demonstrations and tests.

The slices imitate contrast-enhanced T1 and FLAIR magnetic resonance images closely enough to
exercise every screen, with the lesion's outline known exactly. They are drawings: no model
may be judged by them, and every exported file says ``SYNTHETIC``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from brainscan.imaging.phantom_anatomy import (
    CANVAS,
    Anatomy,
    Level,
    band_noise,
    draw_anatomy,
    ellipse,
    grid,
    soften,
)

Lesion = Literal["none", "glioma", "meningioma", "pituitary"]
Sequence = Literal["t1", "flair"]

_CLASS_FOLDERS: dict[str, Lesion] = {
    "glioma": "glioma",
    "meningioma": "meningioma",
    "notumor": "none",
    "pituitary": "pituitary",
}
_SMALLEST = 64

# Relative signal of each tissue; values chosen by eye against textbook contrast.
_SIGNAL: dict[Sequence, dict[str, float]] = {
    "t1": {"scalp": 0.86, "skull": 0.07, "csf": 0.13, "grey": 0.40, "white": 0.56},
    "flair": {"scalp": 0.62, "skull": 0.07, "csf": 0.09, "grey": 0.47, "white": 0.36},
}


@dataclass(frozen=True, eq=False)
class Phantom:
    """One synthetic slice with its ground truth.

    Attributes
    ----------
    pixels
        ``(size, size)`` uint8.
    mask
        ``(size, size)`` bool, true inside the lesion (oedema not included).
    label
        Class folder name: ``"glioma"``, ``"meningioma"``, ``"pituitary"`` or ``"notumor"``.
    seed
        The seed that draws this slice again.
    sequence
        Contrast imitated: ``"t1"`` (after contrast agent) or ``"flair"``.
    """

    pixels: np.ndarray
    mask: np.ndarray
    label: str
    seed: int
    sequence: Sequence


def phantom_slice(
    seed: int, *, lesion: Lesion = "none", size: int = 256, sequence: Sequence | None = None
) -> Phantom:
    """Draw one synthetic slice.

    The same arguments give the same pixels in every process. Except for ``"pituitary"``, whose
    slices are always at the base of the skull, a lesion never changes the head around it: the
    slices of one seed with and without a lesion are a pair.

    Parameters
    ----------
    seed
        Any integer of zero or more.
    lesion
        What to paint into the brain.
    size
        Side of the square slice in pixels, 64 or more.
    sequence
        Contrast to imitate; by default the seed decides.

    Raises
    ------
    ValueError
        If ``lesion`` is unknown, ``seed`` negative or ``size`` below 64.
    """
    if lesion not in get_args(Lesion):
        raise ValueError(f"lesion must be one of {get_args(Lesion)}, got {lesion!r}.")
    if size < _SMALLEST:
        raise ValueError(f"size must be {_SMALLEST} pixels or more, got {size}.")
    if seed < 0:
        raise ValueError(f"seed must be zero or more, got {seed}.")
    choice, form, growth, receiver = (np.random.default_rng([seed, k]) for k in range(4))
    drawn_level: Level = "ventricles" if choice.random() < 0.7 else "vertex"
    drawn_sequence: Sequence = "t1" if choice.random() < 0.6 else "flair"
    contrast = sequence or drawn_sequence
    anatomy = draw_anatomy(form, "base" if lesion == "pituitary" else drawn_level)

    signal = _SIGNAL[contrast]
    image = sum(getattr(anatomy, tissue) * value for tissue, value in signal.items())
    image = image * (1.0 + 0.035 * band_noise(form, 0.09, 0.8) + 0.03 * band_noise(form, 0.4))
    mask = np.zeros((CANVAS, CANVAS), dtype=bool)
    if lesion != "none":
        image, mask = _PAINTERS[lesion](np.asarray(image), anatomy, contrast, growth)
    pixels = _receive(np.asarray(image), size, receiver)
    small_mask = cv2.resize(mask.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    label = "notumor" if lesion == "none" else lesion
    return Phantom(pixels, np.asarray(small_mask >= 0.5), label, seed, contrast)


def _receive(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Add what a scanner adds: receive-coil bias, blur and Rician noise; return uint8."""
    x, y = grid()
    bias = 1.0 + rng.normal(0, 0.07) * x + rng.normal(0, 0.07) * y
    bias = bias + rng.uniform(0.0, 0.10) * (x**2 + y**2) + 0.03 * band_noise(rng, 1.5)
    shaded = np.clip(image * bias, 0, None).astype(np.float32)
    fine = cv2.resize(shaded, (size, size), interpolation=cv2.INTER_AREA)
    sigma = rng.uniform(0.010, 0.022)
    real, imaginary = rng.normal(0.0, sigma, (2, size, size))
    magnitude = np.hypot(fine + real, imaginary)
    return np.asarray(np.clip(magnitude * 245.0 + 0.5, 0, 255), dtype=np.uint8)


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
    image = _blend(image, cleft, _SIGNAL[contrast]["csf"] + 0.08)
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
    image = _blend(image, moat, _SIGNAL[contrast]["csf"])
    return _blend(image, mass, value + 0.03 * band_noise(rng, 0.06, 0.6)), mass


_PAINTERS = {"glioma": _glioma, "meningioma": _meningioma, "pituitary": _pituitary}


def phantom_png(phantom: Phantom) -> bytes:
    """Return the slice as an 8-bit grey PNG, marked synthetic.

    The word ``SYNTHETIC`` stands in the lower right corner of the picture and in the PNG's text
    chunks, so that neither a reader nor a program takes the file for a patient's.
    """
    image = Image.fromarray(phantom.pixels)
    side = image.width
    font = ImageFont.load_default(max(8, round(side * 0.04)))
    ImageDraw.Draw(image).text(
        (side - side * 0.02, side - side * 0.015), "SYNTHETIC", fill=150, font=font, anchor="rd"
    )
    text = PngInfo()
    text.add_text("Title", f"SYNTHETIC brain slice, {phantom.label}, seed {phantom.seed}")
    text.add_text("Description", "SYNTHETIC. A drawing made by BrainScan; not a patient's image.")
    text.add_text("Software", "BrainScan phantom generator")
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=text)
    return buffer.getvalue()


def write_phantom_dataset(
    folder: Path, per_class: int, seed: int = 0, *, size: int = 256
) -> list[Path]:
    """Write class folders of synthetic slices.

    Parameters
    ----------
    folder
        Created when missing; gets ``glioma/``, ``meningioma/``, ``notumor/``, ``pituitary/``.
    per_class
        Number of slices in each class folder.
    seed
        First seed; every slice of the dataset has its own.
    size
        Side of each slice in pixels.

    Returns
    -------
    list of Path
        The files written, in order.
    """
    written: list[Path] = []
    for position, (label, lesion) in enumerate(_CLASS_FOLDERS.items()):
        target = folder / label
        target.mkdir(parents=True, exist_ok=True)
        for index in range(per_class):
            own_seed = seed + position * per_class + index
            phantom = phantom_slice(own_seed, lesion=lesion, size=size)
            path = target / f"{label}-{own_seed:04d}.png"
            path.write_bytes(phantom_png(phantom))
            written.append(path)
    return written
