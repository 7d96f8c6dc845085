"""Families, friendly names and the choice of the best epoch's metric."""

from __future__ import annotations

import pytest

from brainscan.runs.metric_names import best_epoch_metric, family, friendly, lower_is_better


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("loss", "loss"),
        ("val_tumor_loss", "loss"),
        ("binary_accuracy", "accuracy"),
        ("acc", "accuracy"),
        ("auc_3", "auroc"),
        ("val_lgg_auroc", "auroc"),
        ("pr_auc", "other"),
        ("val_auprc", "other"),
        ("lr", "learning_rate"),
        ("learning_rate", "learning_rate"),
        ("val_f1", "other"),
        ("seconds", "other"),
    ],
)
def test_family(column: str, expected: str) -> None:
    assert family(column) == expected


def test_direction() -> None:
    assert lower_is_better("val_loss") and lower_is_better("val_brier")
    assert not lower_is_better("val_auroc") and not lower_is_better("val_score")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("val_tumor_auroc", "Tumour AUROC"),
        ("lgg_auroc", "LGG AUROC"),
        ("acc", "Accuracy"),
        ("lr", "Learning rate"),
        ("type_accuracy", "Type accuracy"),
        ("_", "_"),
    ],
)
def test_friendly(column: str, expected: str) -> None:
    assert friendly(column) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["val_loss", "val_accuracy", "val_auc_2", "val_score"], "val_score"),
        (["val_loss", "val_accuracy", "val_auc_2"], "val_auc_2"),
        (["val_loss", "val_accuracy", "auc"], "val_accuracy"),
        (["val_loss", "accuracy"], "val_loss"),
        (["val_dice_loss", "val_top_accuracy"], "val_top_accuracy"),
        (["loss", "accuracy"], None),
        (["val_seconds"], None),
    ],
)
def test_best_epoch_metric(columns: list[str], expected: str | None) -> None:
    assert best_epoch_metric(columns) == expected
