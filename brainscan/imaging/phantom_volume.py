"""A synthetic head in three dimensions, with a lesion whose outline is known exactly.

A drawing for samples, demonstrations and tests, like :mod:`brainscan.imaging.phantom`: every
outline is an analytic surface, every fold of the cortex a zero crossing of band-limited noise.
It imitates a contrast-enhanced T1 scan; no model may be judged by it. Coordinates are RAS+
millimetres around a point between the lateral ventricles.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import cv2
import nibabel as nib
import numpy as np

from brainscan.imaging.phantom_lesions import SIGNAL

PHANTOM_NAME = "synthetic-head-t1ce.nii.gz"
"""File name of the sample; it says that it is synthetic wherever it is shown."""

Point = tuple[float, float, float]

_SHAPE = (160, 188, 54)
_SPACING = (1.2, 1.2, 2.5)
_LOWEST = -42.0  # mm, of the first axial slice
_SCALP, _SKULL = 5.5, 5.5  # mm
_FULL = 1000.0  # stored value of signal 1


@dataclass(frozen=True, eq=False)
class PhantomVolume:
    """A synthetic scan with its ground truth.

    Attributes
    ----------
    voxels
        ``(160, 188, 54)`` uint16, RAS+.
    mask
        Same shape, bool: true inside the lesion (oedema not included).
    affine
        ``(4, 4)`` float64, voxel index to RAS+ millimetres.
    seed
        The seed that draws it again.
    """

    voxels: np.ndarray
    mask: np.ndarray
    affine: np.ndarray
    seed: int


def phantom_volume(seed: int, *, lesion: bool = True) -> PhantomVolume:
    """Draw a head; the same arguments give the same voxels in every process.

    Parameters
    ----------
    seed
        Any integer of zero or more.
    lesion
        Whether to paint a rim-enhancing mass with a dark core and oedema, on the patient's
        right. It never changes the head around it.

    Raises
    ------
    ValueError
        If ``seed`` is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be zero or more, got {seed}.")
    form, growth, receiver = (np.random.default_rng([seed, 3, part]) for part in range(3))
    place = _Place(form)
    image, inner, white = _head(place)
    mask = np.zeros(_SHAPE, bool)
    if lesion:
        image, mask = _mass(_Place(growth), image, inner, white)
    affine = np.diag((*_SPACING, 1.0))
    affine[:3, 3] = [axis.flat[0] for axis in place.axes]
    return PhantomVolume(_receive(_Place(receiver), image), mask, affine, seed)


def phantom_nifti(phantom: PhantomVolume) -> bytes:
    """Return the scan as ``.nii.gz``, marked synthetic in its header; equal bytes each time."""
    picture = nib.Nifti1Image(phantom.voxels, phantom.affine)
    picture.header["descrip"] = b"SYNTHETIC: drawn by BrainScan, not a patient"
    picture.header.set_xyzt_units("mm")
    return gzip.compress(picture.to_bytes(), compresslevel=1, mtime=0)


