"""How well an outlined tumor agrees with an expert's: overlap, border distance, lesions.

Definitions follow Maier-Hein, Reinke et al., "Metrics reloaded: recommendations for image analysis
validation", Nat. Methods 21 (2024) 195-212, and its companion on pitfalls. Everything works on
slices and on volumes. A figure that is not defined, because a mask is empty, is ``None``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FOUND_SHARE = 0.1
"""Share of a lesion's pixels that the answer must cover for the lesion to count as found.

The same share of a piece of the answer must lie on tumor for the piece not to count as false.
"""

_PERCENTILE = 95.0


def dice_of(common: float, reference: float, answer: float) -> float | None:
    """Return the Dice coefficient of two masks from their sizes; ``None`` where both are empty."""
    return 2.0 * common / (reference + answer) if reference + answer > 0 else None


def iou_of(common: float, reference: float, answer: float) -> float | None:
    """Return intersection over union (Jaccard) from sizes; ``None`` where both are empty."""
    union = reference + answer - common
    return common / union if union > 0 else None


def hausdorff95(
    reference: np.ndarray, answer: np.ndarray, spacing: Sequence[float] | None = None
) -> float | None:
    """Return the 95 % Hausdorff distance of the borders of two masks.

    For each of the two, the 95th percentile (linear interpolation) of the distances from its
    border pixels to the nearest border pixel of the other; the larger of both. A border pixel is
    one of the mask with a side neighbor outside it; what lies beyond the edge is outside.

    Parameters
    ----------
    reference, answer
        bool arrays of the same shape.
    spacing
        Distance between pixels along each axis, for a result in millimeters; ``None``: pixels.

    Returns
    -------
    float or None
        ``None`` where one of the masks is empty: there is no border to be at a distance from.
    """
    from scipy.spatial import KDTree

    scale = np.ones(reference.ndim) if spacing is None else np.asarray(spacing, float)
    if not (reference.any() and answer.any()):
        return None
    first, second = (_border(mask) * scale for mask in (reference, answer))
    distances = (
        KDTree(second).query(first, workers=1)[0],
        KDTree(first).query(second, workers=1)[0],
    )
    return float(max(np.percentile(one, _PERCENTILE) for one in distances))


@dataclass(frozen=True)
class LesionCounts:
    """Connected pieces (touching by a corner is enough) of a reference and of an answer.

    Attributes
    ----------
    lesions
        Pieces of the reference.
    found
        Those of them of which the answer covers `FOUND_SHARE` of the pixels or more.
    false
        Pieces of the answer of which less than `FOUND_SHARE` of the pixels lie on tumor.
    """

    lesions: int
    found: int
    false: int


def lesion_counts(reference: np.ndarray, answer: np.ndarray) -> LesionCounts:
    """Count found, missed and false lesions."""
    lesions, found = _covered(reference, answer)
    pieces, true = _covered(answer, reference)
    return LesionCounts(lesions, found, pieces - true)


def _covered(mask: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Return how many pieces a mask has, and how many of them another mask covers."""
    from scipy.ndimage import generate_binary_structure, label

    if not mask.any():
        return 0, 0
    box = _box(mask)
    labels, count = label(mask[box], generate_binary_structure(mask.ndim, mask.ndim))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    covered = np.bincount(labels[other[box]], minlength=count + 1)[1:]
    return int(count), int(np.count_nonzero(covered >= FOUND_SHARE * sizes))


def _border(mask: np.ndarray) -> np.ndarray:
    """Return the border pixels of a mask, ``(n, dimensions)`` indices."""
    from scipy.ndimage import binary_erosion

    box = _box(mask)
    inside = mask[box]
    start = [one.start for one in box]
    return np.argwhere(inside & ~binary_erosion(inside)) + start


def _box(mask: np.ndarray) -> tuple[slice, ...]:
    """Return the smallest box around a mask that is not empty."""
    found = []
    for axis in range(mask.ndim):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        where = np.flatnonzero(mask.any(axis=others))
        found.append(slice(int(where[0]), int(where[-1]) + 1))
    return tuple(found)
