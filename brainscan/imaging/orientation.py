"""Where a grid of voxels lies in the patient, from its affine alone.

World coordinates are RAS+ millimetres as in NIfTI and nibabel: x grows towards the patient's
Right, y towards Anterior, z towards Superior. DICOM's own coordinates are LPS+: x and y have the
opposite sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np

Plane = Literal["axial", "coronal", "sagittal"]
"""The anatomical planes, each named after the plane its slices lie in."""

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
PLANE_OF_AXIS: tuple[Plane, ...] = ("sagittal", "coronal", "axial")
"""The plane of the slices that are stacked along canonical axis 0, 1 and 2."""

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

_POSITIVE, _NEGATIVE = "RAS", "LPI"
_SECOND_LETTER = float(np.sin(np.radians(15.0)))


class Letters(NamedTuple):
    """The patient's directions at the four edges of an image, for example R, L, A, P.

    A second letter is added where the direction is more than 15 degrees off the axis.
    """

    left: str
    right: str
    top: str
    bottom: str


def direction_letters(direction: Sequence[float] | np.ndarray) -> str:
    """Name a direction of the patient by R, L, A, P, S, I; the strongest component first.

    Parameters
    ----------
    direction
        ``(3,)`` vector in RAS+ coordinates, of any length but zero.
    """
    vector = np.asarray(direction, np.float64)
    vector = vector / np.linalg.norm(vector)
    order = np.argsort(-np.abs(vector), kind="stable")
    named = [axis for axis in order if abs(vector[axis]) > _SECOND_LETTER][:2]
    return "".join((_POSITIVE if vector[axis] > 0 else _NEGATIVE)[axis] for axis in named)


def edge_letters(along_columns: np.ndarray, along_rows: np.ndarray) -> Letters:
    """Return the letters of an image from the patient directions of its two axes.

    Parameters
    ----------
    along_columns
        ``(3,)`` RAS+ direction in which the column index grows (towards the image's right).
    along_rows
        ``(3,)`` RAS+ direction in which the row index grows (towards the image's bottom).
    """
    return Letters(
        left=direction_letters(-along_columns),
        right=direction_letters(along_columns),
        top=direction_letters(-along_rows),
        bottom=direction_letters(along_rows),
    )


def spacing_of(affine: np.ndarray) -> tuple[float, float, float]:
    """Return the voxel size in millimetres along each array axis of a ``(4, 4)`` affine."""
    first, second, third = np.linalg.norm(affine[:3, :3], axis=0)
    return float(first), float(second), float(third)


def canonical_axes(
    affine: np.ndarray,
) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Find the permutation and flips that bring a grid closest to RAS+, without resampling.

    Of the six ways to assign array axes to world axes, the one with the largest sum of absolute
    cosines is taken.

    Parameters
    ----------
    affine
        ``(4, 4)``, array index to RAS+ millimetres; not singular.

    Returns
    -------
    axes
        For canonical axis 0, 1, 2 the array axis that runs along it.
    flips
        For canonical axis 0, 1, 2 whether that array axis runs against it.
    """
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    first, second, third = max(
        permutations(range(3)),
        key=lambda axes: sum(abs(cosines[world, axis]) for world, axis in enumerate(axes)),
    )
    axes = (first, second, third)
    flips = (
        bool(cosines[0, first] < 0),
        bool(cosines[1, second] < 0),
        bool(cosines[2, third] < 0),
    )
    return axes, flips


def orientation_code(affine: np.ndarray) -> str:
    """Return the three-letter code of a grid's axes, for example ``"LPS"``."""
    axes, flips = canonical_axes(affine)
    letters = ["", "", ""]
    for world in range(3):
        letters[axes[world]] = (_NEGATIVE if flips[world] else _POSITIVE)[world]
    return "".join(letters)


def nearest_plane(normal: Sequence[float] | np.ndarray) -> Plane:
    """Return the anatomical plane whose normal is closest to a direction (RAS+ or LPS+)."""
    return PLANE_OF_AXIS[int(np.argmax(np.abs(np.asarray(normal))))]
