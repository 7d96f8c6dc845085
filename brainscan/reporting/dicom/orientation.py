"""From a slice as it is shown to the slice as its file stores it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.orientation import LPS_TO_RAS, Letters, edge_letters


@dataclass(frozen=True)
class Turn:
    """Turns what is shown into what is stored, without resampling.

    Attributes
    ----------
    transposed
        Whether rows and columns are exchanged, before anything is reversed.
    down, across
        Whether the rows, and whether the columns, are reversed then.
    """

    transposed: bool = False
    down: bool = False
    across: bool = False

    def __call__(self, array: np.ndarray) -> np.ndarray:
        """Return an array ``(rows, columns)`` as stored, a view."""
        turned = array.T if self.transposed else array
        return np.asarray(turned[:: -1 if self.down else 1, :: -1 if self.across else 1])

    def point(self, row: float, column: float, stored: tuple[int, int]) -> tuple[float, float]:
        """Return row and column as stored of a point as shown, pixel centers at integers.

        Parameters
        ----------
        row, column
            As shown.
        stored
            Rows and columns of the image as stored.
        """
        if self.transposed:
            row, column = column, row
        return (
            stored[0] - 1 - row if self.down else row,
            stored[1] - 1 - column if self.across else column,
        )


def letters_of(frame: Frame) -> Letters | None:
    """Return the patient's directions at the edges of a frame as stored; ``None`` if unstated."""
    if frame.orientation is None:
        return None
    to_ras = LPS_TO_RAS[:3, :3]
    return edge_letters(
        to_ras @ np.array(frame.orientation[:3]), to_ras @ np.array(frame.orientation[3:])
    )


def turn_to_stored(shown: Letters | None, stored: Letters | None) -> Turn | None:
    """Find the transposition and reversals that lead from a display to the file.

    A slice read from a file by itself is shown as stored. One taken out of a volume is shown
    as a radiologist looks at it, and may be mirrored or transposed in its file.

    Parameters
    ----------
    shown, stored
        Directions at the edges of both; ``None`` where the file does not state them: then both
        are the same.

    Returns
    -------
    Turn or None
        ``None`` if no such turn leads from one to the other.
    """
    if shown is None or stored is None:
        return Turn()
    # The first letter names the nearest axis; second letters may differ by rounding.
    left, right, top, bottom = (letter[0] for letter in stored)
    for transposed in (False, True):
        edges = Letters(*(letter[0] for letter in shown))
        if transposed:
            edges = Letters(edges.top, edges.bottom, edges.left, edges.right)
        across = _reversal((edges.left, edges.right), (left, right))
        down = _reversal((edges.top, edges.bottom), (top, bottom))
        if across is not None and down is not None:
            return Turn(transposed, down, across)
    return None


def _reversal(shown: tuple[str, str], stored: tuple[str, str]) -> bool | None:
    """Whether an axis runs the other way; ``None`` if it is another axis."""
    if shown == stored:
        return False
    return True if shown == stored[::-1] else None
