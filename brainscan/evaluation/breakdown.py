"""The figures of one part of the images: a source, or a sequence of a source."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.evaluation.intervals import Estimate, GroupBootstrap, proportion
from brainscan.evaluation.metrics import ranking_figures
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.statistics import Ranking

_NOTHING = "Nothing here has both a label and a prediction."


@dataclass(frozen=True)
class Breakdown:
    """Figures of a part of the images at the model's own threshold.

    ``unlabelled`` and ``without_prediction`` images are in no figure.
    """

    name: str
    n_tumor: int
    n_no_tumor: int
    unlabelled: int
    without_prediction: int
    indeterminate: int
    sensitivity: Estimate
    specificity: Estimate
    auroc: Estimate
    sensitivity_at_95: Estimate
    ece: Estimate
    hit_rate: Estimate

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_no_tumor,
            "unlabelled": self.unlabelled,
            "without_prediction": self.without_prediction,
            "indeterminate": self.indeterminate,
            "sensitivity": self.sensitivity.to_json(),
            "specificity": self.specificity.to_json(),
            "auroc": self.auroc.to_json(),
            "sensitivity_at_specificity_95": self.sensitivity_at_95.to_json(),
            "ece": self.ece.to_json(),
            "hit_rate": self.hit_rate.to_json(),
        }


def hit_rate(rows: Sequence[ImageRow]) -> Estimate:
    """Return the share of masked tumor images whose evidence peaks inside the mask."""
    hits = [row.hit for row in rows if row.hit is not None]
    return proportion(sum(hits), len(hits), "No image with a prediction has a tumour mask.")


def breakdown(
    name: str, rows: Sequence[ImageRow], units: Sequence[Hashable], threshold: float
) -> Breakdown:
    """Compute the figures of a part.

    Parameters
    ----------
    name
        What the part is called.
    rows, units
        All images of the part and their resampling units.
    threshold
        A probability at or above it counts as tumor.
    """
    counted = [
        (row.label == "tumor", row.probability, unit)
        for row, unit in zip(rows, units, strict=True)
        if row.label is not None and row.probability is not None
    ]
    truth = np.array([tumor for tumor, _, _ in counted], bool)
    probability = np.array([value for _, value, _ in counted], float)
    tumors, others = int(truth.sum()), int((~truth).sum())
    found = probability >= threshold
    figures = ranking_figures(truth, probability, [unit for _, _, unit in counted])
    return Breakdown(
        name=name,
        n_tumor=tumors,
        n_no_tumor=others,
        unlabelled=sum(row.label is None for row in rows),
        without_prediction=sum(row.probability is None for row in rows),
        indeterminate=sum(row.decision == "indeterminate" for row in rows),
        sensitivity=proportion(int((truth & found).sum()), tumors, "There is no tumour image."),
        specificity=proportion(
            int((~truth & ~found).sum()), others, "There is no image without tumour."
        ),
        auroc=figures.auroc,
        sensitivity_at_95=figures.sensitivity_at_95,
        ece=figures.ece,
        hit_rate=hit_rate(rows),
    )


def ranked(
    truth: np.ndarray, probability: np.ndarray, units: Sequence[Hashable]
) -> tuple[Estimate, Estimate]:
    """Return AUROC and sensitivity at specificity 0.95, undefined with a single class."""
    if truth.all() or not truth.any():
        why = "Only one class is present here." if len(truth) else _NOTHING
        nothing = Estimate.undefined(len(truth), why)
        return nothing, nothing
    ranking = Ranking(truth, probability)
    bootstrap = GroupBootstrap(units)
    everything = np.ones(len(truth))
    auroc, at_95 = (
        bootstrap.estimate(float(statistic(everything)), bootstrap.of_weights(statistic))
        for statistic in (ranking.auroc, ranking.sensitivity_at_95)
    )
    return auroc, at_95


def breakdowns(
    rows: Sequence[ImageRow],
    units: Sequence[Hashable],
    threshold: float,
    key: Callable[[ImageRow], str | None],
) -> tuple[Breakdown, ...]:
    """Split the images by ``key`` (``None``: left out) and compute each part's figures."""
    parts: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        part = key(row)
        if part is not None:
            parts.setdefault(part, []).append(index)
    return tuple(
        breakdown(name, [rows[i] for i in parts[name]], [units[i] for i in parts[name]], threshold)
        for name in sorted(parts)
    )
