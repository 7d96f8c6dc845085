"""Tumors carved out of one slice and into another: what only the tumor can tell apart.

Where tumor slices come from one hospital and tumor-free slices from another, a network may learn
the hospital. A tumor pasted into a tumor-free slice, and a tumor slice whose tumor is replaced by
tissue of the other side, belong to the same hospital as their originals and to the other class.
After CarveMix (arXiv:2108.06883), with local matching of brightness and a soft seam. The seam is
in both classes, so it tells nothing.
"""

from __future__ import annotations

import cv2
import numpy as np

LARGEST = 0.2  # of the picture: of larger tumors the other side says too little
_OVERLAP = 0.2  # of a tumor that may lie on its own mirror image
_INSIDE = 0.8  # of a pasted tumor that must lie on tissue
_TISSUE = 12  # grey level of 255 above which there is tissue
_RING = 9  # pixels around a tumor whose brightness is matched
_SEAM = 1.5  # standard deviation of the seam, in pixels


def paste_tumor(
    image: np.ndarray, donor: np.ndarray, mask: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """Paste the tumor of one slice into another, where it lay or mirrored, a little moved.

    Parameters
    ----------
    image
        ``(size, size)`` uint8, tumor-free.
    donor, mask
        ``(size, size)`` uint8: a slice with a tumor, and its outline, 0 or 1.
    generator
        Source of randomness.

    Returns
    -------
    tuple or None
        Slice and mask, ``(size, size)`` uint8 each; ``None`` where the tumor would lie outside
        the head, or is too large.
    """
    if generator.random() < 0.5:
        donor, mask = donor[:, ::-1], mask[:, ::-1]
    size = mask.shape[0]
    far = 0.06 * size
    warp = np.column_stack([np.eye(2), generator.uniform(-far, far, 2)])
    donor = cv2.warpAffine(donor, warp, mask.shape[::-1], flags=cv2.INTER_LINEAR)
    mask = cv2.warpAffine(mask, warp, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    area = int(mask.sum())
    if not 0 < area <= LARGEST * mask.size:
        return None
    if np.mean(image[mask > 0] > _TISSUE) < _INSIDE:
        return None
    return _blend(image, donor, mask), mask


def erase_tumor(image: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """Replace the tumor of a slice by the tissue of the other side of the head.

    The slice is as preprocessing crops it: the head's middle is the picture's.

    Parameters
    ----------
    image, mask
        ``(size, size)`` uint8: a slice, and the outline of its tumor, 0 or 1.

    Returns
    -------
    numpy.ndarray or None
        ``(size, size)`` uint8; ``None`` where the other side is not free of the tumor or of
        tissue, or the tumor is too large.
    """
    wide = cv2.dilate(mask, np.ones((5, 5), np.uint8))  # outlines run inside the bright rim
    area = int(wide.sum())
    if not 0 < area <= LARGEST * mask.size:
        return None
    other = image[:, ::-1]
    shared = np.sum(wide & mask[:, ::-1])
    if shared > _OVERLAP * area or np.mean(other[wide > 0] > _TISSUE) < _INSIDE:
        return None
    return _blend(image, other, wide)


def _blend(image: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lay ``other`` over ``image`` inside a mask, as bright around it as ``image`` is there."""
    ring = (cv2.dilate(mask, np.ones((_RING, _RING), np.uint8)) > 0) & (mask == 0)
    here, there = image[ring & (image > _TISSUE)], other[ring & (other > _TISSUE)]
    shift = float(here.mean()) - float(there.mean()) if len(here) and len(there) else 0.0
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _SEAM)
    mixed = (1 - weight) * image + weight * (other + np.float32(shift))
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
