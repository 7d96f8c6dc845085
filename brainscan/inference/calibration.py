"""From logits to probabilities one can act on: temperature scaling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def sigmoid(logit: np.ndarray | float) -> np.ndarray:
    """Return the logistic function, without overflow for large negative logits."""
    logit = np.asarray(logit, np.float64)
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the softmax over the last axis; of no classes, as of a binary model, no shares."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    result: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def equal_strata(strata: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return ``(n,)`` weights that make every stratum count alike and sum to one.

    Without them the source with the most (and usually the easiest) images would decide.
    """
    _, index, counts = np.unique(np.asarray(strata), return_inverse=True, return_counts=True)
    weights: np.ndarray = 1.0 / (len(counts) * counts[index])
    return weights


def binary_temperature(logits: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Return the temperature that minimizes the negative log-likelihood (arXiv:1706.04599).

    Parameters
    ----------
    logits, truth, weights
        ``(n,)``; truth 0 or 1.
    """

    def cost(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float(np.average(np.logaddexp(0, scaled) - truth * scaled, weights=weights))

    return _minimum(cost)


def multiclass_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return the temperature for ``(n, classes)`` logits and ``(n,)`` class indices."""

    def cost(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        norm = np.logaddexp.reduce(scaled, axis=1)
        return float(np.mean(norm - scaled[np.arange(len(truth)), truth]))

    return _minimum(cost)


def _minimum(cost: Callable[[float], float]) -> float:
    # SciPy's optimizers take a quarter of a second to import, and only fitting needs them.
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(cost, bounds=(np.log(0.1), np.log(10)), method="bounded")
    return float(np.exp(found.x))
