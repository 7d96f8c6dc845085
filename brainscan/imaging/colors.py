"""Colour maps for heat maps, and the bar that explains their colours."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colormap = Literal["inferno", "viridis"]

BAR_WIDTH = 16
"""Width of a colour bar in pixels, without its labels."""

BACKGROUND = (15, 17, 19)
"""Colour of exported pictures around slice and bar."""

_OPENCV_MAPS = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS}
_TEXT, _MUTED, _LINE = (232, 234, 236), (168, 174, 180), (96, 102, 108)
_BELOW_THRESHOLD_DIM = 0.25


def colorize(values01: np.ndarray, colormap: Colormap = "inferno") -> np.ndarray:
    """Return the colours of values in a perceptually uniform colour map.

    Parameters
    ----------
    values01
        Array of shape ``(height, width)``; clipped to [0, 1] and rounded to 256 steps.
    colormap
        ``"inferno"`` or ``"viridis"``.

    Returns
    -------
    np.ndarray
        ``(height, width, 3)`` uint8, red, green, blue.
    """
    if colormap not in _OPENCV_MAPS:
        raise ValueError(f"colormap must be one of {sorted(_OPENCV_MAPS)}, got {colormap!r}.")
    steps = np.rint(np.clip(values01, 0.0, 1.0) * 255.0).astype(np.uint8)
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    table = cv2.applyColorMap(ramp, _OPENCV_MAPS[colormap])[:, 0, ::-1]
    return np.asarray(table[steps])


def draw_color_bar(
    canvas: Image.Image,
    corner: tuple[int, int],
    height: int,
    colormap: Colormap,
    threshold: float,
    label: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Draw a colour bar: 1 at the top, 0 at the bottom, dimmed below the threshold.

    Parameters
    ----------
    canvas
        RGB image that is drawn on.
    corner
        Left and top of the bar; it is :data:`BAR_WIDTH` pixels wide.
    height
        Height of the bar in pixels.
    colormap, threshold
        Colours, and the value that is marked.
    label
        Written along the bar: what its numbers mean.
    font
        Face of tick labels and label.
    """
    draw = ImageDraw.Draw(canvas)
    left, top = corner
    values = np.linspace(1.0, 0.0, height, dtype=np.float32)[:, None]
    colors = colorize(np.repeat(values, BAR_WIDTH, axis=1), colormap).astype(np.float32)
    dim = np.where(values >= threshold, 1.0, _BELOW_THRESHOLD_DIM)[..., None]
    canvas.paste(Image.fromarray(np.rint(colors * dim).astype(np.uint8)), (left, top))
    right = left + BAR_WIDTH
    draw.rectangle((left - 1, top - 1, right, top + height), outline=_LINE)
    ascent = int(font.getbbox("0")[3])
    taken = top + round((1.0 - threshold) * (height - 1))
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = top + round((1.0 - tick) * (height - 1))
        if tick not in (0.0, 1.0) and abs(y - taken) < 1.6 * ascent:
            continue
        draw.line((right, y, right + 5, y), fill=_MUTED)
        anchor_y = min(max(y, top + ascent // 2), top + height - 1 - ascent // 2)
        draw.text((right + 10, anchor_y), f"{tick:.2f}", fill=_MUTED, font=font, anchor="lm")
    if 0.0 < threshold < 1.0:
        draw.line((left - 5, taken, right + 5, taken), fill=_TEXT, width=2)
        edge = 1.6 * ascent
        if top + edge <= taken <= top + height - edge:
            draw.text((right + 10, taken), f"{threshold:.2f}", fill=_TEXT, font=font, anchor="lm")
    _, _, length, depth = (int(edge) for edge in font.getbbox(label))
    if length < height:
        upright = Image.new("RGB", (length, depth + 2), BACKGROUND)
        ImageDraw.Draw(upright).text((0, 0), label, fill=_MUTED, font=font)
        offset = right + 20 + int(font.getlength("0.00"))
        canvas.paste(upright.rotate(90, expand=True), (offset, top + (height - length) // 2))
