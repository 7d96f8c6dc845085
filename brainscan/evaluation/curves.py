"""ROC, precision-recall and reliability curves, expected calibration error and Brier score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brainscan.evaluation.statistics import Ranking

RELIABILITY_BINS = 10
_MAX_POINTS = 600  # a curve drawn with more points looks the same and makes the report heavier


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve over falling thresholds; all arrays ``(points,)`` float64.

    Attributes
    ----------
    x, y
        ROC: false positive rate and sensitivity. Precision-recall: recall and precision.
    threshold
        Lowest probability still called tumour at the point; infinite where none is.
    """

    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True, eq=False)
class Reliability:
    """Reliability diagram in equal-width bins of the predicted probability.

    Attributes
    ----------
    edges
        ``(bins + 1,)`` bin borders; a bin holds its lower border, the last one both.
    count
        ``(bins,)`` int, images in the bin.
    predicted, observed
        ``(bins,)`` mean predicted probability and share of tumour images; NaN in empty bins.
    """

    edges: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray


def _thin(curve: Curve) -> Curve:
    """Keep at most ``_MAX_POINTS`` points, evenly spread, with both ends."""
    if len(curve.x) <= _MAX_POINTS:
        return curve
    keep = np.unique(np.linspace(0, len(curve.x) - 1, _MAX_POINTS).round().astype(int))
    return Curve(curve.x[keep], curve.y[keep], curve.threshold[keep])


def roc_curve(truth: np.ndarray, probability: np.ndarray) -> Curve | None:
    """Return the ROC curve from (0, 0) to (1, 1), or ``None`` unless both classes are present.

    Parameters
    ----------
    truth
        ``(n,)`` bool, tumour or not.
    probability
        ``(n,)`` float in [0, 1].
    """
    if truth.all() or not truth.any():
        return None
    ranking = Ranking(truth, probability)
    positive, negative = ranking.counts(np.ones(len(truth)))
    y = np.concatenate([[0.0], np.cumsum(positive) / positive.sum()])
    x = np.concatenate([[0.0], np.cumsum(negative) / negative.sum()])
    return _thin(Curve(x, y, np.concatenate([[np.inf], ranking.levels])))


def precision_recall_curve(truth: np.ndarray, probability: np.ndarray) -> Curve | None:
    """Return the precision-recall curve, or ``None`` unless both classes are present.

    Parameters are those of `roc_curve`. There is no invented point at recall 0.
    """
    if truth.all() or not truth.any():
        return None
    ranking = Ranking(truth, probability)
    positive, negative = ranking.counts(np.ones(len(truth)))
    found = np.cumsum(positive)
    precision = found / (found + np.cumsum(negative))
    return _thin(Curve(found / positive.sum(), precision, ranking.levels))


def _edges(bins: int) -> np.ndarray:
    """Return the borders of the reliability bins, ``(bins + 1,)``.

    Divided, not multiplied as by ``np.linspace``, which puts a probability of 0.3 below its border.
    """
    return np.arange(bins + 1) / bins


def bin_index(probability: np.ndarray, bins: int = RELIABILITY_BINS) -> np.ndarray:
    """Return the reliability bin of every probability, ``(n,)`` int in ``[0, bins)``."""
    return np.clip(np.searchsorted(_edges(bins), probability, side="right") - 1, 0, bins - 1)


def reliability(
    truth: np.ndarray, probability: np.ndarray, bins: int = RELIABILITY_BINS
) -> Reliability:
    """Return the reliability diagram; parameters are those of `roc_curve`."""
    where = bin_index(probability, bins)
    count = np.bincount(where, minlength=bins)
    predicted = np.full(bins, np.nan)
    observed = np.full(bins, np.nan)
    filled = count > 0
    predicted[filled] = np.bincount(where, probability, bins)[filled] / count[filled]
    observed[filled] = np.bincount(where, truth.astype(float), bins)[filled] / count[filled]
    return Reliability(_edges(bins), count, predicted, observed)


def calibration_sums(
    truth: np.ndarray, probability: np.ndarray, bins: int = RELIABILITY_BINS
) -> np.ndarray:
    """Return what every image adds to the sums behind ECE and Brier, ``(n, bins + 2)``.

    Column ``b`` holds probability minus truth in the image's bin; then squared error; then 1.
    """
    sums = np.zeros((len(truth), bins + 2))
    gap = probability - truth
    sums[np.arange(len(truth)), bin_index(probability, bins)] = gap
    sums[:, bins] = gap**2
    sums[:, bins + 1] = 1.0
    return sums


def ece_and_brier(sums: np.ndarray) -> np.ndarray:
    """Return expected calibration error and Brier score from totals ``(..., bins + 2)``.

    The ECE is the mean over images of the distance between predicted probability and observed
    share in the image's bin: the count of a bin cancels, so the summed gaps are enough.
    """
    total = sums[..., -1]
    return np.stack([np.abs(sums[..., :-2]).sum(-1) / total, sums[..., -2] / total], axis=-1)
