"""From whatever channels a file has to the one channel a scan has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

_CLEARLY_COLORED = 0.12
_COLORED_SHARE = 0.01

_TURNS: dict[int, Callable[[np.ndarray], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def luma(rgb: np.ndarray) -> np.ndarray:
    """Return the luma of an RGB image: Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Integers are computed in fixed-point arithmetic and rounded, so that the result is
    within one grey level of the exact value. Where red, green and blue are equal everywhere,
    the result is exactly that value.

    Parameters
    ----------
    rgb
        ``(height, width, 3)`` uint8, uint16 or float32, channels in the order red, green, blue.

    Returns
    -------
    np.ndarray
        ``(height, width)`` of the same dtype.
    """
    return reduce_rgb(rgb)[0]


def reduce_rgb(rgb: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the luma of an RGB image, and whether it is clearly a colour image.

    It is when in more than 1 % of the pixels the channels differ by more than 12 % of the
    range: well beyond the tint that JPEG and WebP leave in a grey picture stored as colour.

    Parameters
    ----------
    rgb
        As for :func:`luma`.
    """
    red, green, blue = cv2.split(rgb)
    chroma = np.asarray(cv2.max(cv2.absdiff(red, green), cv2.absdiff(green, blue)))
    largest = float(chroma.max())
    if largest == 0.0:
        return np.asarray(green), False
    if rgb.dtype == np.uint16:
        # OpenCV's 16-bit conversion is off by more than one level; these weights sum to 2**16.
        weighted = red * np.uint32(19595) + green * np.uint32(38470) + blue * np.uint32(7471)
        pixels = ((weighted + np.uint32(1 << 15)) >> np.uint32(16)).astype(np.uint16)
    else:
        pixels = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    top = float(np.ptp(rgb)) if rgb.dtype == np.float32 else float(np.iinfo(rgb.dtype).max)
    clearly = _CLEARLY_COLORED * top
    if largest <= clearly:
        return pixels, False
    return pixels, int(np.count_nonzero(chroma > clearly)) > _COLORED_SHARE * chroma.size


def over_black(channels: np.ndarray) -> tuple[np.ndarray, bool]:
    """Lay an image with transparency over black.

    Parameters
    ----------
    channels
        ``(height, width, 2)`` grey and alpha or ``(height, width, 4)`` red, green, blue and
        alpha, uint8 or uint16; colour not premultiplied.

    Returns
    -------
    tuple of np.ndarray and bool
        ``(height, width)`` or ``(height, width, 3)`` of the same dtype, rounded to nearest, and
        whether anything was transparent at all.
    """
    top = int(np.iinfo(channels.dtype).max)
    alpha = channels[..., -1:]
    color = channels[..., :-1]
    transparent = bool((alpha != top).any())
    if transparent:
        scaled = color.astype(np.uint64) * alpha + top // 2
        color = (scaled // top).astype(channels.dtype)
    if color.shape[-1] == 1:
        color = color[..., 0]
    return np.ascontiguousarray(color), transparent


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an image the way its EXIF orientation asks for.

    Parameters
    ----------
    pixels
        ``(height, width)`` uint8, uint16 or float32.
    orientation
        EXIF tag 0x0112, 1 to 8 (CIPA DC-008, table 4); other values mean upright.
    """
    turn = _TURNS.get(orientation)
    return np.asarray(turn(pixels)) if turn else pixels
