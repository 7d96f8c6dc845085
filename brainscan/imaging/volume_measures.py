"""How large an outlined tumor is in a volume: its pieces, their milliliters, where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Voxel = tuple[int, int, int]

MOST_PIECES = 100
"""How many pieces of a mask are told one by one; noise can have a hundred thousand."""


@dataclass(frozen=True)
class VolumePiece:
    """A connected piece of a mask of voxels.

    Attributes
    ----------
    milliliters
        Its size.
    voxel
        Of its voxels on the slice of the third axis that is nearest to its center of mass, the
        one nearest to that center, in millimeters.
    first, last
        The corners of its box, both within.
    """

    milliliters: float
    voxel: Voxel
    first: Voxel
    last: Voxel


@dataclass(frozen=True)
class VolumeMeasures:
    """What can be measured of a mask of voxels.

    Attributes
    ----------
    milliliters
        Of all pieces together.
    voxels
        Number of voxels in the mask.
    lesions
        Number of connected pieces; voxels that touch by a corner belong together.
    pieces
        The largest of them, at most :data:`MOST_PIECES`, the largest first.
    """

    milliliters: float
    voxels: int
    lesions: int
    pieces: tuple[VolumePiece, ...]

    @property
    def largest_milliliters(self) -> float:
        """Of the largest piece; 0 where there is none."""
        return self.pieces[0].milliliters if self.pieces else 0.0


def milliliters(mask: np.ndarray, spacing: tuple[float, float, float]) -> float:
    """Return the size of a mask of voxels, ``spacing`` in millimeters."""
    return int(np.count_nonzero(mask)) * math.prod(spacing) / 1000.0


def measure_volume(
    mask: np.ndarray, spacing: tuple[float, float, float], start: Voxel = (0, 0, 0)
) -> VolumeMeasures:
    """Measure the tumor in a volume.

    Parameters
    ----------
    mask
        ``(i, j, k)``, bool or numbers; anything but zero is tumor.
    spacing
        Millimeters between voxels along each axis.
    start
        Where the first voxel of the mask lies in the volume that the pieces are told in.
    """
    from scipy.ndimage import find_objects, generate_binary_structure, label  # 0.9 s, seldom needed

    inside = np.asarray(mask) != 0
    if not inside.any():
        return VolumeMeasures(0.0, 0, 0, ())
    labels, count = label(inside, generate_binary_structure(3, 3))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    largest = np.argsort(-sizes[1:], kind="stable")[:MOST_PIECES] + 1
    boxes = find_objects(labels)
    pieces = []
    for number in largest:
        box = boxes[number - 1]
        first = np.array([part.start for part in box]) + start
        piece = labels[box] == number
        pieces.append(
            VolumePiece(
                int(sizes[number]) * math.prod(spacing) / 1000.0,
                _voxel(_middle(piece, spacing) + first),
                _voxel(first),
                _voxel(first + piece.shape - 1),
            )
        )
    return VolumeMeasures(milliliters(inside, spacing), int(sizes[1:].sum()), count, tuple(pieces))


def _middle(piece: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Return the voxel of a piece that stands for its center, without a list of all its voxels."""
    counts = [piece.sum(axis=tuple(other for other in range(3) if other != a)) for a in range(3)]
    center = np.array([np.average(np.arange(len(count)), weights=count) for count in counts])
    occupied = np.flatnonzero(counts[2])
    k = int(occupied[np.abs(occupied - center[2]).argmin()])
    at = np.argwhere(piece[:, :, k])
    aside = (((at - center[:2]) * spacing[:2]) ** 2).sum(axis=1)
    return np.array([*at[int(aside.argmin())], k])


def _voxel(place: np.ndarray) -> Voxel:
    i, j, k = (int(part) for part in place)
    return i, j, k
