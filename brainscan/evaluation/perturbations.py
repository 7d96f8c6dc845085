"""Small changes of a slice that leave its answer unchanged for a reader.

They act on the decoded slice, before preprocessing, as they happen to scans on their way to
the program: mirrored or turned by a viewer, exported as JPEG, cut out of the screen. All are
deterministic; dtype is kept, and no value leaves the range of the slice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from brainscan.imaging.scan import Scan

ROTATION = 7.0  # degrees
GAMMAS = (0.8, 1.25)
JPEG_QUALITY = 60
CROP = 0.20  # of height and of width
NOISE = 0.03  # standard deviation as a share of the robust range
SEED = 20_240_229
_ROBUST = (0.5, 99.5)  # percentiles

Change = Callable[[np.ndarray], np.ndarray]
Placement = Callable[[int, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Perturbed:
    """A changed slice and the way back from its pixels.

    Attributes
    ----------
    scan
        The changed slice. Its ``sha256`` is derived from the original's and the change, so
        that no cache takes it for the original.
    matrix
        ``(2, 3)`` float64: takes ``(x, y, 1)`` of the original to ``(x, y)`` of the changed
        slice; whole numbers are pixel centres.
    """

    scan: Scan
    matrix: np.ndarray

    def forward(self, row: float, column: float) -> tuple[float, float]:
        """Return where a point of the original lies in the changed slice, maybe outside."""
        x, y = self.matrix @ (column, row, 1.0)
        return float(y), float(x)

    def back(self, row: float, column: float) -> tuple[float, float]:
        """Return where a point of the changed slice lies in the original."""
        x, y = cv2.invertAffineTransform(self.matrix) @ (column, row, 1.0)
        return float(y), float(x)

    def shows(self, row: float, column: float) -> bool:
        """Return whether a point of the original is still inside the changed slice."""
        y, x = self.forward(row, column)
        return -0.5 <= y < self.scan.height - 0.5 and -0.5 <= x < self.scan.width - 0.5


def _unmoved(height: int, width: int) -> np.ndarray:
    return np.eye(2, 3)


@dataclass(frozen=True)
class Perturbation:
    """A named change.

    Attributes
    ----------
    key
        Name in files, for example ``"jpeg_60"``.
    name
        Name for people.
    change
        Takes ``(height, width)`` pixels to changed ones of the same dtype.
    placement
        From the slice's height and width to the matrix of :class:`Perturbed`.
    """

    key: str
    name: str
    change: Change
    placement: Placement = _unmoved

    def apply(self, scan: Scan) -> Perturbed:
        """Return the changed slice; the original is not modified."""
        digest = hashlib.sha256(f"{scan.sha256} {self.key}".encode()).hexdigest()
        pixels = np.ascontiguousarray(self.change(scan.pixels))
        changed = replace(scan, pixels=pixels, sha256=digest, warnings=())
        return Perturbed(changed, self.placement(scan.height, scan.width))


def _robust_range(pixels: np.ndarray) -> tuple[float, float]:
    """Return low and high percentile; the full range where they coincide."""
    low, high = np.percentile(pixels, _ROBUST)
    if high > low:
        return float(low), float(high)
    return float(pixels.min()), float(pixels.max())


def _restore(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return float values in the dtype and within the range of another array."""
    kept = np.clip(values, float(like.min()), float(like.max()))
    if np.issubdtype(like.dtype, np.integer):
        kept = np.rint(kept)
    return kept.astype(like.dtype)


def flip(pixels: np.ndarray) -> np.ndarray:
    """Mirror left to right."""
    return pixels[:, ::-1]


def _flip_placement(height: int, width: int) -> np.ndarray:
    return np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0]])


def _rotation_placement(degrees: float) -> Placement:
    def placement(height: int, width: int) -> np.ndarray:
        center = ((width - 1) / 2, (height - 1) / 2)
        return np.asarray(cv2.getRotationMatrix2D(center, degrees, 1.0), np.float64)

    return placement


def _rotated(degrees: float) -> Change:
    placement = _rotation_placement(degrees)

    def rotate(pixels: np.ndarray) -> np.ndarray:
        """Turn about the centre within the same frame; new corners get the rim's median."""
        height, width = pixels.shape
        rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        turned = cv2.warpAffine(
            pixels.astype(np.float32),
            placement(height, width),
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=float(np.median(rim)),
        )
        return _restore(turned, pixels)

    return rotate


def _gamma(exponent: float) -> Change:
    def bend(pixels: np.ndarray) -> np.ndarray:
        """Raise the values, 0 and 1 at the ends of the robust range, to a power."""
        low, high = _robust_range(pixels)
        if not high > low:
            return pixels.copy()
        share = np.maximum((pixels.astype(np.float64) - low) / (high - low), 0.0)
        return _restore(low + (high - low) * share**exponent, pixels)

    return bend


def jpeg(pixels: np.ndarray) -> np.ndarray:
    """Encode as JPEG and decode again.

    Slices of more than 8 bits are first reduced to 256 levels over their robust range, as a
    viewer does when it exports a JPEG; brighter and darker pixels are cut.
    """
    low, high = (0.0, 255.0) if pixels.dtype == np.uint8 else _robust_range(pixels)
    if not high > low:
        return pixels.copy()
    share = np.clip((pixels.astype(np.float64) - low) / (high - low), 0.0, 1.0)
    shown = np.rint(share * 255.0).astype(np.uint8)
    _, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float64)
    return _restore(low + (high - low) * decoded / 255.0, pixels)


def _cut(side: int) -> int:
    """Return the pixels that a crop takes off at either end of a side."""
    return round(side * CROP / 2)


def crop(pixels: np.ndarray) -> np.ndarray:
    """Keep the middle 80 % of height and width.

    A tenth is lost at each edge, as with a screenshot drawn too tightly around the picture.
    Where the head fills the frame, its rim is cut; where there is much background, the
    slice loses only that.
    """
    top, left = _cut(pixels.shape[0]), _cut(pixels.shape[1])
    return pixels[top : pixels.shape[0] - top, left : pixels.shape[1] - left]


def _crop_placement(height: int, width: int) -> np.ndarray:
    return np.array([[1.0, 0.0, -_cut(width)], [0.0, 1.0, -_cut(height)]])


def noise(pixels: np.ndarray) -> np.ndarray:
    """Add Gaussian noise with a standard deviation of 3 % of the robust range."""
    low, high = _robust_range(pixels)
    grain = np.random.default_rng(SEED).standard_normal(pixels.shape, dtype=np.float32)
    return _restore(pixels + NOISE * (high - low) * grain.astype(np.float64), pixels)


PERTURBATIONS: tuple[Perturbation, ...] = (
    Perturbation("flip", "Mirrored", flip, _flip_placement),
    Perturbation(
        "rotate_left", f"Turned left {ROTATION:g}°", _rotated(ROTATION),
        _rotation_placement(ROTATION),
    ),
    Perturbation(
        "rotate_right", f"Turned right {ROTATION:g}°", _rotated(-ROTATION),
        _rotation_placement(-ROTATION),
    ),
    Perturbation("gamma_0.8", "Brightened", _gamma(GAMMAS[0])),
    Perturbation("gamma_1.25", "Darkened", _gamma(GAMMAS[1])),
    Perturbation("jpeg_60", f"JPEG quality {JPEG_QUALITY}", jpeg),
    Perturbation("crop_20", f"Cropped {100 * CROP:g} %", crop, _crop_placement),
    Perturbation("noise", "Mild noise", noise),
)  # fmt: skip
