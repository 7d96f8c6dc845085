"""A contact sheet: what the network really sees in training."""

from __future__ import annotations

import cv2
import numpy as np

from brainscan.data.augmentation import Augmentation
from brainscan.data.loader import DataLoader

_OUTLINE = (242, 142, 43)  # RGB


def contact_sheet(
    loader: DataLoader, how: Augmentation, *, rows: int, columns: int, seed: int
) -> np.ndarray:
    """Return a grid of slices: the plain network input first, then augmented versions of it.

    Parameters
    ----------
    loader
        Slices in memory.
    how
        Augmentation of the training.
    rows, columns
        Slices, and versions of each.
    seed
        Of the choice of slices and of the augmentation.

    Returns
    -------
    numpy.ndarray
        ``(rows * size, columns * size, 3)`` uint8 RGB; the outline of a known mask is drawn.
    """
    chosen = loader.order(0, seed)[:rows]
    lines = []
    for index in chosen:
        versions = [(loader.images[index], loader.masks[index])]
        versions += [loader.sample(int(index), epoch, seed, how)[:2] for epoch in range(1, columns)]
        lines.append(np.hstack([_outlined(image, mask) for image, mask in versions]))
    return np.vstack(lines)


def _outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(rgb, contours, -1, _OUTLINE, 1))
