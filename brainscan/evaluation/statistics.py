"""Figures of confusion matrices and rankings, for many resamples at once.

Every function takes leading batch dimensions and returns NaN where the figure is not defined;
`brainscan.evaluation.metrics` turns NaN into a sentence. Nothing here ever returns a
conventional 0 for an undefined figure.
"""

from __future__ import annotations

import numpy as np


def _divide(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return ``top / bottom`` with NaN where ``bottom`` is not positive."""
    result = np.full(np.broadcast(top, bottom).shape, np.nan)
    return np.divide(top, bottom, out=result, where=np.asarray(bottom) > 0)


def _mean_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of the values that are defined."""
    known = np.isfinite(values)
    return _divide(np.where(known, values, 0.0).sum(-1), known.sum(-1))


def diagonal(confusion: np.ndarray) -> np.ndarray:
    """Return the correct counts: ``(..., C, C)`` to ``(..., C)``."""
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def precision(confusion: np.ndarray) -> np.ndarray:
    """Return the precision of every class, ``(..., C)``.

    Rows of ``confusion`` are truth, columns answers.
    """
    return _divide(diagonal(confusion), confusion.sum(-2))


def recall(confusion: np.ndarray) -> np.ndarray:
    """Return the recall of every class, ``(..., C)``."""
    return _divide(diagonal(confusion), confusion.sum(-1))


def f1(confusion: np.ndarray) -> np.ndarray:
    """Return the F1 of every class: NaN only for a class neither present nor ever answered."""
    return _divide(2 * diagonal(confusion), confusion.sum(-1) + confusion.sum(-2))


def _two_classes(confusion: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Blank ``values`` where fewer than two classes are present in the truth."""
    present = (confusion.sum(-1) > 0).sum(-1)
    return np.where(present >= 2, values, np.nan)


def balanced_accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the mean recall of the classes present; NaN when fewer than two are present."""
    return _two_classes(confusion, _mean_defined(recall(confusion)))


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Return the mean F1 of the classes that are present or answered."""
    return _two_classes(confusion, _mean_defined(f1(confusion)))


def macro_precision(confusion: np.ndarray) -> np.ndarray:
    """Return the mean precision; NaN when a class that is present is never answered."""
    values = precision(confusion)
    missing = (~np.isfinite(values) & (confusion.sum(-1) > 0)).any(-1)
    return _two_classes(confusion, np.where(missing, np.nan, _mean_defined(values)))


def matthews(confusion: np.ndarray) -> np.ndarray:
    """Return the Matthews correlation, for several classes Gorodkin's R_K.

    NaN when the truth or the answers hold one class only.

    References
    ----------
    J. Gorodkin, Comput. Biol. Chem. 28 (2004) 367-374.
    """
    truth = confusion.sum(-1).astype(np.float64)
    answer = confusion.sum(-2).astype(np.float64)
    total = truth.sum(-1)
    covariance = diagonal(confusion).sum(-1) * total - (truth * answer).sum(-1)
    spread_truth = total**2 - (truth**2).sum(-1)
    spread_answer = total**2 - (answer**2).sum(-1)
    return _divide(covariance, np.sqrt(spread_truth * spread_answer))


class Ranking:
    """Scores and truth sorted once, so that weighted AUROC and AP cost one pass a resample.

    Parameters
    ----------
    truth
        ``(n,)`` bool, positive or not.
    scores
        ``(n,)`` float, higher means more positive. Equal scores are ties.
    """

    def __init__(self, truth: np.ndarray, scores: np.ndarray) -> None:
        self.order = np.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        self._positive = truth[self.order].astype(np.float64)
        changes = np.flatnonzero(np.diff(ranked)) + 1
        self._starts = np.concatenate([[0], changes]).astype(int)
        self.levels = ranked[self._starts]

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weight of positives and of negatives at every distinct score, highest first.

        ``(..., n)`` weights give two arrays ``(..., levels)``.
        """
        ranked = weights[..., self.order]
        positive = np.add.reduceat(ranked * self._positive, self._starts, axis=-1)
        return positive, np.add.reduceat(ranked, self._starts, axis=-1) - positive

    def auroc(self, weights: np.ndarray) -> np.ndarray:
        """Return the area under the ROC curve, ties counted half (Mann-Whitney)."""
        positive, negative = self.counts(weights)
        below = negative.sum(-1, keepdims=True) - np.cumsum(negative, axis=-1)
        wins = (positive * (below + 0.5 * negative)).sum(-1)
        return _divide(wins, positive.sum(-1) * negative.sum(-1))

    def average_precision(self, weights: np.ndarray) -> np.ndarray:
        """Return the step-wise area under the precision-recall curve, without interpolation.

        NaN unless both classes have weight: with positives only the area is 1 by definition
        and says nothing.
        """
        positive, negative = self.counts(weights)
        found = np.cumsum(positive, axis=-1)
        answered = found + np.cumsum(negative, axis=-1)
        steps = np.where(positive > 0, positive * _divide(found, answered), 0.0)
        total = positive.sum(-1)
        return _divide(steps.sum(-1), np.where(negative.sum(-1) > 0, total, 0.0))

    def sensitivity_at_95(self, weights: np.ndarray) -> np.ndarray:
        """Return the highest sensitivity of any threshold with a specificity of at least 0.95.

        0 where only a threshold above every score is specific enough; NaN unless both classes
        have weight.
        """
        positive, negative = self.counts(weights)
        negatives = negative.sum(-1, keepdims=True)
        # Sums of whole numbers: the slack is for the division alone.
        allowed = np.cumsum(negative, axis=-1) <= 0.05 * negatives * (1 + 1e-9)
        found = np.where(allowed, np.cumsum(positive, axis=-1), 0.0).max(-1)
        return _divide(found, np.where(negatives[..., 0] > 0, positive.sum(-1), 0.0))
