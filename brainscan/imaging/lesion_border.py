"""The border of a mask as straight pieces between pixels, by marching squares."""

from __future__ import annotations

import cv2
import numpy as np

Point = tuple[float, float]
Chord = tuple[Point, Point]

# A cell has four pixel centers as corners; its code is top left 1, top right 2, bottom right 4,
# bottom left 8. The border runs through it between the middles of its sides: Top, Right, Bottom,
# Left. Where two opposite corners are inside they belong together, as with 8-connected pieces.
_SIDES = {"T": (0.0, 0.5), "R": (0.5, 1.0), "B": (1.0, 0.5), "L": (0.5, 0.0)}
_PIECES = {
    1: ("LT",), 2: ("TR",), 3: ("LR",), 4: ("RB",), 5: ("TR", "LB"), 6: ("TB",), 7: ("LB",),
    8: ("BL",), 9: ("BT",), 10: ("LT", "RB"), 11: ("BR",), 12: ("RL",), 13: ("RT",), 14: ("TL",),
}  # fmt: skip


def border_segments(piece: np.ndarray) -> np.ndarray:
    """Return the outer border of one connected piece; holes are filled.

    Parameters
    ----------
    piece
        ``(rows, columns)`` bool with one 8-connected piece.

    Returns
    -------
    numpy.ndarray
        ``(n, 2, 2)`` float64: straight pieces from ``(row, column)`` to ``(row, column)`` in
        pixels, pixel centers at integers. Together they close; their order says nothing.

    References
    ----------
    Lorensen and Cline, Computer Graphics 21 (1987) 163-169, in two dimensions.
    """
    outlines, _ = cv2.findContours(piece.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros((piece.shape[0] + 2, piece.shape[1] + 2), np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED, offset=(1, 1))
    codes = filled[:-1, :-1] + 2 * filled[:-1, 1:] + 4 * filled[1:, 1:] + 8 * filled[1:, :-1]
    found = []
    for code, pieces in _PIECES.items():
        cells = np.argwhere(codes == code) - 1.0  # the frame of one pixel goes again
        for sides in pieces:
            found.append(cells[:, None] + np.array([_SIDES[side] for side in sides]))
    return np.concatenate(found)
