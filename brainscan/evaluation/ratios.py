"""Means and ratios of sums over images, with intervals that know of patients."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from brainscan.evaluation.intervals import Estimate, GroupBootstrap, wilson


def ratio(pairs: Sequence[tuple[float, float]], units: Sequence[Hashable], reason: str) -> Estimate:
    """Return the sum of the first over the sum of the second numbers, with a group bootstrap.

    ``n`` of the estimate is the number of pairs; undefined for ``reason`` without any.
    """
    sums = np.array(pairs, float).reshape(-1, 2)
    if not sums[:, 1].sum() > 0:
        return Estimate.undefined(0, reason)
    bootstrap = GroupBootstrap(units)
    with np.errstate(invalid="ignore", divide="ignore"):
        samples = bootstrap.of_sums(sums, lambda total: total[:, 0] / total[:, 1])
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    return bootstrap.estimate(value, samples)


def mean(values: Sequence[float] | np.ndarray, units: Sequence[Hashable], reason: str) -> Estimate:
    """Return the mean of numbers with a group bootstrap; those not defined (NaN) are left out.

    ``n`` of the estimate is the number of numbers left; undefined for ``reason`` without any.
    """
    known = [
        (float(value), unit)
        for value, unit in zip(values, units, strict=True)
        if math.isfinite(value)
    ]
    return ratio([(value, 1.0) for value, _ in known], [unit for _, unit in known], reason)


def share_of(pairs: Sequence[tuple[int, int]], units: Sequence[Hashable], reason: str) -> Estimate:
    """Return a share of things counted in groups; all or none of them get Wilson's interval.

    ``n`` of the estimate is the number of things.
    """
    successes, n = (sum(int(pair[place]) for pair in pairs) for place in (0, 1))
    found = ratio(pairs, units, reason)
    if found.value is None:
        return found
    if found.low is None and successes in (0, n):
        return Estimate(found.value, *wilson(successes, n), n, "Wilson")
    return Estimate(found.value, found.low, found.high, n, found.method, found.reason)
