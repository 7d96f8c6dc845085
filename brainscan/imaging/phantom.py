"""Synthetic brain slices for samples, demonstrations and tests.

The slices imitate contrast-enhanced T1 and FLAIR magnetic resonance images closely enough to
exercise every screen, with the lesion's outline known exactly. They are drawings: no model
may be judged by them, and every exported file says ``SYNTHETIC``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from brainscan.imaging.phantom_anatomy import CANVAS, Level, band_noise, draw_anatomy, grid
from brainscan.imaging.phantom_lesions import PAINTERS, SIGNAL, Sequence

Lesion = Literal["none", "glioma", "meningioma", "pituitary"]

_SMALLEST = 64


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

    signal = SIGNAL[contrast]
    image = sum(getattr(anatomy, tissue) * value for tissue, value in signal.items())
    image = image * (1.0 + 0.035 * band_noise(form, 0.09, 0.8) + 0.03 * band_noise(form, 0.4))
    mask = np.zeros((CANVAS, CANVAS), dtype=bool)
    if lesion != "none":
        image, mask = PAINTERS[lesion](np.asarray(image), anatomy, contrast, growth)
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
