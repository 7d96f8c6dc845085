"""Figures of a classifier with n, 95 % interval, and a reason where a figure is not defined."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.data.names import display_name
from brainscan.evaluation import statistics
from brainscan.evaluation.curves import calibration_sums, ece_and_brier
from brainscan.evaluation.intervals import Estimate, GroupBootstrap, proportion


@dataclass(frozen=True)
class ClassFigures:
    """Figures of one class against the others; ``n`` images have it as their label."""

    name: str
    n: int
    precision: Estimate
    recall: Estimate
    specificity: Estimate
    f1: Estimate

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "precision": self.precision.to_json(),
            "recall": self.recall.to_json(),
            "specificity": self.specificity.to_json(),
            "f1": self.f1.to_json(),
        }


@dataclass(frozen=True, eq=False)
class ConfusionFigures:
    """Everything that follows from a confusion matrix.

    Attributes
    ----------
    classes
        Class names in the order of rows and columns.
    counts
        ``(C, C)`` int; rows are the labels, columns the answers.
    per_class
        Figures of every class.
    """

    classes: tuple[str, ...]
    counts: np.ndarray
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_precision: Estimate
    macro_f1: Estimate
    mcc: Estimate
    per_class: tuple[ClassFigures, ...]

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def row_percent(self) -> np.ndarray:
        """``(C, C)`` float64: answers in percent of the images with a label; NaN if none."""
        totals = self.counts.sum(axis=1, keepdims=True)
        percent = np.full(self.counts.shape, np.nan)
        return np.divide(100.0 * self.counts, totals, out=percent, where=totals > 0)

    def of_class(self, name: str) -> ClassFigures:
        """Return the figures of the class called ``name``."""
        return self.per_class[self.classes.index(name)]

    def to_json(self) -> dict[str, Any]:
        percent = [
            [None if np.isnan(value) else round(float(value), 2) for value in row]
            for row in self.row_percent
        ]
        return {
            "n": self.n,
            "classes": list(self.classes),
            "confusion": {"counts": self.counts.tolist(), "row_percent": percent},
            "accuracy": self.accuracy.to_json(),
            "balanced_accuracy": self.balanced_accuracy.to_json(),
            "macro_precision": self.macro_precision.to_json(),
            "macro_recall": self.balanced_accuracy.to_json(),
            "macro_f1": self.macro_f1.to_json(),
            "mcc": self.mcc.to_json(),
            "per_class": {figures.name: figures.to_json() for figures in self.per_class},
        }


@dataclass(frozen=True)
class RankingFigures:
    """Figures of the tumour probability that need no threshold.

    ``sensitivity_at_95`` is the sensitivity at the lowest threshold whose specificity on these
    images is at least 0.95.
    """

    n_tumor: int
    n_no_tumor: int
    auroc: Estimate
    sensitivity_at_95: Estimate
    average_precision: Estimate
    brier: Estimate
    ece: Estimate

    def to_json(self) -> dict[str, Any]:
        return {
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_no_tumor,
            "auroc": self.auroc.to_json(),
            "sensitivity_at_specificity_95": self.sensitivity_at_95.to_json(),
            "average_precision": self.average_precision.to_json(),
            "brier": self.brier.to_json(),
            "ece": self.ece.to_json(),
        }


def confusion_counts(truth: np.ndarray, answer: np.ndarray, classes: int) -> np.ndarray:
    """Return the ``(classes, classes)`` int matrix of labels (rows) and answers (columns)."""
    return np.bincount(truth * classes + answer, minlength=classes**2).reshape(classes, classes)


_RESAMPLED = (
    statistics.balanced_accuracy,
    statistics.macro_precision,
    statistics.macro_f1,
    statistics.matthews,
)


def confusion_figures(
    truth: np.ndarray, answer: np.ndarray, classes: Sequence[str], units: Sequence[Hashable]
) -> ConfusionFigures:
    """Compute the figures of a set of answers.

    Parameters
    ----------
    truth, answer
        ``(n,)`` int, class numbers of label and answer.
    classes
        Class names.
    units
        Resampling unit of every image, see `intervals.resampling_units`.
    """
    size = len(classes)
    counts = confusion_counts(truth, answer, size)
    n = int(counts.sum())
    points = np.concatenate([[f(counts) for f in _RESAMPLED], statistics.f1(counts)])
    reasons = _reasons(counts, classes)
    if n:
        bootstrap = GroupBootstrap(units)
        cells = np.eye(size * size)[truth * size + answer]

        def resampled(sums: np.ndarray) -> np.ndarray:
            matrix = sums.reshape(-1, size, size)
            macro = np.stack([f(matrix) for f in _RESAMPLED], axis=-1)
            return np.concatenate([macro, statistics.f1(matrix)], axis=-1)

        samples = bootstrap.of_sums(cells, resampled)
        estimates = [
            Estimate.undefined(n, reason)
            if np.isnan(point)
            else bootstrap.estimate(float(point), samples[:, column])
            for column, (point, reason) in enumerate(zip(points, reasons, strict=True))
        ]
    else:
        estimates = [Estimate.undefined(0, "There is no labelled image.") for _ in points]
    balanced, macro_precision, macro_f1, mcc = estimates[:4]
    return ConfusionFigures(
        classes=tuple(classes),
        counts=counts,
        accuracy=proportion(int(np.trace(counts)), n, "There is no labelled image."),
        balanced_accuracy=balanced,
        macro_precision=macro_precision,
        macro_f1=macro_f1,
        mcc=mcc,
        per_class=tuple(
            _class_figures(counts, number, name, estimates[4 + number])
            for number, name in enumerate(classes)
        ),
    )


def _class_figures(counts: np.ndarray, number: int, name: str, f1: Estimate) -> ClassFigures:
    """Compute precision, recall and specificity of one class as proportions."""
    label = display_name(name)
    correct = int(counts[number, number])
    present = int(counts[number].sum())
    answered = int(counts[:, number].sum())
    others = int(counts.sum()) - present
    return ClassFigures(
        name=name,
        n=present,
        precision=proportion(correct, answered, f"No image was called {label}."),
        recall=proportion(correct, present, f"No image is labelled {label}."),
        specificity=proportion(
            others - (answered - correct), others, f"Every image is labelled {label}."
        ),
        f1=f1,
    )


def _reasons(counts: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Say why each resampled figure would not be defined, in the order of its column."""
    present = [name for name, n in zip(classes, counts.sum(1), strict=True) if n]
    one = f"Every image is labelled {display_name(present[0])}." if len(present) == 1 else ""
    silent = [
        display_name(name)
        for name, n, called in zip(classes, counts.sum(1), counts.sum(0), strict=True)
        if n and not called
    ]
    return [
        one,
        one or f"No image was called {', '.join(silent)}.",
        one,
        one or "All images were given the same class.",
        *(f"No image is labelled or called {display_name(name)}." for name in classes),
    ]


