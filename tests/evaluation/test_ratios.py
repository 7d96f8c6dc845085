"""Means with intervals: what they leave out, and that they are those of the group bootstrap."""

from __future__ import annotations

import numpy as np

from brainscan.evaluation.intervals import GroupBootstrap
from brainscan.evaluation.ratios import mean


def test_a_mean_leaves_out_what_is_not_defined():
    found = mean([1.0, float("nan"), 0.0, 0.5], list("aabc"), "There is nothing.")
    assert (found.value, found.n) == (0.5, 3)
    assert "3 groups" in found.method
    for values in ([], [float("nan")]):
        nothing = mean(values, ["a"] * len(values), "There is nothing.")
        assert nothing.value is None and nothing.reason == "There is nothing."


def test_its_interval_is_that_of_the_mean_over_the_images_of_the_groups_drawn():
    values, units = np.random.default_rng(0).random(40), [number // 3 for number in range(40)]
    bootstrap = GroupBootstrap(units)
    samples = bootstrap.of_weights(lambda weights: weights @ values / weights.sum(axis=1))
    expected = bootstrap.estimate(float(values.mean()), samples)
    found = mean(values, units, "")
    np.testing.assert_allclose(
        [found.value, found.low, found.high], [expected.value, expected.low, expected.high]
    )
