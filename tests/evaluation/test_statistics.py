"""Batched figures against scikit-learn; nothing undefined is ever a number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from brainscan.evaluation import statistics
from brainscan.evaluation.statistics import Ranking


@pytest.fixture(scope="module", params=[2, 3, 4])
def answers(request):
    rng = np.random.default_rng(request.param)
    truth = rng.integers(0, request.param, 200)
    answer = np.where(rng.random(200) < 0.6, truth, rng.integers(0, request.param, 200))
    return truth, answer, reference.confusion_matrix(truth, answer)


def test_confusion_figures_match_scikit_learn(answers):
    truth, answer, confusion = answers
    precision, recall, f1, _ = reference.precision_recall_fscore_support(truth, answer)
    np.testing.assert_allclose(statistics.precision(confusion), precision)
    np.testing.assert_allclose(statistics.recall(confusion), recall)
    np.testing.assert_allclose(statistics.f1(confusion), f1)
    assert statistics.macro_f1(confusion) == pytest.approx(f1.mean())
    assert statistics.macro_precision(confusion) == pytest.approx(precision.mean())
    expected = reference.balanced_accuracy_score(truth, answer)
    assert statistics.balanced_accuracy(confusion) == pytest.approx(expected)
    assert statistics.matthews(confusion) == pytest.approx(
        reference.matthews_corrcoef(truth, answer)
    )


def test_a_batch_is_the_same_as_one_at_a_time(answers):
    _, _, confusion = answers
    batch = np.stack([confusion, confusion.T, np.eye(len(confusion), dtype=int)])
    for figure in (statistics.matthews, statistics.macro_f1, statistics.f1):
        np.testing.assert_allclose(figure(batch), [figure(one) for one in batch])


@pytest.mark.parametrize(
    ("figure", "confusion"),
    [
        (statistics.matthews, [[5, 0], [3, 0]]),  # one answer only
        (statistics.matthews, [[5, 3], [0, 0]]),  # one class only
        (statistics.balanced_accuracy, [[5, 3], [0, 0]]),
        (statistics.macro_f1, [[0, 0], [1, 4]]),
        (statistics.macro_precision, [[5, 0], [3, 0]]),
    ],
)
def test_undefined_figures_are_nan(figure, confusion):
    assert np.isnan(figure(np.array(confusion)))


def test_classes_that_do_not_occur_are_left_out_of_means():
    confusion = np.array([[4, 1, 0], [2, 3, 0], [0, 0, 0]])
    assert statistics.balanced_accuracy(confusion) == pytest.approx((0.8 + 0.6) / 2)
    assert statistics.macro_f1(confusion) == pytest.approx((8 / 11 + 6 / 9) / 2)


def _scores(seed, n=150, ties=False):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    scores = rng.normal(truth * 1.0, 1.0)
    return truth, np.round(scores, 0 if ties else 12), rng.integers(0, 4, n).astype(float)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_weighted_ranking_matches_scikit_learn(seed, ties):
    truth, scores, weights = _scores(seed, ties=ties)
    ranking = Ranking(truth, scores)
    for w in (np.ones(len(truth)), weights):
        assert ranking.auroc(w) == pytest.approx(
            reference.roc_auc_score(truth, scores, sample_weight=w)
        )
        assert ranking.average_precision(w) == pytest.approx(
            reference.average_precision_score(truth, scores, sample_weight=w)
        )


def test_auroc_of_a_hand_worked_table():
    # Pairs (tumor, none): 0.9 beats both, 0.5 beats 0.2 and ties with 0.5: 3.5 of 4.
    ranking = Ranking(np.array([True, True, False, False]), np.array([0.9, 0.5, 0.5, 0.2]))
    assert ranking.auroc(np.ones(4)) == 0.875


def test_ranking_is_undefined_where_a_class_has_no_weight():
    truth = np.array([True, True, False])
    ranking = Ranking(truth, np.array([0.9, 0.8, 0.1]))
    weights = np.array([[1.0, 1, 1], [1, 1, 0], [0, 0, 1]])
    assert np.isnan(ranking.auroc(weights)).tolist() == [False, True, True]
    assert np.isnan(ranking.average_precision(weights)).tolist() == [False, True, True]


def test_sensitivity_at_specificity_95_is_the_best_of_the_specific_thresholds():
    # 20 negatives: one may be called tumour. Scores: a positive, a negative, a positive, then
    # a second negative before the last positive: 2 of 3 are found.
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, *np.linspace(0.4, 0.1, 18)])
    truth = np.array([1, 0, 1, 0, 1, *[0] * 18], bool)
    ranking = Ranking(truth, scores)
    assert ranking.sensitivity_at_95(np.ones(23)) == pytest.approx(2 / 3)
    # scikit-learn's ROC gives the same on random scores with ties.
    rng = np.random.default_rng(1)
    truth = rng.random(500) < 0.4
    scores = np.round(rng.normal(truth * 1.5), 1)
    false, found, _ = reference.roc_curve(truth, scores, drop_intermediate=False)
    expected = found[false <= 0.05].max()
    assert Ranking(truth, scores).sensitivity_at_95(np.ones(500)) == pytest.approx(expected)


def test_sensitivity_at_specificity_95_where_nothing_is_specific_enough():
    ranking = Ranking(np.array([True, False]), np.array([0.5, 0.5]))
    assert ranking.sensitivity_at_95(np.ones(2)) == 0.0
    assert np.isnan(ranking.sensitivity_at_95(np.array([1.0, 0.0])))