def ranking_figures(
    truth: np.ndarray, probability: np.ndarray, units: Sequence[Hashable]
) -> RankingFigures:
    """Compute AUROC, average precision, Brier score and ECE of the tumour probability.

    Parameters
    ----------
    truth
        ``(n,)`` bool, tumour or not.
    probability
        ``(n,)`` float in [0, 1].
    units
        Resampling unit of every image.
    """
    n = len(truth)
    tumors = int(truth.sum())
    if n == 0:
        nothing = Estimate.undefined(0, "There is no labelled image.")
        return RankingFigures(0, 0, nothing, nothing, nothing, nothing, nothing)
    bootstrap = GroupBootstrap(units)
    if 0 < tumors < n:
        ranking = statistics.Ranking(truth, probability)
        everything = np.ones(n)
        auroc, at_95, precision = (
            bootstrap.estimate(float(statistic(everything)), bootstrap.of_weights(statistic))
            for statistic in (ranking.auroc, ranking.sensitivity_at_95, ranking.average_precision)
        )
    else:
        label = display_name("tumor" if tumors else "no_tumor")
        auroc = at_95 = precision = Estimate.undefined(n, f"Every image is labelled {label}.")
    sums = calibration_sums(truth, probability)
    ece, brier = ece_and_brier(sums.sum(axis=0))
    samples = bootstrap.of_sums(sums, ece_and_brier)
    return RankingFigures(
        n_tumor=tumors,
        n_no_tumor=n - tumors,
        auroc=auroc,
        sensitivity_at_95=at_95,
        average_precision=precision,
        brier=bootstrap.estimate(float(brier), samples[:, 1]),
        ece=_reach(bootstrap.estimate(float(ece), samples[:, 0])),
    )


def _reach(ece: Estimate) -> Estimate:
    """Widen the interval of the ECE to hold its value.

    Resampling adds noise to every bin and the ECE sums absolute values, so resamples lie above
    the value; of a well calibrated model sometimes nearly all of them do.
    """
    if ece.value is None or ece.low is None or ece.high is None:
        return ece
    if ece.low <= ece.value <= ece.high:
        return ece
    low, high = min(ece.low, ece.value), max(ece.high, ece.value)
    return Estimate(ece.value, low, high, ece.n, f"{ece.method}, widened to the value")
