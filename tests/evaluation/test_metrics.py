"""Figures with n, interval and reason."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.evaluation.intervals import wilson
from brainscan.evaluation.metrics import confusion_figures, ranking_figures


def _binary(true_negative, false_positive, false_negative, true_positive):
    truth = [0] * (true_negative + false_positive) + [1] * (false_negative + true_positive)
    answer = [0] * true_negative + [1] * false_positive
    answer += [0] * false_negative + [1] * true_positive
    units = list(range(len(truth)))
    numbers = np.array([truth, answer], int)
    return confusion_figures(*numbers, ("no_tumor", "tumor"), units)


def test_a_hand_worked_table():
    figures = _binary(50, 10, 5, 35)
    tumor = figures.of_class("tumor")
    assert figures.counts.tolist() == [[50, 10], [5, 35]]
    np.testing.assert_allclose(figures.row_percent, [[250 / 3, 50 / 3], [12.5, 87.5]])
    assert figures.accuracy.value == pytest.approx(0.85)
    assert (tumor.recall.value, tumor.recall.n) == (0.875, 40)
    assert (tumor.recall.low, tumor.recall.high) == wilson(35, 40)
    assert (tumor.specificity.value, tumor.specificity.n) == (pytest.approx(50 / 60), 60)
    assert (tumor.precision.value, tumor.precision.n) == (pytest.approx(35 / 45), 45)
    assert tumor.f1.value == pytest.approx(70 / 85)
    assert figures.balanced_accuracy.value == pytest.approx((0.875 + 50 / 60) / 2)
    expected = (35 * 50 - 10 * 5) / np.sqrt(45 * 40 * 60 * 55)
    assert figures.mcc.value == pytest.approx(expected)


def test_every_interval_holds_its_value_and_names_its_method():
    figures = _binary(50, 10, 5, 35)
    tumor = figures.of_class("tumor")
    for estimate in (figures.accuracy, figures.macro_f1, figures.mcc, tumor.precision, tumor.f1):
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.reason is None
    assert figures.accuracy.method == "Wilson"
    assert "bootstrap over 100 groups" in figures.mcc.method


def test_all_images_of_one_class():
    figures = _binary(0, 0, 2, 6)
    tumor, none = figures.of_class("tumor"), figures.of_class("no_tumor")
    assert tumor.recall.value == 0.75
    assert tumor.specificity.reason == "Every image is labelled tumour."
    assert none.recall.reason == "No image is labelled no tumour."
    for estimate in (figures.balanced_accuracy, figures.macro_f1, figures.mcc):
        assert estimate.value is None
        assert estimate.reason == "Every image is labelled tumour."
    assert np.isnan(figures.row_percent[0]).all()
    assert figures.to_json()["confusion"]["row_percent"][0] == [None, None]


def test_nothing_called_tumor_makes_precision_undefined_and_f1_zero():
    figures = _binary(6, 0, 2, 0)
    tumor = figures.of_class("tumor")
    assert tumor.precision.reason == "No image was called tumour."
    assert figures.macro_precision.reason == "No image was called tumour."
    assert figures.mcc.reason == "All images were given the same class."
    assert tumor.f1.value == 0.0


def test_no_image_at_all():
    figures = _binary(0, 0, 0, 0)
    assert figures.n == 0
    assert figures.accuracy.reason == "There is no labelled image."
    assert figures.mcc.reason == "There is no labelled image."


def test_ranking_figures_of_a_hand_worked_table():
    truth = np.array([True, True, False, False])
    figures = ranking_figures(truth, np.array([0.9, 0.5, 0.5, 0.2]), list(range(4)))
    assert figures.auroc.value == 0.875
    assert figures.brier.value == pytest.approx((0.01 + 0.25 + 0.25 + 0.04) / 4)
    assert (figures.n_tumor, figures.n_no_tumor) == (2, 2)


def test_ranking_of_one_class_is_undefined_but_brier_is_not():
    figures = ranking_figures(np.array([True, True]), np.array([0.9, 0.5]), [0, 1])
    assert figures.auroc.reason == "Every image is labelled tumour."
    assert figures.average_precision.value is None
    assert figures.brier.value == pytest.approx(0.13)


def test_the_interval_of_the_ece_holds_its_value():
    rng = np.random.default_rng(8)
    probability = rng.random(300)
    truth = rng.random(300) < probability  # perfectly calibrated: every resample looks worse
    ece = ranking_figures(truth, probability, list(range(300))).ece
    assert ece.low <= ece.value <= ece.high


def test_copies_within_a_group_do_not_shrink_the_interval_of_the_auroc():
    rng = np.random.default_rng(9)
    truth = rng.random(80) < 0.5
    probability = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    once = ranking_figures(truth, probability, list(range(80))).auroc
    many = ranking_figures(
        np.repeat(truth, 5), np.repeat(probability, 5), np.repeat(np.arange(80), 5).tolist()
    ).auroc
    assert (many.value, many.low, many.high) == pytest.approx((once.value, once.low, once.high))
