"""The outlines of a mask as polygons along the edges of its pixels, with nothing lost.

``cv2.findContours`` runs through the centers of the outermost pixels: the polygon is half a pixel
too small on every side. These polygons run along the pixels' edges instead: each encloses exactly
its pixels, and whoever asks which pixel centers lie inside gets the mask back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # right, down, left, up


@dataclass(frozen=True, eq=False)
class Piece:
    """One connected piece of a mask; pixels that touch by a corner belong together.

    Attributes
    ----------
    outer
        ``(n, 2)`` int64 corners ``(row, column)``, clockwise as seen on screen, the first not
        repeated. Corners of pixels are at integers: the top left pixel spans 0 to 1. A ring may
        touch itself in a corner, and never crosses itself.
    holes
        Rings of the holes, counterclockwise.
    """

    outer: np.ndarray = field(repr=False)
    holes: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def pixels(self) -> int:
        """Number of pixels enclosed."""
        return round(sum(ring_area(ring) for ring in (self.outer, *self.holes)))

    def mask(self, shape: tuple[int, int]) -> np.ndarray:
        """Return the pixels enclosed on a slice of a shape, bool.

        Raises
        ------
        ValueError
            If the piece does not fit in.
        """
        if (self.outer.max(axis=0) > shape).any():
            msg = f"The piece reaches {tuple(self.outer.max(axis=0).tolist())}, beyond {shape}."
            raise ValueError(msg)
        # A vertical edge begins or ends the inside for all columns to its right.
        change = np.zeros((shape[0], shape[1] + 1), np.int8)
        for ring in (self.outer, *self.holes):
            for (row, column), (below, _) in zip(
                ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True
            ):
                change[row:below, column] -= 1  # down: the inside lies to the left
                change[below:row, column] += 1
        return change.cumsum(axis=1)[:, :-1] > 0

    def keyholed(self) -> np.ndarray:
        """Return one ring, ``(n, 2)`` int64, that leaves out the holes.

        Each hole is joined by a channel of no width, run there and back along pixel edges
        (the "keyhole" of DICOM PS3.3 C.8.8.6.3). Area and winding are those of the piece.
        """
        if not self.holes:
            return self.outer
        ring = _Ring(_unit_steps(self.outer))
        for hole in sorted(self.holes, key=lambda one: int(one[:, 1].min())):
            ring.join(_unit_steps(hole))
        return _corners(np.array(ring.points()))


def mask_pieces(mask: np.ndarray) -> tuple[Piece, ...]:
    """Return the connected pieces of a mask as polygons.

    Parameters
    ----------
    mask
        ``(rows, columns)``, bool or numbers; anything but zero is inside.

    Returns
    -------
    tuple of Piece
        From top to bottom, by the first pixel of each.
    """
    inside = np.asarray(mask) != 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        inside.astype(np.uint8), connectivity=8
    )
    found = []
    for label in range(1, count):
        left, top, width, height = (int(part) for part in stats[label, : cv2.CC_STAT_AREA])
        rings = _rings(labels[top : top + height, left : left + width] == label)
        corner = np.array((top, left))
        placed = [_corners(ring) + corner for ring in rings]
        outer = next(ring for ring in placed if ring_area(ring) > 0)
        found.append(Piece(outer, tuple(ring for ring in placed if ring is not outer)))
    return tuple(found)


def ring_area(ring: np.ndarray) -> float:
    """Return the area of a ring ``(n, 2)`` of rows and columns; negative if counterclockwise."""
    rows, columns = np.asarray(ring, np.float64).T
    return float((columns * np.roll(rows, -1) - np.roll(columns, -1) * rows).sum() / 2)


def _rings(inside: np.ndarray) -> list[np.ndarray]:
    """Follow the edges between inside and outside, the inside always to the right.

    Where four edges meet, the path turns left, which keeps pixels that touch there together.
    """
    padded = np.pad(inside, 1)
    middle = slice(1, -1)
    outside = (  # beyond the top, right, bottom and left edge of each pixel
        ~padded[:-2, middle], ~padded[middle, 2:], ~padded[2:, middle], ~padded[middle, :-2],
    )  # fmt: skip
    corner = ((0, 0), (0, 1), (1, 1), (1, 0))  # where the edge begins, clockwise
    leaving: dict[tuple[int, int], list[int]] = {}
    for direction in range(4):
        for row, column in (np.argwhere(inside & outside[direction]) + corner[direction]).tolist():
            leaving.setdefault((row, column), []).append(direction)
    followed: set[tuple[int, int, int]] = set()
    rings = []
    for start, directions in leaving.items():
        for direction in directions:
            edge = (*start, direction)
            ring = []
            while edge not in followed:
                followed.add(edge)
                row, column, heading = edge
                ring.append((row, column))
                down, across = _STEPS[heading]
                place = row + down, column + across
                ways = leaving[place]
                edge = (*place, ways[0] if len(ways) == 1 else (heading - 1) % 4)
            if ring:
                rings.append(np.array(ring))
    return rings


def _corners(ring: np.ndarray) -> np.ndarray:
    """Leave out points at which a ring runs straight on; the tip of a channel turns back."""
    arriving = np.sign(ring - np.roll(ring, 1, axis=0))
    leaving = np.roll(arriving, -1, axis=0)
    return ring[(arriving != leaving).any(axis=1)]


def _unit_steps(ring: np.ndarray) -> list[tuple[int, int]]:
    """Return every corner of a pixel that a ring passes."""
    found: list[tuple[int, int]] = []
    for (row, column), (below, beside) in zip(
        ring.tolist(), np.roll(ring, -1, axis=0).tolist(), strict=True
    ):
        count = max(abs(below - row), abs(beside - column))
        down, across = (below - row) // count, (beside - column) // count
        found += [(row + step * down, column + step * across) for step in range(count)]
    return found


class _Ring:
    """A ring to which holes are joined, in time proportional to the hole."""

    def __init__(self, points: list[tuple[int, int]]) -> None:
        self._points = list(points)
        self._next = [*range(1, len(points)), 0]
        self._where = {point: place for place, point in enumerate(points)}

    def join(self, hole: list[tuple[int, int]]) -> None:
        """Join a hole whose left neighbors, rings of other holes included, are joined already.

        From the uppermost of the hole's leftmost points, whose left neighbor below is inside, the
        channel runs left until it meets the ring; every pixel it passes is inside.
        """
        first = min(range(len(hole)), key=lambda place: (hole[place][1], hole[place][0]))
        row, column = hole[first]
        while (row, column) not in self._where:
            column -= 1
        at = self._where[row, column]
        begin = len(self._points)
        self._points += [*hole[first:], *hole[: first + 1], (row, column)]
        self._next += [*range(begin + 1, len(self._points)), self._next[at]]
        self._next[at] = begin
        for place, point in enumerate(self._points[begin:-1], start=begin):
            self._where.setdefault(point, place)

    def points(self) -> list[tuple[int, int]]:
        """Return the points in their order."""
        found: list[tuple[int, int]] = []
        place = 0
        while not found or place:
            found.append(self._points[place])
            place = self._next[place]
        return found
