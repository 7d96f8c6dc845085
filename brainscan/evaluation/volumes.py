"""What an evaluation says of whole volumes: one answer each, and how their slices rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.data.record import Label
from brainscan.evaluation.breakdown import hit_rate, ranked
from brainscan.evaluation.intervals import Estimate, proportion, resampling_units
from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.ratios import mean
from brainscan.evaluation.rows import ErrorKind, ImageRow
from brainscan.evaluation.statistics import Ranking
from brainscan.evaluation.volume_mask import AREA_NOTE
from brainscan.imaging.orientation import Plane

NOTES = (
    "A volume counts as tumour at or above the threshold of the model's rule for volumes; an "
    "indeterminate one is counted by that threshold all the same.",
    AREA_NOTE,
    "Slices without a head are not scored and in no figure. The slices of one volume, and the "
    "volumes of one group (patient), are resampled together.",
    "Border, file size and most similar picture are no measure of volumes and are not compared: "
    "all slices of a volume share one file and one background, and the most similar picture would "
    "be the neighbouring slice. Stability is measured on single images only.",
)
"""Sentences on how volumes are measured."""

_NO_INTERVAL = "No interval: neighbouring slices of one volume are not independent."


@dataclass(frozen=True)
class VolumeSlice:
    """One slice of the plane that was read.

    Attributes
    ----------
    index
        Along the canonical axis of the plane.
    probability
        Tumor probability in [0, 1]; ``None`` where there is no head to score.
    label
        By the mask; ``None`` without a mask, or where it shows too little tumor to say.
    """

    index: int
    probability: float | None
    label: Label | None = None


@dataclass(frozen=True)
class VolumeRow:
    """One volume of the dataset.

    Attributes
    ----------
    row
        The volume as one thing: its label, value, decision, types; ``hit`` says whether the
        maximum of the evidence over all slices lies inside the mask.
    threshold
        A value at or above it counts as tumor; ``None`` without a prediction.
    plane
        Of the slices that were read; ``None`` without a prediction.
    slices
        All slices of that plane, in order.
    key_slices
        Indices of the most suspicious slices, the most suspicious first.
    agreement
        Share of the scored slices that decide alone as the volume does.
    masked
        Whether the slices have labels from a mask.
    mask_problem
        Sentence why a mask that is named cannot be used.
    warnings
        Sentences about the volume and its answer.
    outline
        The model's outline beside the expert's, in voxels; ``None`` where there is nothing to
        compare.
    """

    row: ImageRow
    threshold: float | None = None
    plane: Plane | None = None
    slices: tuple[VolumeSlice, ...] = ()
    key_slices: tuple[int, ...] = ()
    agreement: float | None = None
    masked: bool = False
    mask_problem: str | None = None
    warnings: tuple[str, ...] = ()
    outline: OutlineMatch | None = None

    @property
    def scored(self) -> int:
        """Number of slices that were scored."""
        return sum(one.probability is not None for one in self.slices)

    @property
    def tumor_slices(self) -> int:
        """Number of tumor slices by the mask, scored or not."""
        return sum(one.label == "tumor" for one in self.slices)

    @property
    def unscored_tumor_slices(self) -> int:
        """Number of tumor slices that were not scored, for want of a head."""
        return sum(one.label == "tumor" and one.probability is None for one in self.slices)

    @property
    def error(self) -> ErrorKind | None:
        """What is wrong with the answer, ``None`` when nothing is or nothing can be said."""
        return None if self.threshold is None else self.row.error(self.threshold)

    @property
    def answer(self) -> str | None:
        return None if self.threshold is None else self.row.answer(self.threshold)

    @property
    def profile_auroc(self) -> Estimate:
        """AUROC of the slices' probabilities for tumor slices against tumor-free ones."""
        known = [
            (one.label == "tumor", one.probability)
            for one in self.slices
            if one.label is not None and one.probability is not None
        ]
        if not self.masked:
            return Estimate.undefined(0, self.mask_problem or "The volume has no mask.")
        truth = np.array([tumor for tumor, _ in known], bool)
        if truth.all() or not truth.any():
            which = "no tumour slice" if not truth.any() else "no tumour-free slice"
            return Estimate.undefined(len(known), f"There is {which} among those scored.")
        probability = np.array([value for _, value in known], float)
        value = float(Ranking(truth, probability).auroc(np.ones(len(truth))))
        return Estimate(value, None, None, len(known), "", _NO_INTERVAL)

    def to_json(self) -> dict[str, Any]:
        row = self.row
        return {
            "file": row.name,
            "status": row.status,
            "reason": row.reason,
            "label": row.label,
            "type_label": row.type,
            "tumor_probability": row.probability,
            "threshold": self.threshold,
            "answer": self.answer,
            "decision": row.decision,
            "error": self.error,
            "plane": self.plane,
            "slices": len(self.slices),
            "scored": self.scored,
            "tumor_slices": self.tumor_slices if self.masked else None,
            "unscored_tumor_slices": self.unscored_tumor_slices if self.masked else None,
            "slice_auroc": self.profile_auroc.to_json(),
            "peak_in_mask": row.hit,
            "key_slices": list(self.key_slices),
            "agreement": self.agreement,
            "seen_in_training": row.seen,
            "mask_problem": self.mask_problem,
            "outline": self.outline.cells() if self.outline else None,
            "warnings": list(self.warnings),
            "profile": [
                {"index": one.index, "probability": one.probability, "label": one.label}
                for one in self.slices
            ],
        }


