"""One outline beside the expert's: the few numbers that every figure on outlines is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from brainscan.evaluation.segmentation_metrics import (
    dice_of,
    hausdorff95,
    iou_of,
    lesion_counts,
)


@dataclass(frozen=True)
class OutlineMatch:
    """The outline of a slice, or of a volume, compared with the expert's.

    Sizes are numbers of pixels, of voxels for a volume. The masks themselves are not kept.

    Attributes
    ----------
    reference, answer, common
        Size of the expert's mask, of the one that goes with the decision, of both together.
    raw_answer, raw_common
        The same of the network's mask before the decision, which empties it on what is called
        tumor-free.
    lesions, found, false
        As in `brainscan.evaluation.segmentation_metrics.LesionCounts`.
    hd95_px, hd95_mm
        95 % Hausdorff distance; ``None`` where a mask is empty, in pixels also for a volume, in
        millimeters also without spacing.
    head
        Size of the head on the slice; 0 for a volume.
    size_mm
        Area of a pixel in mm², volume of a voxel in mm³, where known.
    """

    reference: int
    answer: int
    common: int
    raw_answer: int
    raw_common: int
    lesions: int
    found: int
    false: int
    hd95_px: float | None = None
    hd95_mm: float | None = None
    head: int = 0
    size_mm: float | None = None

    @classmethod
    def of(
        cls,
        reference: np.ndarray,
        answer: np.ndarray,
        raw: np.ndarray,
        spacing: Sequence[float] | None,
        head: int = 0,
    ) -> OutlineMatch:
        """Compare masks.

        Parameters
        ----------
        reference, answer, raw
            bool arrays of one shape: the expert's, the one that goes with the decision, and the
            network's before it.
        spacing
            Millimeters between pixels along each axis, where known.
        head
            Size of the head on a slice.
        """
        counts = lesion_counts(reference, answer)
        flat = reference.ndim == 2
        return cls(
            reference=_size(reference),
            answer=_size(answer),
            common=_size(reference & answer),
            raw_answer=_size(raw),
            raw_common=_size(reference & raw),
            lesions=counts.lesions,
            found=counts.found,
            false=counts.false,
            hd95_px=hausdorff95(reference, answer) if flat else None,
            hd95_mm=None if spacing is None else hausdorff95(reference, answer, spacing),
            head=head,
            size_mm=None if spacing is None else float(prod(spacing)),
        )

    @property
    def dice(self) -> float | None:
        """Dice coefficient; ``None`` where both masks are empty."""
        return dice_of(self.common, self.reference, self.answer)

    @property
    def iou(self) -> float | None:
        """Intersection over union; ``None`` where both masks are empty."""
        return iou_of(self.common, self.reference, self.answer)

    @property
    def raw_dice(self) -> float | None:
        """Dice coefficient of the network's mask before the decision."""
        return dice_of(self.raw_common, self.reference, self.raw_answer)

    @property
    def head_share(self) -> float | None:
        """Size of the answer as a share of the head's; ``None`` where no head was measured."""
        return self.answer / self.head if self.head else None

    def cells(self) -> dict[str, Any]:
        """Return name and value of what the tables list of an outline; sizes in pixels."""
        return {
            "dice": self.dice,
            "iou": self.iou,
            "hd95_px": self.hd95_px,
            "hd95_mm": self.hd95_mm,
            "dice_before_decision": self.raw_dice,
            "mask_pixels": self.reference,
            "outline_pixels": self.answer,
            "common_pixels": self.common,
            "lesions": self.lesions,
            "lesions_found": self.found,
            "lesions_false": self.false,
            "outline_share_of_head": self.head_share,
        }


COLUMNS = tuple(OutlineMatch(*[0] * 8).cells())
"""Names of `OutlineMatch.cells`."""


def _size(mask: np.ndarray) -> int:
    return int(np.count_nonzero(mask))
