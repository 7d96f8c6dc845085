"""Validation figures against scikit-learn and hand-worked cases."""

from pathlib import Path

import numpy as np
import pytest

from brainscan.data.dataset import Record
from brainscan.training.datasets import balanced_weights
from brainscan.training.validation import validation_report, validation_scores

TUMOR = np.array([1, 1, 0, 0, 1, 0, -1], np.float32)
KIND = np.array([0, 1, -1, -1, 1, -1, -1])
PROBABILITY = np.array([0.9, 0.4, 0.1, 0.6, 0.8, 0.2, 0.5])
TYPES = np.array([[0.8, 0.2], [0.3, 0.7], [0.5, 0.5], [0.5, 0.5], [0.9, 0.1], [0.5, 0.5], [1, 0]])
RECORDS = [Record(Path("x"), "x", source="a" if i < 4 else "b") for i in range(7)]


def test_scores() -> None:
    scores = validation_scores(RECORDS, TUMOR, KIND, PROBABILITY, TYPES)
    # Source a: pairs (0.9, 0.4) against (0.1, 0.6); three of four are in order.
    assert scores["val_auroc_a"] == 0.75
    assert scores["val_auroc_b"] == 1.0
    assert scores["val_tumor_auroc"] == pytest.approx(8 / 9)
    assert scores["val_accuracy"] == pytest.approx(4 / 6)
    assert scores["val_type_accuracy"] == pytest.approx(2 / 3)
    # Balanced type accuracy: class 0 all right, class 1 half.
    assert scores["val_score"] == pytest.approx((0.75 + 1 + 0.75) / 3)


def test_a_small_source_has_no_say_beside_a_large_one() -> None:
    # 40 and 40 slices in perfect order; one pair of another source in the wrong order.
    truth = np.array([1.0] * 40 + [0.0] * 40 + [1, 0], np.float32)
    probability = np.array([0.9] * 40 + [0.1] * 40 + [0.2, 0.8])
    records = [Record(Path("x"), "x", source="a" if i < 80 else "b") for i in range(82)]
    scores = validation_scores(records, truth, np.full(82, -1), probability, np.zeros((82, 0)))
    assert scores["val_auroc_b"] == 0.0
    assert scores["val_score"] == 1.0


def test_report_counts_types_and_tumor_free() -> None:
    report = validation_report(("glioma", "pituitary"), TUMOR, KIND, PROBABILITY, TYPES)
    assert report["classes"] == ["no_tumor", "glioma", "pituitary"]
    assert report["confusion"] == [[2, 1, 0], [0, 1, 0], [1, 1, 0]]
    assert report["per_class"]["glioma"] == {
        "precision": pytest.approx(1 / 3),
        "recall": 1.0,
        "f1": 0.5,
        "n": 1,
    }


def test_binary_report() -> None:
    report = validation_report((), TUMOR, KIND, PROBABILITY, np.zeros((7, 0)))
    assert report["confusion"] == [[2, 1], [1, 2]]


def test_balanced_weights_average_to_one_over_the_images() -> None:
    labels = np.array([0, 0, 0, 1, -1])
    weights = balanced_weights(labels, 2)
    assert weights.tolist() == pytest.approx([4 / 6, 2.0])
    assert weights[labels[labels >= 0]].mean() == pytest.approx(1.0)
    assert balanced_weights(np.array([0, 0]), 3).tolist() == [1.0, 1.0, 1.0]
