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
from brainscan.imaging.edge import Edge
from brainscan.imaging.outline_drawing import OutlineDrawing, draw_outline
from brainscan.imaging.scan import Scan
from brainscan.imaging.typeface import Face, lettering
from brainscan.imaging.voi import Voi
from brainscan.imaging.windowing import Window, apply_window, full_window
from brainscan.notice import RESEARCH_USE

__all__ = ["MARGIN", "Colormap", "blend", "colorize", "overlay_image", "overlay_png"]

MARGIN = 24
"""Pixels between the edge of the exported picture and the slice's upper left corner."""

_GOOD_SIDE = 640
_LEAST_WIDTH = 560
_BAR_PANEL = 104
_LONGEST_ASPECT = 10.0  # no scanner makes longer pixels; a wrong header must not fill the memory
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


def overlay_image(
    scan: Scan,
    heatmap: np.ndarray | None,
    *,
    window: Window | Voi | None = None,
    opacity: float = 0.5,
    threshold: float = 0.5,
    colormap: Colormap = "inferno",
    invert: bool = False,
    caption: str | Sequence[str] = (),
    bar_label: str = "Evidence",
    outline: OutlineDrawing | None = None,
) -> Image.Image:
    """Return the slice with its heat map as an RGB picture that explains itself.

    The slice stands at :data:`MARGIN`, enlarged by a whole number when it is small; pixels that
    are not square are drawn in their proportion of millimetres. Around it stand the patient's
    directions and below it a scale, where the file states them. A colour bar in probability
    units stands to its right when there is a heat map; caption and research-use notice below.

    Parameters
    ----------
    scan
        The slice.
    heatmap
        ``(height, width)`` float32 in [0, 1] in the slice's geometry, or ``None``.
    window
        Width and level as for :func:`brainscan.imaging.windowing.apply_window`, or a window
        function of the file; by default every value is shown.
    opacity, threshold, colormap
        As for :func:`blend`.
    invert
        Whether dark and bright of the slice are exchanged; the heat map keeps its colours.
    caption
        Lines of text; long ones are wrapped.
    bar_label
        What the numbers at the colour bar mean.
    outline
        An outline to draw over slice and heat map.

    Raises
    ------
    ValueError
        If heat map or outline has another shape than the slice, or the window is empty.
    """
    if isinstance(window, Voi):
        gray = window.apply(scan.pixels)
    else:
        gray = apply_window(scan.pixels, window or full_window(scan.pixels))
    if invert:
        gray = 1.0 - gray
    if heatmap is not None and heatmap.shape != gray.shape:
        raise ValueError(
            f"heatmap must have the shape of the slice, {gray.shape}, got {heatmap.shape}."
        )
    if outline is not None and outline.mask.shape != gray.shape:
        raise ValueError(
            f"outline must have the shape of the slice, {gray.shape}, got {outline.mask.shape}."
        )
    size = _shown_size(scan)
    picture = blend(
        _enlarge(gray, size, cv2.INTER_CUBIC),
        None if heatmap is None else _enlarge(heatmap, size, cv2.INTER_LINEAR),
        opacity=opacity,
        threshold=threshold,
        colormap=colormap,
    )
    if outline is not None:
        picture = draw_outline(picture, outline)
    lines = [caption] if isinstance(caption, str) else list(caption)
    if heatmap is not None and not bool((heatmap >= threshold).any()):
        lines.append(f"No point of the map reaches the threshold of {threshold:.2f}.")
    if scan.letters is None:
        lines.append("Orientation unknown.")
    bar = None if heatmap is None else _Bar(colormap, threshold, bar_label)
    return _compose(picture, lines, bar, Edge.of(scan, size[1]))


def overlay_png(
    scan: Scan,
    heatmap: np.ndarray | None,
    *,
    window: Window | Voi | None = None,
    opacity: float = 0.5,
    threshold: float = 0.5,
    colormap: Colormap = "inferno",
    invert: bool = False,
    caption: str | Sequence[str] = (),
    bar_label: str = "Evidence",
    outline: OutlineDrawing | None = None,
) -> bytes:
    """Return the picture of :func:`overlay_image` as a PNG that says where it comes from."""
    canvas = overlay_image(
        scan,
        heatmap,
        window=window,
        opacity=opacity,
        threshold=threshold,
        colormap=colormap,
        invert=invert,
        caption=caption,
        bar_label=bar_label,
        outline=outline,
    )
    text = PngInfo()
    text.add_text("Title", f"BrainScan overlay of {scan.name}".encode("latin-1", "replace"))
    text.add_text("Disclaimer", RESEARCH_USE)
    text.add_text("Source-SHA256", scan.sha256)
    text.add_text("Software", "BrainScan")
    buffer = io.BytesIO()
    canvas.save(buffer, format="PNG", pnginfo=text)
    return buffer.getvalue()


def _shown_size(scan: Scan) -> tuple[int, int]:
    """Return the height and width to draw a slice at: its own, times a whole number if small.

    Where pixels are not square, the longer side of a pixel is drawn longer; none gets shorter.
    """
    aspect = float(np.clip(scan.aspect, 1 / _LONGEST_ASPECT, _LONGEST_ASPECT))
    height, width = scan.height * max(aspect, 1.0), scan.width / min(aspect, 1.0)
    factor = max(1, round(_GOOD_SIDE / max(height, width)))
    return round(height * factor), round(width * factor)


def _enlarge(values: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
    """Enlarge to a height and width with half-pixel alignment, staying within [0, 1]."""
    if values.shape == size:
        return values
    large = cv2.resize(
        np.asarray(values, dtype=np.float32), (size[1], size[0]), interpolation=interpolation
    )
    return np.clip(large, 0.0, 1.0)


def _compose(picture: np.ndarray, lines: list[str], bar: _Bar | None, edge: Edge) -> Image.Image:
    """Put picture, colour bar and text on one canvas."""
    height, width = picture.shape[:2]
    size = int(np.clip(width // 40, 14, 40))
    small = ImageFont.load_default(round(size * 0.85))
    beside = MARGIN if bar and edge.letters else 0
    below = MARGIN if edge else 0
    panel = beside + (_BAR_PANEL * size // 14 if bar else 0)
    total_width = max(_LEAST_WIDTH, width + panel + 2 * MARGIN)
    room = total_width - 2 * MARGIN
    text: list[tuple[str, Face, tuple[int, int, int]]] = []
    for line, font in (lettering(line, size) for line in lines):
        text += [(part, font, _TEXT) for part in _wrap(line, font, room)]
    text += [(part, small, _MUTED) for part in _wrap(RESEARCH_USE, small, room)]
    step = round(size * 1.45)
    total_height = height + below + 2 * MARGIN + step * len(text) + step // 2
    canvas = Image.new("RGB", (total_width, total_height), BACKGROUND)
    canvas.paste(Image.fromarray(picture), (MARGIN, MARGIN))
    draw = ImageDraw.Draw(canvas)
    edge.draw(draw, MARGIN, (height, width))
    if bar:
        corner = (MARGIN + width + beside + size, MARGIN)
        draw_color_bar(canvas, corner, height, bar.colormap, bar.threshold, bar.label, small)
    top = MARGIN + height + below + step // 2
    for index, (part, face, color) in enumerate(text):
        draw.text((MARGIN, top + index * step), part, fill=color, font=face)
    return canvas


def _wrap(line: str, font: Face, room: int) -> list[str]:
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