class _Place:
    """The grid in millimetres, and noise on it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        starts = [-(count - 1) / 2 * step for count, step in zip(_SHAPE, _SPACING, strict=True)]
        starts[2] = _LOWEST
        lines = (
            start + step * np.arange(count)
            for start, step, count in zip(starts, _SPACING, _SHAPE, strict=True)
        )
        self.axes = np.meshgrid(*(line.astype(np.float32) for line in lines), indexing="ij",
                                sparse=True)  # fmt: skip

    def noise(self, wavelength: float, octaves: float = 0.35) -> np.ndarray:
        """Return Gaussian noise limited to a shell of frequencies; mean 0, deviation 1.

        Parameters
        ----------
        wavelength
            Centre of the shell in millimetres.
        octaves
            Standard deviation of its log-normal profile.
        """
        white = np.fft.rfftn(self.rng.standard_normal(_SHAPE, np.float32))
        steps = [np.fft.fftfreq(n, d) for n, d in zip(_SHAPE[:2], _SPACING[:2], strict=True)]
        steps.append(np.fft.rfftfreq(_SHAPE[2], _SPACING[2]))
        x, y, z = np.meshgrid(*steps, indexing="ij", sparse=True)
        frequency = np.sqrt(x * x + y * y + z * z)
        frequency[0, 0, 0] = 1e-9
        shell = np.exp(-0.5 * (np.log2(frequency * wavelength) / octaves) ** 2)
        shell[0, 0, 0] = 0.0
        field = np.fft.irfftn(white * shell, s=_SHAPE, axes=(0, 1, 2))
        return np.asarray(field / field.std(), np.float32)

    def ball(self, centre: Point, radii: Point, *, mirrored: bool = False) -> np.ndarray:
        """Return the normalised radius around a centre: 1 on the ellipsoid.

        ``mirrored`` takes the nearer one of the pair on both sides of the midline.
        """
        x, y, z = self.axes
        across = np.abs(x) - abs(centre[0]) if mirrored else x - centre[0]
        parts = (across / radii[0], (y - centre[1]) / radii[1], (z - centre[2]) / radii[2])
        return np.asarray(np.sqrt(sum(part * part for part in parts)), np.float32)


def _head(place: _Place) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw head and brain without a lesion.

    Returns
    -------
    image, inner, white
        Signal; bool, the brain without its rim; share of white matter.
    """
    x, y, z = place.axes
    signal = SIGNAL["t1"]
    wobble = place.noise(90.0, 0.5)
    below = np.where(z < 0, z / 190.0, z / 88.0)  # a neck rather than the other half of an egg
    outer = np.sqrt((x / 76.0) ** 2 + (y / 94.0) ** 2 + below**2) + 0.008 * wobble
    inside = (1.0 - outer) * 82.0  # mm below the skin, nearly
    floor = np.where(z < 0, z / 52.0, z / 77.0)
    rim = np.sqrt((x / 65.0) ** 2 + (y / 83.0) ** 2 + floor**2) + 0.008 * wobble
    depth = (1.0 - rim) * 70.0  # mm below the surface of the brain, nearly
    cerebellum = place.ball((0.0, -46.0, -40.0), (46.0, 32.0, 20.0)) + 0.03 * wobble
    stem = place.ball((0.0, -19.0, -45.0), (13.0, 12.0, 38.0)) + 0.03 * wobble
    brain = (depth > 0) | (cerebellum < 1) | (stem < 1)

    folds = place.noise(20.0, 0.25) + 0.25 * place.noise(11.0)
    reach = 22.0 + 5.0 * place.noise(40.0)
    cortex_zone = (depth > 0) & (depth < reach) & (cerebellum > 1.06) & (stem > 1.2)
    sulci = cortex_zone & (np.abs(folds) < 0.16 * np.clip(1.3 - depth / 26.0, 0.3, 1.1))
    middle = np.abs(x + 2.5 * wobble) < 1.2
    fissure = middle & (depth > 0) & ((z > 28) | (np.abs(y) > 48)) & (stem > 1.2)
    horns = place.ball((11.0, 20.0, 13.0), (5.5, 16.0, 7.0), mirrored=True) < 1
    bodies = place.ball((12.0, -8.0, 19.0), (5.0, 26.0, 6.5), mirrored=True) < 1
    atria = place.ball((23.0, -36.0, 9.0), (5.5, 17.0, 9.0), mirrored=True) < 1
    third = place.ball((0.0, -4.0, -1.0), (2.2, 17.0, 12.0)) < 1
    cistern = place.ball((0.0, 2.0, -22.0), (15.0, 13.0, 8.0)) < 1
    valley = place.ball((58.0, 6.0, -2.0), (23.0, 29.0, 40.0), mirrored=True) < 1
    sylvian = valley & (np.abs(z + 3.0 - 0.35 * y + 4.0 * wobble) < 1.8)
    moat = ((cerebellum > 1) & (cerebellum < 1.06)) | ((stem > 1) & (stem < 1.25) & (z < -14))
    fluid = brain & (sulci | fissure | horns | bodies | atria | third | cistern | sylvian | moat)
    fluid |= (depth > -2.5) & (depth <= 2.0 + wobble) & ~(cerebellum < 1) & ~(stem < 1)

    nuclei = place.ball((13.0, 10.0, 9.0), (4.5, 13.0, 7.0), mirrored=True) < 1
    nuclei |= place.ball((25.0, 1.0, 2.0), (6.5, 16.0, 8.5), mirrored=True) < 1
    nuclei |= place.ball((10.0, -14.0, 6.0), (8.5, 13.0, 8.5), mirrored=True) < 1
    ribbon = cortex_zone & ((np.abs(folds) < 0.62) | (depth < 5.0))
    folia = (cerebellum < 1) & (np.sin(y * 0.9 + z * 1.1 + 2.0 * wobble) > -0.1)
    grey = brain & ~fluid & (ribbon | nuclei | folia)
    white = brain & ~fluid & ~grey

    skull = (inside > _SCALP) & (inside < _SCALP + _SKULL)
    marrow = skull & (np.abs(inside - _SCALP - _SKULL / 2) < 0.9)
    scalp = (inside > 0) & (inside <= _SCALP)
    deep = (inside >= _SCALP + _SKULL) & ~brain & ~fluid
    sinus = deep & (place.ball((0.0, 62.0, -48.0), (26.0, 22.0, 22.0)) < 1)
    image = np.zeros(_SHAPE, np.float32)
    image[deep] = 0.30 + 0.05 * place.noise(14.0)[deep]
    for region, value in (
        (sinus, 0.04),
        (scalp, signal["scalp"]),
        (skull, signal["skull"]),
        (marrow, 0.45),
        (fluid, signal["csf"]),
        (grey, signal["grey"]),
        (white, signal["white"]),
    ):
        image[region] = value
    image *= 1.0 + 0.03 * place.noise(9.0, 0.8)
    return image, brain & (depth > 3.0), white.astype(np.float32)