@dataclass(frozen=True)
class VolumeFigures:
    """Figures over volumes; none of them counts a slice as a case.

    Attributes
    ----------
    n_tumor, n_no_tumor
        Volumes with label and prediction.
    sensitivity, specificity
        At the volumes' own threshold.
    auroc
        Of the volumes' values.
    indeterminate
        Share of the volumes with a prediction that is left undecided.
    type_accuracy
        Over tumor volumes of a known type, found or missed, on whose sequence the types were
        learned.
    profile_auroc
        Mean over volumes of the AUROC of their slices.
    hit_rate
        Share of masked tumor volumes whose evidence has its maximum inside the mask.
    notes
        Sentences about what the intervals cannot know.
    """

    n_tumor: int
    n_no_tumor: int
    sensitivity: Estimate
    specificity: Estimate
    auroc: Estimate
    indeterminate: Estimate
    type_accuracy: Estimate
    profile_auroc: Estimate
    hit_rate: Estimate
    notes: tuple[str, ...]

    def named(self) -> list[tuple[str, Estimate]]:
        """Return the figures with their names."""
        return [
            ("Volumes, AUROC", self.auroc),
            ("Volumes, sensitivity", self.sensitivity),
            ("Volumes, specificity", self.specificity),
            ("Volumes left indeterminate", self.indeterminate),
            ("Volumes, type accuracy", self.type_accuracy),
            ("Slice profile, AUROC (mean)", self.profile_auroc),
            ("Maximum in tumour", self.hit_rate),
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_no_tumor,
            "auroc": self.auroc.to_json(),
            "sensitivity": self.sensitivity.to_json(),
            "specificity": self.specificity.to_json(),
            "indeterminate": self.indeterminate.to_json(),
            "type_accuracy": self.type_accuracy.to_json(),
            "slice_auroc_mean": self.profile_auroc.to_json(),
            "peak_in_mask": self.hit_rate.to_json(),
        }


def volume_figures(volumes: Sequence[VolumeRow]) -> VolumeFigures:
    """Compute the figures; volumes of one group are resampled together."""
    units, notes = resampling_units(
        [one.row.group for one in volumes],
        [one.row.source for one in volumes],
        [one.row.sha256 or one.row.name for one in volumes],
    )
    counted = [i for i, one in enumerate(volumes) if one.row.label is not None and one.answer]
    truth = np.array([volumes[i].row.label == "tumor" for i in counted], bool)
    found = np.array([volumes[i].answer == "tumor" for i in counted], bool)
    value = np.array([volumes[i].row.probability for i in counted], float)
    tumors, others = int(truth.sum()), int((~truth).sum())
    answered = [one.row for one in volumes if one.answer]
    typed = [volumes[i].row for i in counted if volumes[i].row.type and volumes[i].row.types]
    profiles = [(i, auroc) for i, one in enumerate(volumes) if (auroc := one.profile_auroc).defined]
    return VolumeFigures(
        n_tumor=tumors,
        n_no_tumor=others,
        sensitivity=proportion(int((truth & found).sum()), tumors, "There is no tumour volume."),
        specificity=proportion(
            int((~truth & ~found).sum()), others, "There is no volume without tumour."
        ),
        auroc=ranked(truth, value, [units[i] for i in counted])[0],
        indeterminate=proportion(
            sum(row.decision == "indeterminate" for row in answered),
            len(answered),
            "No volume has a prediction.",
        ),
        type_accuracy=proportion(
            sum(row.best_type == row.type for row in typed),
            len(typed),
            "No tumour volume has a known type, or the model names none on scans like these.",
        ),
        profile_auroc=mean(
            [auroc.value or 0.0 for _, auroc in profiles],
            [units[i] for i, _ in profiles],
            "No volume has a mask with tumour and tumour-free slices.",
        ),
        hit_rate=hit_rate([one.row for one in volumes]),
        notes=tuple(note.replace("images", "volumes") for note in notes),
    )
