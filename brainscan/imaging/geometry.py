"""Where the network's input lies in the slice, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from brainscan.errors import InputRejected


@dataclass(frozen=True)
class Geometry:
    """Where the network's input lies in the slice. All values in pixels.

    The crop ``[top, top + crop_height) x [left, left + crop_width)`` of the slice fills
    ``[pad_top, pad_top + inner_height) x [pad_left, pad_left + inner_width)`` of the input.
    """

    slice_height: int
    slice_width: int
    top: int
    left: int
    crop_height: int
    crop_width: int
    pad_top: int
    pad_left: int
    inner_height: int
    inner_width: int
    size: int

    def to_slice(self, grid: np.ndarray) -> np.ndarray:
        """Resample a square map on the input to the slice.

        Bilinear with half-pixel centres: cell ``i`` of ``n`` covers input pixels
        ``[i, i + 1) * size / n``. Outside the crop nothing was seen, so the result is zero.

        Parameters
        ----------
        grid
            ``(n, n)`` float array.

        Returns
        -------
        numpy.ndarray
            ``(slice_height, slice_width)`` float32.
        """
        cells = grid.shape[0]
        upper, lower, share = _taps(
            self.crop_height, self.pad_top, self.inner_height, self.size, cells
        )
        left, right, weight = _taps(
            self.crop_width, self.pad_left, self.inner_width, self.size, cells
        )
        values = grid.astype(np.float32)
        rows = values[upper] + share[:, None] * (values[lower] - values[upper])
        first = rows[:, left]
        inside = first + weight * (rows[:, right] - first)
        result = np.zeros((self.slice_height, self.slice_width), np.float32)
        result[self.top : self.top + self.crop_height, self.left : self.left + self.crop_width] = (
            inside
        )
        return result

    def to_input(self, mask: np.ndarray) -> np.ndarray:
        """Take a ``(slice_height, slice_width)`` bool mask to the input: ``(size, size)`` bool."""
        if mask.shape != (self.slice_height, self.slice_width):
            msg = (
                f"The mask is {mask.shape[1]} x {mask.shape[0]} pixels but its slice is "
                f"{self.slice_width} x {self.slice_height}. Export both at the same size."
            )
            raise InputRejected(msg)
        return self.place(mask.astype(np.float32)) >= 0.5

    def place(self, values: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """Crop, resample and centre a slice: ``(size, size)`` float32, ``fill`` around it."""
        crop = values[
            self.top : self.top + self.crop_height, self.left : self.left + self.crop_width
        ]
        shrinks = self.inner_height < self.crop_height
        inner = cv2.resize(
            np.ascontiguousarray(crop),
            (self.inner_width, self.inner_height),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        )
        placed = np.full((self.size, self.size), fill, np.float32)
        placed[
            self.pad_top : self.pad_top + self.inner_height,
            self.pad_left : self.pad_left + self.inner_width,
        ] = inner
        return placed

    def from_input_of(self, other: Geometry, grid: np.ndarray) -> np.ndarray:
        """Resample a square map on another slice's input to this one's: ``grid``'s shape, float32.

        The two slices have the same pixels but heads, and so crops, of their own. In one bilinear
        step: the way over the slice would cost many times that. Zero beyond the other's input.

        Parameters
        ----------
        other
            Of a slice of the same shape.
        grid
            ``(n, n)`` float array.
        """
        cells = len(grid)
        pairs = zip(self._axes(), other._axes(), strict=True)
        way = np.zeros((2, 3))
        for axis, ((start, pad, scale), (start_there, pad_there, scale_there)) in enumerate(pairs):
            factor = scale_there / scale
            # In pixels of the inputs, whose edges, not middles, lie at whole numbers.
            shift = pad_there + (start - start_there) * scale_there - factor * pad
            way[axis, axis] = factor
            way[axis, 2] = shift * cells / self.size + (factor - 1) / 2
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(grid.astype(np.float32), way, (cells, cells), flags=flags))

    def _axes(self) -> tuple[tuple[int, int, float], tuple[int, int, float]]:
        """Return, across and down, where the crop begins on slice and input, and its scale."""
        return (
            (self.left, self.pad_left, self.inner_width / self.crop_width),
            (self.top, self.pad_top, self.inner_height / self.crop_height),
        )


@lru_cache(maxsize=256)
def _taps(
    crop: int, pad: int, inner: int, size: int, cells: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells before and after each of the crop's pixels, and the share of the latter."""
    pixel = np.arange(crop) + 0.5
    position = np.clip((pixel * inner / crop + pad) * cells / size - 0.5, 0, cells - 1)
    before = np.floor(position).astype(int)
    after = np.minimum(before + 1, cells - 1)
    return before, after, (position - before).astype(np.float32)
