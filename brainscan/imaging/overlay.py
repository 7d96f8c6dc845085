"""The picture a reader takes away: slice, heat map, colour bar, caption and notice in one PNG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from brainscan.imaging.colors import BACKGROUND, Colormap, colorize, draw_color_bar
from brainscan.imaging.scan import Scan
from brainscan.imaging.windowing import Window, apply_window, full_window
from brainscan.notice import RESEARCH_USE

__all__ = ["MARGIN", "Colormap", "blend", "colorize", "overlay_png"]

MARGIN = 24
"""Pixels between the edge of the exported picture and the slice's upper left corner."""

_GOOD_SIDE = 640
_LEAST_WIDTH = 560
_BAR_PANEL = 104
_TEXT, _MUTED = (232, 234, 236), (168, 174, 180)


class _Bar(NamedTuple):
    colormap: Colormap
    threshold: float
    label: str


def blend(
    gray01: np.ndarray,
    heatmap: np.ndarray | None,
    *,
    opacity: float,
    threshold: float,
    colormap: Colormap = "inferno",
) -> np.ndarray:
    """Lay a heat map over a slice where it reaches the threshold.

    Parameters
    ----------
    gray01
        ``(height, width)`` float32 display brightness in [0, 1].
    heatmap
        ``(height, width)`` float32 in [0, 1], or ``None``.
    opacity
        0 shows the slice alone, 1 the heat map alone.
    threshold
        Where the heat map is below, the slice is shown untouched.
    colormap
        Colours of the heat map.

    Returns
    -------
    np.ndarray
        ``(height, width, 3)`` uint8 RGB, rounded to nearest.

    Raises
    ------
    ValueError
        If the two shapes differ.
    """
    gray = np.rint(gray01 * 255.0).astype(np.float32)
    picture = np.repeat(gray[..., None], 3, axis=2)
    if heatmap is not None:
        if heatmap.shape != gray01.shape:
            raise ValueError(
                f"heatmap must have the shape of the slice, {gray01.shape}, got {heatmap.shape}."
            )
        shown = heatmap >= threshold
        colors = colorize(heatmap, colormap)[shown].astype(np.float32)
        picture[shown] += (colors - picture[shown]) * opacity
    return np.asarray(np.rint(picture), dtype=np.uint8)


def overlay_png(
    scan: Scan,
    heatmap: np.ndarray | None,
    *,
    window: Window | None = None,
    opacity: float = 0.5,
    threshold: float = 0.5,
    colormap: Colormap = "inferno",
    invert: bool = False,
    caption: str | Sequence[str] = (),
    bar_label: str = "Probability",
) -> bytes:
    """Return the slice with its heat map as a PNG that explains itself.

    The slice stands at :data:`MARGIN`, enlarged by a whole number when it is small. A colour
    bar in probability units stands to its right when there is a heat map; caption and
    research-use notice stand below.

    Parameters
    ----------
    scan
        The slice.
    heatmap
        ``(height, width)`` float32 in [0, 1] in the slice's geometry, or ``None``.
    window
        Width and level as for :func:`brainscan.imaging.windowing.apply_window`; by default
        every value is shown.
    opacity, threshold, colormap
        As for :func:`blend`.
    invert
        Whether dark and bright of the slice are exchanged; the heat map keeps its colours.
    caption
        Lines of text; long ones are wrapped.
    bar_label
        What the numbers at the colour bar mean.

    Raises
    ------
    ValueError
        If the heat map has another shape than the slice or the window is empty.
    """
    gray = apply_window(scan.pixels, window or full_window(scan.pixels))
    if invert:
        gray = 1.0 - gray
    if heatmap is not None and heatmap.shape != gray.shape:
        raise ValueError(
            f"heatmap must have the shape of the slice, {gray.shape}, got {heatmap.shape}."
        )
    factor = max(1, round(_GOOD_SIDE / max(gray.shape)))
    picture = blend(
        _enlarge(gray, factor, cv2.INTER_CUBIC),
        None if heatmap is None else _enlarge(heatmap, factor, cv2.INTER_LINEAR),
        opacity=opacity,
        threshold=threshold,
        colormap=colormap,
    )
    lines = [caption] if isinstance(caption, str) else list(caption)
    if heatmap is not None and not bool((heatmap >= threshold).any()):
        lines.append(f"No point of the map reaches the threshold of {threshold:.2f}.")
    bar = None if heatmap is None else _Bar(colormap, threshold, bar_label)
    canvas = _compose(picture, lines, bar)
    text = PngInfo()
    text.add_text("Title", f"BrainScan overlay of {scan.name}".encode("latin-1", "replace"))
    text.add_text("Disclaimer", RESEARCH_USE)
    text.add_text("Source-SHA256", scan.sha256)
    text.add_text("Software", "BrainScan")
    buffer = io.BytesIO()
    canvas.save(buffer, format="PNG", pnginfo=text)
    return buffer.getvalue()


def _enlarge(values: np.ndarray, factor: int, interpolation: int) -> np.ndarray:
    """Enlarge by a whole number with half-pixel alignment, staying within [0, 1]."""
    if factor == 1:
        return values
    height, width = values.shape
    large = cv2.resize(
        np.asarray(values, dtype=np.float32),
        (width * factor, height * factor),
        interpolation=interpolation,
    )
    return np.clip(large, 0.0, 1.0)


def _compose(picture: np.ndarray, lines: list[str], bar: _Bar | None) -> Image.Image:
    """Put picture, colour bar and text on one canvas."""
    height, width = picture.shape[:2]
    size = int(np.clip(width // 40, 14, 40))
    font, small = ImageFont.load_default(size), ImageFont.load_default(round(size * 0.85))
    panel = _BAR_PANEL * size // 14 if bar else 0
    total_width = max(_LEAST_WIDTH, width + panel + 2 * MARGIN)
    room = total_width - 2 * MARGIN
    text = [(part, font, _TEXT) for line in lines for part in _wrap(line, font, room)]
    text += [(part, small, _MUTED) for part in _wrap(RESEARCH_USE, small, room)]
    step = round(size * 1.45)
    total_height = height + 2 * MARGIN + step * len(text) + step // 2
    canvas = Image.new("RGB", (total_width, total_height), BACKGROUND)
    canvas.paste(Image.fromarray(picture), (MARGIN, MARGIN))
    draw = ImageDraw.Draw(canvas)
    if bar:
        corner = (MARGIN + width + size, MARGIN)
        draw_color_bar(canvas, corner, height, bar.colormap, bar.threshold, bar.label, small)
    top = MARGIN + height + step // 2
    for index, (part, face, color) in enumerate(text):
        draw.text((MARGIN, top + index * step), part, fill=color, font=face)
    return canvas


def _wrap(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> list[str]:
    """Break a line between words so that each part fits into ``room`` pixels."""
    parts: list[str] = []
    current = ""
    for word in line.split():
        longer = f"{current} {word}".strip()
        if current and font.getlength(longer) > room:
            parts.append(current)
            current = word
        else:
            current = longer
    return [*parts, current]
