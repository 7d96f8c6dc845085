"""The result: which images count, what moves with the threshold, how it is broken down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as reference

from brainscan.evaluation.breakdown import ranked
from tests.evaluation.builders import TYPES, random_result, result, row


@pytest.fixture(scope="module")
def outcome():
    return random_result()


def test_types_that_are_not_named_are_in_no_figure_on_types():
    rows = [
        row("a", "tumor", 0.9, kind="glioma", types=(0.8, 0.1, 0.1)),
        replace(
            row("b", "tumor", 0.9, kind="pituitary", types=(0.8, 0.1, 0.1)), types_learned=False
        ),
        row("c", "no_tumor", 0.1, types=(0.8, 0.1, 0.1)),
        replace(row("d", "no_tumor", 0.9, types=(0.8, 0.1, 0.1)), types_learned=False),
    ]
    outcome = result(rows)
    assert outcome.types is not None and (outcome.types.n, outcome.types.accuracy.value) == (1, 1)
    assert outcome.at_model_threshold.classes.n == 2
    assert len(outcome.errors_at(0.5)) == 1 and outcome.at_model_threshold.binary.n == 4
    assert result(rows[1:]).types is None
    assert result(rows[1:]).at_model_threshold.classes is None


def test_figures_match_scikit_learn_at_any_threshold(outcome):
    truth = np.array([r.label == "tumor" for r in outcome.rows])
    probability = np.array([r.probability for r in outcome.rows])
    for threshold in (0.0, 0.37, 0.5, 1.0):
        binary = outcome.at_threshold(threshold).binary
        expected = reference.confusion_matrix(truth, probability >= threshold, labels=[0, 1])
        assert binary.counts.tolist() == expected.tolist()
    assert outcome.ranking.auroc.value == pytest.approx(reference.roc_auc_score(truth, probability))


def test_four_classes_match_scikit_learn(outcome):
    rows = [r for r in outcome.rows if r.label == "no_tumor" or r.type]
    truth = [r.type or "no_tumor" for r in rows]
    answer = [r.best_type if r.probability >= 0.5 else "no_tumor" for r in rows]
    labels = ["no_tumor", *TYPES]
    figures = outcome.at_model_threshold.classes
    assert figures.classes == tuple(labels)
    expected = reference.confusion_matrix(truth, answer, labels=labels)
    assert figures.counts.tolist() == expected.tolist()
    assert figures.macro_f1.value == pytest.approx(
        reference.f1_score(truth, answer, average="macro")
    )


def test_types_alone_do_not_depend_on_the_threshold(outcome):
    typed = [r for r in outcome.rows if r.type]
    assert outcome.types.n == len(typed)
    right = np.mean([r.best_type == r.type for r in typed])
    assert outcome.types.accuracy.value == pytest.approx(right)


def test_tumors_of_unknown_type_count_as_tumors_and_in_no_type_figure():
    outcome = result(
        [
            row("a", "tumor", 0.9, types=(0.8, 0.1, 0.1)),
            row("b", "tumor", 0.9, kind="glioma", types=(0.8, 0.1, 0.1)),
            row("c", "no_tumor", 0.1, types=(0.8, 0.1, 0.1)),
        ]
    )
    assert outcome.at_model_threshold.binary.n == 3
    assert outcome.at_model_threshold.classes.n == 2
    assert outcome.types.n == 1


def test_no_type_figures_without_types_in_the_data():
    outcome = result([row("a", "tumor", 0.9, types=(1, 0, 0)), row("b", "no_tumor", 0.1)])
    assert outcome.at_model_threshold.classes is None
    assert outcome.types is None


def test_unlabelled_and_refused_images_are_listed_and_counted_in_nothing():
    outcome = result(
        [
            row("a", "tumor", 0.9),
            row("b", "no_tumor", 0.2),
            row("c", None, 0.99),
            row("d", "tumor", None),
        ]
    )
    assert outcome.counted == (0, 1)
    assert outcome.unlabelled == 1
    assert [r.name for r in outcome.refused] == ["d"]
    assert outcome.at_model_threshold.binary.counts.tolist() == [[1, 0], [0, 1]]
    assert outcome.by_source[0].unlabelled == 1
    assert outcome.by_source[0].without_prediction == 1


def test_indeterminate_images_are_counted_apart_and_by_the_threshold():
    outcome = result([row("a", "tumor", 0.55), row("b", "no_tumor", 0.55), row("c", "tumor", 0.9)])
    assert outcome.indeterminate.value == pytest.approx(2 / 3)
    assert outcome.decided_accuracy.value == 1.0
    assert outcome.at_model_threshold.binary.accuracy.value == pytest.approx(2 / 3)


def test_breakdown_by_source_and_sequence(outcome):
    assert [part.name for part in outcome.by_source] == ["figshare", "lgg"]
    assert [part.name for part in outcome.by_sequence] == ["lgg flair", "lgg t1ce"]
    flair = [r for r in outcome.rows if r.sequence == "flair"]
    part = outcome.by_sequence[0]
    truth = [r.label == "tumor" for r in flair]
    assert part.n_tumor == sum(truth)
    assert part.auroc.value == pytest.approx(
        reference.roc_auc_score(truth, [r.probability for r in flair])
    )
    hits = [r.hit for r in flair if r.hit is not None]
    assert part.hit_rate.value == pytest.approx(np.mean(hits))


def test_nothing_at_all_is_not_called_one_class():
    auroc, _ = ranked(np.array([], bool), np.array([], float), [])
    assert auroc.reason == "Nothing here has both a label and a prediction."


def test_a_source_of_one_class_has_no_auroc():
    outcome = result([row("a", "tumor", 0.9, source="x"), row("b", "no_tumor", 0.1, source="y")])
    assert [part.auroc.reason for part in outcome.by_source] == [
        "Every image is labelled tumour.",
        "Every image is labelled no tumour.",
    ]
    assert outcome.by_source[0].specificity.reason == "There is no image without tumour."
    assert outcome.ranking.auroc.value == 1.0


def test_errors_come_with_the_most_severe_first():
    outcome = result(
        [
            row("a", "tumor", 0.4),
            row("b", "no_tumor", 0.99),
            row("c", "tumor", 0.05),
            row("d", "tumor", 0.9),
        ]
    )
    assert outcome.errors_at(0.5) == [1, 2, 0]
    assert outcome.errors_at(0.0) == [1]


def test_nothing_labelled_gives_no_figures():
    outcome = result([row("a", None, 0.7), row("b", None, None)])
    assert not outcome.labelled
    assert outcome.counted == ()
    assert outcome.by_source == ()
    assert outcome.ranking.auroc.reason == "There is no labelled image."


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_probability_is_refused(outcome, threshold):
    with pytest.raises(ValueError, match="threshold"):
        outcome.at_threshold(threshold)