def _mass(
    place: _Place, image: np.ndarray, inner: np.ndarray, white: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Paint a rim-enhancing mass with a necrotic core and oedema; return it with its mask."""
    radius = float(place.rng.uniform(16.0, 20.0))
    centre = (33.0, float(place.rng.uniform(-14.0, 14.0)), float(place.rng.uniform(22.0, 30.0)))
    shape = place.ball(centre, (radius, 1.12 * radius, 0.95 * radius)) + 0.09 * place.noise(22.0)
    mass = inner & (shape < 1.0)
    core = mass & (shape + 0.06 * place.noise(13.0) < 0.62)
    oedema = (inner & (shape < 1.75)) * (0.35 + 0.65 * white)
    painted = image * (1.0 - 0.36 * np.clip(oedema, 0.0, 1.0))
    patches = place.noise(7.0, 0.6)
    painted[mass] = (0.80 + 0.05 * patches)[mass]
    painted[core] = (0.24 + 0.02 * patches)[core]
    return painted, mass


def _receive(place: _Place, image: np.ndarray) -> np.ndarray:
    """Add what a scanner adds: blur, receive-coil bias and Rician noise; return uint16."""
    x, y, z = place.axes
    # The axial slices stand as channels; partial volume between them is part of each drawing.
    soft = cv2.GaussianBlur(image, (0, 0), 0.7)
    bias = 1.0 + 0.0006 * x - 0.0004 * y + 0.000006 * (x * x + y * y) + 0.0003 * z
    real, imaginary = place.rng.normal(0.0, 0.014, (2, *_SHAPE)).astype(np.float32)
    magnitude = np.hypot(soft * bias + real, imaginary)
    return np.asarray(np.clip(magnitude * _FULL + 0.5, 0, 65535), np.uint16)
