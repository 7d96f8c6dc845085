"""An outline over a picture: contour, fill, uncertain border and diameters, as the viewer draws."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from brainscan.imaging.contours import mask_pieces
from brainscan.imaging.lesion_border import Chord

OUTLINE_COLOR = (85, 200, 255)
"""Red, green, blue of the contour; in neither colour map of the evidence."""

_CASING, _MEASURE = (6, 10, 16), (255, 255, 255)
_CASING_OPACITY = 0.8
_HATCH_EVERY, _HATCH_OPACITY = 6, 0.55
_DASH, _BAND_DASH = (9.0, 5.0), (3.0, 3.0)
_ROUNDED = 1.5  # pixels before and after a corner that its curve takes
_SHIFT = 4  # fractional bits of OpenCV's coordinates
_FINER, _LARGE = 4, 1500  # times finer than the picture, unless its longer side is above that
_WIDTH_AT = 640  # pixels of the picture's longer side for which widths are meant


@dataclass(frozen=True, eq=False)
class OutlineDrawing:
    """What is drawn of an outline.

    Attributes
    ----------
    mask
        ``(height, width)`` bool on the slice.
    band
        Inner and outer mask between which the border is uncertain; ``None``: not drawn.
    lengths
        Diameters as ``((row, column), (row, column))``, pixel centers at integers.
    possible
        Whether the answer is uncertain: the contour is then dashed.
    fill
        Opacity of the tint within, 0 to 1.
    """

    mask: np.ndarray = field(repr=False)
    band: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)
    lengths: tuple[Chord, ...] = ()
    possible: bool = False
    fill: float = 0.0


def draw_outline(picture: np.ndarray, outline: OutlineDrawing) -> np.ndarray:
    """Return a picture of a slice with its outline.

    Parameters
    ----------
    picture
        ``(height, width, 3)`` uint8 RGB: the slice at any size, its corners those of the mask.
    outline
        What to draw. Corners are rounded, so the line leaves the mask's true border by about half
        a pixel at most.
    """
    if not outline.mask.any():
        return picture
    canvas = _Canvas(picture, outline.mask.shape)
    rings = _rings(outline.mask)
    canvas.fill(rings, outline.fill)
    if outline.band is not None:
        canvas.hatch(*outline.band)
        for mask in outline.band:
            canvas.stroke(_rings(mask), 1.0, _BAND_DASH, cased=False)
    canvas.stroke(rings, 1.75, _DASH if outline.possible else None)
    for chord in outline.lengths:
        canvas.measure(chord)
    return np.rint(canvas.pixels).astype(np.uint8)


class _Canvas:
    """A picture to draw on, in coordinates ``(x, y)`` of the slice: pixel corners at integers."""

    def __init__(self, picture: np.ndarray, shape: tuple[int, ...]) -> None:
        self.pixels = picture.astype(np.float32)
        self.size = picture.shape[:2]
        self.scale = np.array((self.size[1] / shape[1], self.size[0] / shape[0]))
        self.ratio = max(1.0, max(self.size) / _WIDTH_AT)

    def fill(self, rings: list[np.ndarray], opacity: float) -> None:
        layer = np.zeros(self.size, np.uint8)
        if opacity > 0 and rings:
            # Holes stay clear: OpenCV fills where an odd number of rings encloses.
            cv2.fillPoly(
                layer, [self._fixed(ring * self.scale) for ring in rings], 255, cv2.LINE_AA, _SHIFT
            )
            self._blend(layer, OUTLINE_COLOR, opacity)

    def hatch(self, inner: np.ndarray, outer: np.ndarray) -> None:
        size = (self.size[1], self.size[0])
        zone = cv2.resize((outer & ~inner).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        rows, columns = np.indices(self.size)
        every = max(_HATCH_EVERY, round(_HATCH_EVERY * self.ratio))
        lines = (columns - rows) % every < max(1, every // 5)
        self._blend((lines & (zone > 0)).astype(np.uint8) * 255, OUTLINE_COLOR, _HATCH_OPACITY)

    def stroke(
        self,
        rings: list[np.ndarray],
        width: float,
        dash: tuple[float, float] | None,
        *,
        cased: bool = True,
    ) -> None:
        lines: list[np.ndarray] = []
        for ring in rings:
            closed = np.concatenate([ring, ring[:1]]) * self.scale
            lines += [closed] if dash is None else _dashes(closed, *dash, self.ratio)
        self._draw(lines, width, OUTLINE_COLOR, cased=cased)

    def measure(self, chord: Chord) -> None:
        # Rows and columns with pixel centers at integers to x and y with corners there.
        ends = (np.array(chord)[:, ::-1] + 0.5) * self.scale
        along = (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-9)
        tick = np.array((-along[1], along[0])) * 5.0 * self.ratio
        lines = [ends, *(np.stack([end - tick, end + tick]) for end in ends)]
        self._draw(lines, 1.0, _MEASURE)

    def _draw(
        self,
        lines: list[np.ndarray],
        width: float,
        color: tuple[int, ...],
        *,
        cased: bool = True,
    ) -> None:
        if not lines:
            return
        inks = [(2.5, _CASING, _CASING_OPACITY)] if cased else []
        top, left, bottom, right = self._around(np.concatenate(lines))
        size = (right - left, bottom - top)
        finer = _FINER if max(size) <= _LARGE else 1
        for wider, ink, opacity in (*inks, (0.0, color, 1.0)):
            # OpenCV's lines are whole pixels wide and its smoothed ones wider still.
            layer = np.zeros((size[1] * finer, size[0] * finer), np.uint8)
            thick = max(1, round((width + wider) * self.ratio * finer))
            for line in lines:
                points = self._fixed((line - (left, top)) * finer)
                cv2.polylines(layer, [points], False, 255, thick, cv2.LINE_8, _SHIFT)
            fine = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
            self._blend(fine, ink, opacity, (slice(top, bottom), slice(left, right)))

    def _around(self, points: np.ndarray) -> tuple[int, int, int, int]:
        """Return top, left, bottom and right of the part of the picture that lines touch."""
        reach = 4 * self.ratio
        left, top = np.floor(points.min(axis=0) - reach).astype(int)
        right, bottom = np.ceil(points.max(axis=0) + reach).astype(int)
        height, width = self.size
        return (
            *(int(np.clip(top, 0, height - 1)), int(np.clip(left, 0, width - 1))),
            *(int(np.clip(bottom, 1, height)), int(np.clip(right, 1, width))),
        )

    def _fixed(self, points: np.ndarray) -> np.ndarray:
        """Return fixed-point coordinates; OpenCV has the middle of the first pixel at 0."""
        return np.rint((points - 0.5) * 2**_SHIFT).astype(np.int32)

    def _blend(
        self,
        layer: np.ndarray,
        color: tuple[int, ...],
        opacity: float,
        where: tuple[slice, slice] = (slice(None), slice(None)),
    ) -> None:
        share = (layer.astype(np.float32) * (opacity / 255.0))[..., None]
        self.pixels[where] += (np.array(color, np.float32) - self.pixels[where]) * share


def _rings(mask: np.ndarray) -> list[np.ndarray]:
    """Return the rings of a mask as ``(x, y)``, their corners rounded."""
    return [
        _rounded(ring[:, ::-1].astype(np.float64))
        for piece in mask_pieces(mask)
        for ring in (piece.outer, *piece.holes)
    ]


def _rounded(ring: np.ndarray) -> np.ndarray:
    """Replace each corner by a quadratic curve, as ``contourPath`` in ``contour.js`` does.

    It begins at most `_ROUNDED` pixels before the corner and never beyond the middle of a
    straight piece.
    """
    before = ring - _cut(ring - np.roll(ring, 1, axis=0))
    after = ring + _cut(np.roll(ring, -1, axis=0) - ring)
    along = np.array([0.0, 0.25, 0.5, 0.75, 1.0])[None, :, None]
    curve = before[:, None] * (1 - along) ** 2 + after[:, None] * along**2
    curve += ring[:, None] * (2 * along * (1 - along))
    return curve.reshape(-1, 2)


def _cut(step: np.ndarray) -> np.ndarray:
    """Return how much of each straight piece, ``(n, 2)``, its corner takes."""
    return np.asarray(np.sign(step) * np.minimum(_ROUNDED, np.abs(step) / 2))


def _dashes(line: np.ndarray, on: float, off: float, ratio: float) -> list[np.ndarray]:
    """Cut a line ``(n, 2)`` into dashes; lengths in pixels of a picture of the usual size."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    places = np.concatenate([[0.0], np.cumsum(steps)])
    total = float(places[-1])
    found = []
    for start in np.arange(0.0, total, (on + off) * ratio):
        stop = min(start + on * ratio, total)
        between = (places > start) & (places < stop)
        at = np.concatenate([[start], places[between], [stop]])
        found.append(np.stack([np.interp(at, places, axis) for axis in line.T], axis=1))
    return found
