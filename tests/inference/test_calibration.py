"""Temperature and weights against hand-worked cases."""

import numpy as np
import pytest

from brainscan.inference.calibration import (
    binary_temperature,
    equal_strata,
    multiclass_temperature,
    sigmoid,
    softmax,
)


def test_sigmoid_and_softmax_do_not_overflow() -> None:
    assert sigmoid(np.array([0.0, 800.0, -800.0])).tolist() == [0.5, 1.0, 0.0]
    assert softmax(np.array([[1000.0, 1000.0]])).tolist() == [[0.5, 0.5]]
    assert softmax(np.zeros((2, 0))).shape == (2, 0)  # a binary model knows no types
    assert sigmoid(np.log(3.0)) == pytest.approx(0.75)


def test_temperature_recovers_the_factor_of_overconfidence() -> None:
    # Three of four right at a logit of ln 3 is perfectly calibrated; three times that logit
    # is overconfident by a temperature of exactly three.
    logits = 3 * np.log(3.0) * np.array([1, 1, 1, 1, -1, -1, -1, -1])
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    assert binary_temperature(logits, truth, np.ones(8)) == pytest.approx(3.0, rel=1e-3)


def test_multiclass_temperature_of_two_classes_is_the_binary_one() -> None:
    logit = 3 * np.log(3.0) * np.array([1, 1, 1, 1, -1, -1, -1, -1])
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 1])
    both = np.stack([np.zeros(8), logit], axis=1)
    assert multiclass_temperature(both, truth) == pytest.approx(3.0, rel=1e-3)


def test_equal_strata_sum_to_one_each_alike() -> None:
    weights = equal_strata(["a", "a", "a", "b"])
    assert weights.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])
