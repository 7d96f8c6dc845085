"""The figures on outlines, by source and sequence, from the numbers kept of each outline."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.evaluation.agreement import Agreement, area_agreement
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.outline_pictures import FALSE_SHARE
from brainscan.evaluation.outline_volumes import VolumeOutlineFigures, volume_outline_figures
from brainscan.evaluation.ratios import ratio, share_of
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.segmentation_metrics import FOUND_SHARE
from brainscan.evaluation.volumes import VolumeRow

ALL = "all"
NOTES = (
    "What is measured is the mask that goes with the decision: empty on a slice that is called "
    "tumour-free, in a volume also where the whole volume is. 'Before the decision' is the "
    "network's own mask.",
    "Dice, intersection over union and distance are means over the tumour slices that have a "
    "mask. A slice without an outline has a Dice of 0 and no distance.",
    "Distance is the 95 % Hausdorff distance between borders: of the 95th percentiles in both "
    "directions the larger one (Metrics Reloaded, Nat. Methods 2024).",
    "A stack is all slices of one patient (group) and sequence; its Dice is twice the common "
    "pixels over all pixels of both masks, tumour-free and uncertain slices included. Stacks are "
    "formed where the dataset names both, because other groups may be copies of one picture.",
    f"A lesion is a piece of a mask, touching by a corner is enough. It is found when the outline "
    f"covers {FOUND_SHARE:.0%} of its pixels or more; a piece of the outline is false when less "
    f"than {FOUND_SHARE:.0%} of its pixels lie on tumour.",
    f"A false mask covers more than {FALSE_SHARE:.1%} of the head on a slice labelled tumour-free. "
    "The head is the largest object that exceeds a tenth of the slice's brightness, with its dark "
    "inside: the brain where a scan is stripped of its skull, skull and scalp too where not.",
    "Intervals are of a bootstrap over patients or other groups; where all or none of the lesions "
    "or slices count, they are Wilson's, which take them for independent.",
)  # fmt: skip
"""Sentences on how outlines are measured."""


@dataclass(frozen=True)
class OutlineFigures:
    """Figures of a part of the images.

    Attributes
    ----------
    name
        Source and sequence, or `ALL`.
    n_tumor, n_free
        Tumor slices with a mask, tumor-free slices.
    dice, raw_dice, iou
        Means over tumor slices; ``raw_dice`` is of the mask before the decision.
    dice_quartiles
        25, 50 and 75 % of the slices' Dice; empty without tumor slices.
    hd95_px, hd95_mm
        Mean over the tumor slices with an outline, in millimeters where the spacing is known.
    stack_dice
        Mean over patients and sequences.
    sensitivity
        Share of the lesions that are found.
    false_lesions
        Mean number of false lesions an image.
    false_masks
        Share of the tumor-free slices with a false mask.
    agreement
        Of the areas on tumor slices; ``None`` with fewer than two.
    """

    name: str
    n_tumor: int
    n_free: int
    dice: Estimate
    raw_dice: Estimate
    dice_quartiles: tuple[float, ...]
    iou: Estimate
    hd95_px: Estimate
    hd95_mm: Estimate
    stack_dice: Estimate
    sensitivity: Estimate
    false_lesions: Estimate
    false_masks: Estimate
    agreement: Agreement | None

    def named(self) -> list[tuple[str, Estimate]]:
        """Return the figures with their names; those in millimeters only where there are some."""
        found = [
            ("Dice a slice", self.dice),
            ("Dice a slice, before the decision", self.raw_dice),
            ("Dice a stack (patient and sequence)", self.stack_dice),
            ("Intersection over union", self.iou),
            ("Border distance, 95 %, px", self.hd95_px),
            ("Border distance, 95 %, mm", self.hd95_mm),
            ("Lesions found", self.sensitivity),
            ("False lesions an image", self.false_lesions),
            ("Tumour-free slices with a false mask", self.false_masks),
        ]
        return [pair for pair in found if pair[1] is not self.hd95_mm or pair[1].defined]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_free,
            "dice": self.dice.to_json(),
            "dice_before_decision": self.raw_dice.to_json(),
            "dice_quartiles": [round(value, 6) for value in self.dice_quartiles],
            "iou": self.iou.to_json(),
            "hd95_px": self.hd95_px.to_json(),
            "hd95_mm": self.hd95_mm.to_json(),
            "stack_dice": self.stack_dice.to_json(),
            "lesion_sensitivity": self.sensitivity.to_json(),
            "false_lesions_per_image": self.false_lesions.to_json(),
            "false_masks": self.false_masks.to_json(),
            "area_agreement": self.agreement.to_json() if self.agreement else None,
        }


@dataclass(frozen=True)
class Outlines:
    """All figures on outlines.

    Attributes
    ----------
    overall
        Over all images; ``None`` where only volumes could be compared.
    parts
        One for each source and sequence, by name.
    volumes
        ``None`` without a volume that could be compared.
    """

    overall: OutlineFigures | None
    parts: tuple[OutlineFigures, ...]
    volumes: VolumeOutlineFigures | None

    def to_json(self) -> dict[str, Any]:
        return {
            "notes": list(NOTES),
            "found_share": FOUND_SHARE,
            "false_mask_share": FALSE_SHARE,
            "overall": self.overall.to_json() if self.overall else None,
            "by_stratum": [part.to_json() for part in self.parts],
            "volumes": self.volumes.to_json() if self.volumes else None,
        }


def measure_outlines(
    rows: Sequence[ImageRow], units: Sequence[Hashable], volumes: Sequence[VolumeRow] = ()
) -> Outlines | None:
    """Compute the figures; ``None`` where no outline was compared with a mask.

    Parameters
    ----------
    rows, units
        Images and slices, and what the bootstrap draws of them.
    volumes
        Whole volumes, which have figures of their own.
    """
    parts: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        if row.outline is not None:
            parts.setdefault(row.stratum, []).append(number)
    whole = [one for one in volumes if one.outline is not None]
    if not parts and not whole:
        return None

    def figures(name: str, numbers: Sequence[int]) -> OutlineFigures:
        return _figures(name, [rows[i] for i in numbers], [units[i] for i in numbers])

    compared = sorted(number for numbers in parts.values() for number in numbers)
    return Outlines(
        overall=figures(ALL, compared) if compared else None,
        parts=tuple(figures(name, parts[name]) for name in sorted(parts)),
        volumes=volume_outline_figures(whole) if whole else None,
    )


def _figures(name: str, rows: Sequence[ImageRow], units: Sequence[Hashable]) -> OutlineFigures:
    pairs = [(row.outline, row, unit) for row, unit in zip(rows, units, strict=True)]
    known = [(one, unit) for one, row, unit in pairs if one is not None and row.label is not None]
    tumor = [(one, unit) for one, row, unit in pairs if one is not None and row.label == "tumor"]
    free = [(one, unit) for one, row, unit in pairs if one is not None and row.label == "no_tumor"]
    dices = [one.dice or 0.0 for one, _ in tumor]
    nothing = "No tumour slice with a prediction has a mask."

    def mean(value: Callable[[OutlineMatch], float | None], reason: str) -> Estimate:
        found = [(number, unit) for one, unit in tumor if (number := value(one)) is not None]
        return ratio([(number, 1.0) for number, _ in found], [u for _, u in found], reason)

    shares = [(share, unit) for one, unit in free if (share := one.head_share) is not None]
    return OutlineFigures(
        name=name,
        n_tumor=len(tumor),
        n_free=len(free),
        dice=mean(lambda one: one.dice, nothing),
        raw_dice=mean(lambda one: one.raw_dice, nothing),
        dice_quartiles=tuple(map(float, np.percentile(dices, (25, 50, 75)))) if dices else (),
        iou=mean(lambda one: one.iou, nothing),
        hd95_px=mean(lambda one: one.hd95_px, "No tumour slice with a mask has an outline."),
        hd95_mm=mean(lambda one: one.hd95_mm, "The images do not tell the size of their pixels."),
        stack_dice=_stack_dice(rows, units),
        sensitivity=share_of(
            [(one.found, one.lesions) for one, _ in tumor], [u for _, u in tumor], nothing
        ),
        false_lesions=ratio(
            [(one.false, 1.0) for one, _ in known],
            [unit for _, unit in known],
            "No labelled image was compared.",
        ),
        false_masks=share_of(
            [(share > FALSE_SHARE, 1) for share, _ in shares],
            [unit for _, unit in shares],
            "There is no tumour-free slice.",
        ),
        agreement=area_agreement([one for one, _ in tumor], [unit for _, unit in tumor]),
    )


def _stack_dice(rows: Sequence[ImageRow], units: Sequence[Hashable]) -> Estimate:
    """Mean Dice over the stacks of single slices; a volume is a stack of its own."""
    stacks: dict[tuple[str, str], list[float]] = {}
    unit_of: dict[tuple[str, str], Hashable] = {}
    for row, unit in zip(rows, units, strict=True):
        one = row.outline
        if one is None or row.volume is not None or not (row.group and row.sequence):
            continue
        key = (row.stratum, row.group)
        unit_of[key] = unit
        sums = stacks.setdefault(key, [0.0, 0.0, 0.0])
        for place, size in enumerate((one.common, one.reference, one.answer)):
            sums[place] += size
    shown = [key for key, (_, reference, _) in stacks.items() if reference > 0]
    return ratio(
        [(2 * stacks[key][0] / (stacks[key][1] + stacks[key][2]), 1.0) for key in shown],
        [unit_of[key] for key in shown],
        "The dataset does not name patient and sequence of its tumour slices.",
    )
