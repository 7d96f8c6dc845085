"""Curves against scikit-learn; calibration against hand-worked bins."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from brainscan.evaluation.curves import (
    bin_index,
    calibration_sums,
    ece_and_brier,
    precision_recall_curve,
    reliability,
    roc_curve,
)


@pytest.fixture
def scored():
    rng = np.random.default_rng(5)
    truth = rng.random(120) < 0.5
    return truth, np.round(np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1), 2)


def test_roc_matches_scikit_learn(scored):
    truth, probability = scored
    x, y, threshold = reference.roc_curve(truth, probability, drop_intermediate=False)
    curve = roc_curve(truth, probability)
    np.testing.assert_allclose(curve.x, x)
    np.testing.assert_allclose(curve.y, y)
    np.testing.assert_allclose(curve.threshold, threshold)


def test_precision_recall_matches_scikit_learn(scored):
    truth, probability = scored
    precision, recall, threshold = reference.precision_recall_curve(truth, probability)
    curve = precision_recall_curve(truth, probability)
    np.testing.assert_allclose(curve.x[::-1], recall[:-1])
    np.testing.assert_allclose(curve.y[::-1], precision[:-1])
    np.testing.assert_allclose(curve.threshold[::-1], threshold)


@pytest.mark.parametrize("label", [True, False])
def test_there_is_no_curve_of_one_class(label):
    truth = np.full(5, label)
    assert roc_curve(truth, np.linspace(0, 1, 5)) is None
    assert precision_recall_curve(truth, np.linspace(0, 1, 5)) is None


def test_long_curves_are_thinned_with_their_ends():
    rng = np.random.default_rng(0)
    curve = roc_curve(rng.random(5000) < 0.5, rng.random(5000))
    assert len(curve.x) <= 600
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)


def test_bins_hold_their_lower_border_and_the_last_one_both():
    assert bin_index(np.array([0.0, 0.1, 0.0999, 0.9, 1.0])).tolist() == [0, 1, 0, 9, 9]
    tenths = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert bin_index(np.array(tenths)).tolist() == [*range(10), 9]
    assert bin_index(np.nextafter(tenths[1:], 0)).tolist() == list(range(10))
    borders = reliability(np.zeros(11, bool), np.array(tenths)).edges
    assert borders.tolist() == tenths


def test_reliability_of_a_hand_worked_table():
    truth = np.array([False, True, True, True])
    bins = reliability(truth, np.array([0.12, 0.18, 0.95, 1.0]))
    assert bins.count.tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert bins.predicted[[1, 9]] == pytest.approx([0.15, 0.975])
    assert bins.observed[[1, 9]] == pytest.approx([0.5, 1.0])
    assert np.isnan(bins.observed[0])


def test_ece_and_brier_of_a_hand_worked_table():
    truth = np.array([False, True, True, True])
    probability = np.array([0.12, 0.18, 0.95, 1.0])
    ece, brier = ece_and_brier(calibration_sums(truth, probability).sum(axis=0))
    assert ece == pytest.approx(0.5 * 0.35 + 0.5 * 0.025)
    assert brier == pytest.approx((0.12**2 + 0.82**2 + 0.05**2) / 4)


def test_brier_matches_scikit_learn(scored):
    truth, probability = scored
    _, brier = ece_and_brier(calibration_sums(truth, probability).sum(axis=0))
    assert brier == pytest.approx(reference.brier_score_loss(truth, probability))


def test_ece_matches_its_definition_by_bins(scored):
    truth, probability = scored
    bins = reliability(truth, probability)
    filled = bins.count > 0
    gaps = np.abs(bins.predicted - bins.observed)[filled]
    expected = np.average(gaps, weights=bins.count[filled])
    ece, _ = ece_and_brier(calibration_sums(truth, probability).sum(axis=0))
    assert ece == pytest.approx(expected)
