"""Split conformal prediction: thresholds and sets that hold what they promise.

A conformal set is made of every answer that validation slices of that very class do not make
implausible. If a new slice of the class is drawn like the validation slices, its set contains
the truth with at least the promised probability, whatever the network does (V. Vovk, Conditional
validity of inductive conformal predictors, ACML 2012: one quantile for each class, "Mondrian").

Slices carry weights, so that each source counts alike; the quantile is then that of R. J.
Tibshirani et al., Conformal prediction under covariate shift, NeurIPS 2019, with the heaviest
validation slice standing for the new one. That is cautious whichever source the new slice comes
from, but the promise is for the mixture in which sources count alike, not for each source.
Slices of one patient resemble one another: the promise is then less certain than the number of
slices suggests.

References
----------
M. Sadinle, J. Lei, L. Wasserman, Least ambiguous set-valued classifiers with bounded error
levels, J. Am. Stat. Assoc. 114 (2019) 223-234: the type sets.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# The tolerance keeps "95 of 100" from missing 0.95 by a rounding error of the sum.
_ROUNDING = 1e-9


def conformal_quantile(
    scores: np.ndarray, weights: np.ndarray, level: float, newcomer: float | None = None
) -> float:
    """Return the score that a new slice stays at or below with probability ``level``.

    With equal weights it is the ``ceil(level * (n + 1))``-th smallest of ``n`` scores.

    Parameters
    ----------
    scores, weights
        ``(n,)``; the larger a score, the less a slice looks like its class. Weights above zero.
    level
        In (0, 1).
    newcomer
        Weight of the new one; by default that of the heaviest. Where scans of one patient share
        the patient's weight of 1, a new patient's scan weighs 1 (Y. Lee, R. F. Barber, R.
        Willett, Distribution-free inference with hierarchical data, arXiv:2306.06342).

    Returns
    -------
    float
        Infinity when there are too few slices to promise ``level``.
    """
    order = np.argsort(scores, kind="stable")
    total = np.cumsum(weights[order])
    if not len(total):
        return float("inf")
    wanted = level * (total[-1] + (weights.max() if newcomer is None else newcomer))
    place = int(np.searchsorted(total, wanted - _ROUNDING * total[-1]))
    return float(scores[order[place]]) if place < len(scores) else float("inf")


def conformal_edge(
    values: np.ndarray, weights: np.ndarray, level: float, newcomer: float | None = None
) -> tuple[float, bool]:
    """Return the value from which on the sets contain a class, and whether that is promised.

    Parameters
    ----------
    values
        ``(n,)``, at least one, of validation slices of the class: the larger a value, the more
        a slice looks like the class.
    weights, level, newcomer
        As in :func:`conformal_quantile`.

    Returns
    -------
    float
        A new slice of the class has this value or a larger one with probability ``level``.
    bool
        False when there are too few slices to promise it: then it is the smallest value.
    """
    quantile = conformal_quantile(-values, weights, level, newcomer)
    if np.isfinite(quantile):
        return -quantile, True
    return float(values.min()), False


def type_quantiles(probabilities: np.ndarray, truth: np.ndarray, level: float) -> np.ndarray | None:
    """Return for each type the largest ``1 - probability`` that keeps it in a type set.

    Parameters
    ----------
    probabilities
        ``(n, types)``, rows sum to one.
    truth
        ``(n,)`` index of the type.
    level
        Probability in (0, 1) that the set of a slice of any one type contains that type.

    Returns
    -------
    numpy.ndarray
        ``(types,)``; ``None`` when a type has too few slices to promise ``level``.
    """
    quantiles = []
    for kind in range(probabilities.shape[1]):
        scores = 1.0 - probabilities[truth == kind, kind]
        quantiles.append(conformal_quantile(scores, np.ones(len(scores)), level))
    return np.array(quantiles) if quantiles and np.isfinite(quantiles).all() else None


def type_set(
    probabilities: Mapping[str, float],
    quantiles: Mapping[str, float] | None,
    *,
    learned: bool = True,
) -> tuple[str, ...]:
    """Return the types that a slice may well show, the most probable first.

    Parameters
    ----------
    probabilities
        Type name to probability; may be empty.
    quantiles
        Type name to the largest ``1 - probability`` that keeps the type in the set; ``None``
        for a model without: then the set is the most probable type alone.
    learned
        False where the types were not learned on scans like this one: then no promise holds
        and no type can be ruled out, so that the set has them all.

    Returns
    -------
    tuple
        Never empty unless ``probabilities`` is: the most probable type always stays.
    """
    ranked = sorted(probabilities, key=lambda name: -probabilities[name])
    if not learned:
        return tuple(ranked)
    if quantiles is None:
        return tuple(ranked[:1])
    rest = (name for name in ranked[1:] if 1.0 - probabilities[name] <= quantiles[name])
    return (*ranked[:1], *rest)
