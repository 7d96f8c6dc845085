"""The one function that turns a slice into the network's input, and the way back.

Training, evaluation, the app and the benchmarks all call :func:`preprocess` with the
:class:`Preprocessing` that travels in the release manifest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np

from brainscan.errors import InputRejected, ModelUnavailable
from brainscan.imaging.geometry import Geometry


@dataclass(frozen=True)
class Preprocessing:
    """Parameters of :func:`preprocess`.

    Attributes
    ----------
    size
        Side of the square network input in pixels.
    low_percentile, high_percentile
        Intensities of the head (background excluded) mapped to 0 and 255.
    foreground
        A pixel belongs to the head when it exceeds this share of the robust maximum.
    margin
        Rim kept around the head, as a share of its longer side, where the background is not
        uniform; a uniform background is cropped whole.
    """

    size: int = 192
    low_percentile: float = 1.0
    high_percentile: float = 99.5
    foreground: float = 0.10
    margin: float = 0.02

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as a plain dict."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Preprocessing:
        """Rebuild the parameters from :meth:`to_json`; unknown or missing keys are an error."""
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            msg = (
                "The model's preprocessing parameters do not fit this version of BrainScan: "
                f"found {sorted(values)}, expected {sorted(names)}. Update BrainScan or the model."
            )
            raise ModelUnavailable(msg)
        return cls(**values)


_UNIFORM = 0.06  # spread of an outer row, as a share of the slice's, below which it is cropped
_THUMBNAIL = 128  # longer side in pixels on which head and intensities are measured


def preprocess(
    pixels: np.ndarray, how: Preprocessing, aspect: float = 1.0
) -> tuple[np.ndarray, Geometry]:
    """Turn a slice into the network's input.

    Uniform borders and the background are cropped, the aspect is kept, intensities of the
    head are mapped linearly between two robust percentiles, and the result is resampled and
    centred in a square. The result has 256 levels so that a cached slice and a fresh one are
    the same bytes.

    Pictures come with display brightness, DICOM and NIfTI with modality values (after rescale
    slope and intercept); either is scaled by its own percentiles here. A display window or VOI
    LUT of the file is never applied: the answer must not depend on how somebody looked at it.

    Parameters
    ----------
    pixels
        ``(height, width)`` array of any real dtype; finite. Not modified.
    how
        Parameters.
    aspect
        Height of a pixel in units of its width (``Scan.aspect``); the result has square pixels.

    Returns
    -------
    numpy.ndarray
        ``(size, size)`` uint8, zero outside the crop.
    Geometry
        The way back to the slice.

    Raises
    ------
    InputRejected
        When nothing is left after cropping: a blank or almost blank slice.
    """
    values = pixels.astype(np.float32)
    top, bottom, left, right = _without_uniform_border(values)
    box, low, high = _head(values[top:bottom, left:right], how)
    geometry = _centred(
        values.shape, top + box[0], top + box[1], left + box[2], left + box[3], how.size, aspect
    )
    placed = geometry.place(values, fill=low)
    scaled = (placed - np.float32(low)) * np.float32(255.0 / (high - low))
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8), geometry


def _without_uniform_border(values: np.ndarray) -> tuple[int, int, int, int]:
    """Bounds without the outer rows and columns of (almost) one value.

    Repeated, because a page's black rim may enclose a white frame, or the other way round.
    """
    top, bottom, left, right = 0, values.shape[0], 0, values.shape[1]
    tolerance = _UNIFORM * _contrast(values)
    while True:
        inside = values[top:bottom, left:right]
        rows = np.flatnonzero(_spread(inside, axis=1) > tolerance)
        cols = np.flatnonzero(_spread(inside, axis=0) > tolerance)
        if rows.size < 8 or cols.size < 8:
            raise InputRejected(
                "The slice is blank: (almost) every pixel has the same value. "
                "Choose a slice that shows the brain."
            )
        if (rows[0], rows[-1] + 1) == (0, bottom - top) and (
            (cols[0], cols[-1] + 1) == (0, right - left)
        ):
            return top, bottom, left, right
        top, bottom = top + int(rows[0]), top + int(rows[-1]) + 1
        left, right = left + int(cols[0]), left + int(cols[-1]) + 1


def _contrast(values: np.ndarray) -> float:
    """Range of the values, without the few hot pixels that 12- and 16-bit files may have."""
    low, high = float(values.min()), float(values.max())
    step = max(1, round((values.size / 20_000) ** 0.5))
    usual_low, usual_high = np.percentile(values[::step, ::step], [0.5, 99.5])
    usual = float(usual_high - usual_low)
    return high - low if usual <= 0 else min(high - low, 2 * usual)


def _spread(values: np.ndarray, axis: int) -> np.ndarray:
    spread: np.ndarray = values.max(axis=axis) - values.min(axis=axis)
    return spread


def _head(values: np.ndarray, how: Preprocessing) -> tuple[tuple[int, int, int, int], float, float]:
    """Box (top, bottom, left, right) of the largest bright object, and its black and white.

    Measured on a thumbnail: as good, and as fast for a 4096-pixel slice as for a small one.
    """
    height, width = values.shape
    shrink = max(height, width) / _THUMBNAIL
    thumbnail = values
    if shrink > 1:
        size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
        thumbnail = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.blur(thumbnail, (3, 3))
    floor, ceiling = np.percentile(smooth, [0.5, 99.0])
    bright = (smooth > floor + how.foreground * (ceiling - floor)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    if count < 2:
        raise InputRejected(
            "No head was found on the slice: nothing stands out from the background. "
            "Choose a slice that shows the brain."
        )
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    inside = thumbnail[labels == largest]
    low, high = np.percentile(inside, [how.low_percentile, how.high_percentile])
    if not high > low:
        raise InputRejected(
            "The slice has no contrast: the object on it has a single brightness. "
            "Choose a slice that shows the brain."
        )
    # Air is darker than the darkest tissue: black lies half way, so that neither is lost.
    black = min(low, (low + floor) / 2)
    x, y, w, h = (int(stats[largest, i]) for i in range(4))
    down, across = height / thumbnail.shape[0], width / thumbnail.shape[1]
    margin = how.margin * max(h * down, w * across)
    box = (
        max(0, int(y * down - margin)),
        min(height, int(np.ceil((y + h) * down + margin))),
        max(0, int(x * across - margin)),
        min(width, int(np.ceil((x + w) * across + margin))),
    )
    return box, float(black), float(high)


def _centred(
    shape: tuple[int, ...],
    top: int,
    bottom: int,
    left: int,
    right: int,
    size: int,
    aspect: float,
) -> Geometry:
    height, width = bottom - top, right - left
    scale = size / max(height * aspect, width)
    inner_height = max(1, round(height * aspect * scale))
    inner_width = max(1, round(width * scale))
    return Geometry(
        slice_height=shape[0],
        slice_width=shape[1],
        top=top,
        left=left,
        crop_height=height,
        crop_width=width,
        pad_top=(size - inner_height) // 2,
        pad_left=(size - inner_width) // 2,
        inner_height=inner_height,
        inner_width=inner_width,
        size=size,
    )
