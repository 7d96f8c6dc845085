"""Masks as YOLO segmentation labels: one line a lesion, class and corners of a polygon.

The format has no holes: a lesion with holes is one polygon whose holes are joined to its outside by
channels of no width. Nor has it room for a comment, so what must be said stands in ``data.yaml``.

References
----------
Ultralytics, instance segmentation data sets, https://docs.ultralytics.com/datasets/segment/.
"""

from __future__ import annotations

import numpy as np

from brainscan.imaging.contours import mask_pieces
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.label_sets import PICTURES, LabeledSlice

LABELS = "labels"
SETTINGS = "data.yaml"
_DIGITS = 8  # a thousandth of a pixel at 100,000 pixels


class YoloLabels:
    """Collects who drew the masks of a set."""

    def __init__(self) -> None:
        self._sources: dict[str, None] = {}

    def add(self, one: LabeledSlice) -> dict[str, bytes]:
        """Take a slice; picture and label are complete. A slice without tumor has an empty one."""
        self._sources[one.outline.sentence] = None
        return {
            f"{PICTURES}/{one.name}.png": one.png(),
            f"{LABELS}/{one.name}.txt": yolo_lines(one.outline.mask).encode(),
        }

    def finish(self) -> dict[str, bytes]:
        """Return the settings that a trainer is given."""
        lines = [
            f"# {RESEARCH_USE}",
            *(f"# {sentence}" for sentence in self._sources),
            "# All slices are listed under train and val alike. Split them before training, and",
            "# keep the slices of one patient together.",
            f"train: {PICTURES}",
            f"val: {PICTURES}",
            "names:",
            "  0: tumor",
        ]
        return {SETTINGS: ("\n".join(lines) + "\n").encode()}


def yolo_lines(mask: np.ndarray) -> str:
    """Return the labels of a slice; empty for an empty mask.

    Parameters
    ----------
    mask
        ``(height, width)``, bool or numbers; anything but zero is tumor.

    Returns
    -------
    str
        A line a lesion: ``0 x1 y1 x2 y2 ...``, in [0, 1], as shares of width and height.
    """
    height, width = mask.shape
    lines = []
    for piece in mask_pieces(mask):
        corners = piece.keyholed()[:, ::-1] / (width, height)
        numbers = (f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".") for value in corners.ravel())
        lines.append(f"0 {' '.join(numbers)}\n")
    return "".join(lines)
