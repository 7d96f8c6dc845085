"""The outermost pixels of a slice and the outside of its file, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from brainscan.data.survey import ImageFacts

RIM = 0.02
"""Width of the rim looked at, as a share of the side (at least one pixel)."""

_SECTORS = 16
RIM_LENGTH = 4 * (_SECTORS + 1)
"""Values of :func:`rim_features`."""


def rim_features(pixels: np.ndarray) -> np.ndarray:
    """Describe the outermost pixels of a slice.

    Each side's rim is cut into 16 pieces; given are their mean values and the standard
    deviation along the side, in units of the dtype's range (float slices: of their own range).

    Parameters
    ----------
    pixels
        ``(height, width)`` array, finite. Not modified.

    Returns
    -------
    numpy.ndarray
        ``(RIM_LENGTH,)`` float32.
    """
    height, width = pixels.shape
    depth = max(1, round(RIM * min(height, width)))
    if np.issubdtype(pixels.dtype, np.integer):
        scale = float(np.iinfo(pixels.dtype).max)
    else:
        scale = float(np.abs(pixels).max()) or 1.0
    sides = (pixels[:depth], pixels[-depth:], pixels[:, :depth].T, pixels[:, -depth:].T)
    values: list[float] = []
    for side in sides:
        line = side.mean(axis=0, dtype=np.float64) / scale
        edges = np.linspace(0, len(line), _SECTORS + 1)
        starts = np.minimum(edges[:-1].astype(int), len(line) - 1)
        ends = np.maximum(edges[1:].astype(int), starts + 1)
        values += [float(line[a:b].mean()) for a, b in zip(starts, ends, strict=True)]
        values.append(float(line.std()))
    return np.asarray(values, np.float32)


def file_features(images: Sequence[ImageFacts]) -> np.ndarray:
    """Describe files by logarithms of bytes, pixels and bytes a pixel, format and mode.

    Returns
    -------
    numpy.ndarray
        ``(n, columns)`` float32; one column for each format and mode that occurs.
    """
    pixels = np.array([image.width * image.height for image in images], np.float64)
    size = np.array([image.bytes for image in images], np.float64)
    aspect = np.array([image.width / image.height for image in images])
    columns = [np.log(size), np.log(pixels), np.log(size / pixels), np.log(aspect)]
    for names in ([i.format for i in images], [i.mode for i in images]):
        columns += [np.array([n == name for n in names], float) for name in sorted(set(names))]
    return np.column_stack(columns).astype(np.float32)
