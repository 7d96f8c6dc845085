"""How large an outlined tumor is on a slice: its area and its diameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from brainscan.imaging.lesion_border import Chord, border_segments

_MOST_LINES = 2048  # tried for the perpendicular; a compact lesion needs a few hundred
_ASIDE = 1e-9  # of the lesion's length, beside a corner: there a line cuts the border in points


@dataclass(frozen=True)
class Diameters:
    """The two diameters of a lesion, exactly perpendicular to each other in millimeters.

    Attributes
    ----------
    longest
        The largest distance of two points of the lesion's border, in ``unit`` of the measures.
    perpendicular
        The longest straight line at a right angle to it that stays within the outer border.
    longest_ends, perpendicular_ends
        ``((row, column), (row, column))`` in pixels of the slice, pixel centers at integers.
    """

    longest: float
    perpendicular: float
    longest_ends: Chord
    perpendicular_ends: Chord

    @property
    def product(self) -> float:
        """Longest times perpendicular, in ``unit`` squared: what RANO follows over time."""
        return self.longest * self.perpendicular


@dataclass(frozen=True)
class SliceMeasures:
    """What can be measured of a mask on one slice.

    Attributes
    ----------
    area
        Of all lesions together, in ``unit`` squared.
    unit
        ``"mm"``, or ``"px"`` where the slice does not tell the size of its pixels.
    lesions
        Number of connected pieces; pixels that touch by a corner belong together.
    diameters
        Of the piece with the largest area; ``None`` for an empty mask.
    """

    area: float
    unit: Literal["mm", "px"]
    lesions: int
    diameters: Diameters | None


def measure_slice(mask: np.ndarray, spacing: tuple[float, float] | None) -> SliceMeasures:
    """Measure the tumor on a slice.

    The area counts whole pixels. Diameters are those of RANO, the largest on the slice and the
    largest perpendicular to it (no angle is tolerated: the perpendicular is exactly one). They
    run between points of the border midway between a pixel inside and its neighbor outside
    (marching squares), so that a row of ten pixels is ten pixels long. The longest may leave an
    indented lesion; the perpendicular stays within its outer border, and a hole, such as necrosis
    within an enhancing rim, does not interrupt it.

    Parameters
    ----------
    mask
        ``(rows, columns)``, bool or numbers; anything but zero is tumor.
    spacing
        Millimeters between rows and between columns; ``None``: measure in pixels.

    References
    ----------
    Macdonald et al., J. Clin. Oncol. 8 (1990) 1277-1280; Wen et al. (RANO), J. Clin. Oncol. 28
    (2010) 1963-1972.
    """
    inside = np.asarray(mask) != 0
    down, across = spacing or (1.0, 1.0)
    unit: Literal["mm", "px"] = "px" if spacing is None else "mm"
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        inside.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return SliceMeasures(0.0, unit, 0, None)
    area = float(np.count_nonzero(inside)) * down * across
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, width, height = (int(value) for value in stats[largest, : cv2.CC_STAT_AREA])
    piece = labels[top : top + height, left : left + width] == largest
    return SliceMeasures(area, unit, count - 1, _diameters(piece, (top, left), (down, across)))


def _diameters(
    piece: np.ndarray, corner: tuple[int, int], spacing: tuple[float, float]
) -> Diameters:
    """Measure one connected piece, given its top left corner on the slice."""
    segments = border_segments(piece)  # (n, 2, 2) in pixels
    scale = np.array(spacing)
    points = segments.reshape(-1, 2)
    # The points lie at half pixels, so twice their coordinates are whole. The hull is that of
    # the shape in millimeters too, because stretching keeps it.
    doubled = np.ascontiguousarray(np.rint(points * 2).astype(np.int32))
    hull = points[cv2.convexHull(doubled, returnPoints=False).ravel()]
    apart = np.linalg.norm((hull[:, None] - hull[None]) * scale, axis=2)
    first, second = np.unravel_index(int(np.argmax(apart)), apart.shape)
    longest = hull[first], hull[second]
    perpendicular = _longest_across((longest[1] - longest[0]) * scale, segments * scale)
    offset = np.array(corner, float)
    return Diameters(
        longest=float(apart[first, second]),
        perpendicular=float(np.linalg.norm(perpendicular[1] - perpendicular[0])),
        longest_ends=_chord(np.stack(longest) + offset),
        perpendicular_ends=_chord(perpendicular / scale + offset),
    )


def _longest_across(along: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return the ends ``(2, 2)`` of the longest line at a right angle to a vector and inside.

    The length of such a line changes linearly as it moves, except where it passes a corner of the
    border: so the longest one touches a corner, and only lines just beside corners are tried.

    Parameters
    ----------
    along
        The vector, ``(down, across)`` in millimeters.
    segments
        ``(n, 2, 2)`` closed border in millimeters.
    """
    along = along / np.linalg.norm(along)
    aside = np.array([-along[1], along[0]])
    # Not by ``@``: equal points must give equal values to the last bit, or a line that passes
    # between two pieces would enter the lesion and never leave it.
    u, v = ((segments * axis).sum(axis=2) for axis in (along, aside))  # (n, 2) each
    corners = np.unique(u)
    step = _ASIDE * float(np.ptp(corners))
    lines = np.unique(np.concatenate([corners - step, corners + step]))
    lines = lines[:: len(lines) // _MOST_LINES + 1]
    low, high = u.min(axis=1), u.max(axis=1)
    start, stop = np.searchsorted(lines, low), np.searchsorted(lines, high)
    count = stop - start
    crossed = np.repeat(np.arange(len(u)), count)
    line = np.arange(len(crossed)) + np.repeat(start - (np.cumsum(count) - count), count)
    share = (lines[line] - u[crossed, 0]) / (u[crossed, 1] - u[crossed, 0])
    at = v[crossed, 0] + share * (v[crossed, 1] - v[crossed, 0])
    order = np.lexsort((at, line))
    line, at = line[order].reshape(-1, 2), at[order].reshape(-1, 2)  # in and out again
    best = int(np.argmax(at[:, 1] - at[:, 0]))
    return lines[line[best]][:, None] * along + at[best][:, None] * aside


def _chord(ends: np.ndarray) -> Chord:
    (r0, c0), (r1, c1) = ends.tolist()
    return (r0, c0), (r1, c1)
