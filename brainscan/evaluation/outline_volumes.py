"""Outlines of whole volumes: the masks compared, and figures over volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.ratios import ratio, share_of
from brainscan.evaluation.volume_mask import TumorMask
from brainscan.evaluation.volumes import VolumeRow
from brainscan.imaging.head import head_area
from brainscan.imaging.orientation import Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.volume_prediction import VolumePrediction


@dataclass(frozen=True, eq=False)
class VolumeOutlines:
    """The masks of a volume; drop them soon.

    Attributes
    ----------
    reference, answer, raw
        The expert's, the one that goes with the answer, and the network's before the answer.
    volume
        The volume.
    """

    reference: TumorMask = field(repr=False)
    answer: TumorMask = field(repr=False)
    raw: TumorMask = field(repr=False)
    volume: Volume = field(repr=False)

    @classmethod
    def of(
        cls, prediction: VolumePrediction, volume: Volume, mask: TumorMask | None
    ) -> VolumeOutlines | None:
        """Return the masks; ``None`` where there is no mask or the release draws none."""
        drawn = prediction.mask_volume(volume)
        if mask is None or drawn is None:
            return None
        raw = np.zeros(volume.shape, bool)
        for one in prediction.scored:
            fresh = one.fresh_segmentation
            if fresh is not None:
                volume.put_slice(raw, prediction.plane, one.index, fresh.mask)
        return cls(mask, TumorMask(drawn, volume), TumorMask(raw, volume), volume)

    def whole(self) -> OutlineMatch:
        """Compare the masks of the whole volume."""
        return OutlineMatch.of(
            self.reference.inside, self.answer.inside, self.raw.inside, self.volume.spacing
        )

    def on_slice(self, plane: Plane, index: int) -> OutlineMatch:
        """Compare the masks of one slice."""
        scan = self.volume.to_scan(plane, index)
        return OutlineMatch.of(
            self.reference.on_slice(plane, index),
            self.answer.on_slice(plane, index),
            self.raw.on_slice(plane, index),
            scan.spacing,
            head_area(scan.pixels),
        )


@dataclass(frozen=True)
class VolumeOutlineFigures:
    """Figures over whole volumes that show tumor: means of Dice and of the distance in mm."""

    dice: Estimate
    hd95_mm: Estimate
    sensitivity: Estimate
    false_lesions: Estimate

    def named(self) -> list[tuple[str, Estimate]]:
        return [
            ("Volumes, Dice", self.dice),
            ("Volumes, border distance, 95 %, mm", self.hd95_mm),
            ("Volumes, lesions found", self.sensitivity),
            ("Volumes, false lesions each", self.false_lesions),
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "dice": self.dice.to_json(),
            "hd95_mm": self.hd95_mm.to_json(),
            "lesion_sensitivity": self.sensitivity.to_json(),
            "false_lesions_per_volume": self.false_lesions.to_json(),
        }


def volume_outline_figures(volumes: Sequence[VolumeRow]) -> VolumeOutlineFigures:
    """Compute the figures over volumes with an outline; those of one group are drawn together."""
    units = [(one.row.source, one.row.group or one.row.sha256 or one.row.name) for one in volumes]
    pairs = [(one.outline, unit) for one, unit in zip(volumes, units, strict=True)]
    known = [(one, unit) for one, unit in pairs if one is not None]
    tumor = [(one, unit) for one, unit in known if one.reference]
    nothing = "No volume with a mask shows tumour."
    apart = [(one.hd95_mm, unit) for one, unit in tumor if one.hd95_mm is not None]
    of_tumor = [unit for _, unit in tumor]
    return VolumeOutlineFigures(
        dice=ratio([(one.dice or 0.0, 1.0) for one, _ in tumor], of_tumor, nothing),
        hd95_mm=ratio(
            [(distance, 1.0) for distance, _ in apart],
            [unit for _, unit in apart],
            "No volume with tumour has an outline.",
        ),
        sensitivity=share_of([(one.found, one.lesions) for one, _ in tumor], of_tumor, nothing),
        false_lesions=ratio(
            [(one.false, 1.0) for one, _ in known],
            [unit for _, unit in known],
            "No volume was compared.",
        ),
    )
