"""What the columns of a training history mean: families, friendly names, which way is better."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Family = Literal["loss", "accuracy", "auroc", "learning_rate", "other"]

VALIDATION = "val_"

BEST_EPOCH_PREFERENCE = (
    "score",
    "auroc",
    "auc",
    "tumor_auroc",
    "balanced_accuracy",
    "accuracy",
    "acc",
    "loss",
)
"""Validation metrics that choose the best epoch, first one present wins.

The order puts a combined score before ranking quality, ranking quality before accuracy (which
depends on a threshold and on the mix of classes), and the loss last: a network can become
overconfident, and so raise its loss, while its ranking of cases still improves.
"""

_ABBREVIATIONS = {
    "acc": "accuracy",
    "lr": "learning rate",
    "auc": "AUROC",
    "auroc": "AUROC",
    "roc": "ROC",
    "pr": "PR",
    "mcc": "MCC",
    "f1": "F1",
    "iou": "IoU",
    "mse": "MSE",
    "mae": "MAE",
    "ece": "ECE",
    "nll": "NLL",
    "lgg": "LGG",
    "br35h": "Br35H",
    "sartaj": "Sartaj",
    "flair": "FLAIR",
    "t1": "T1",
    "t1ce": "T1ce",
    "tumor": "tumour",
    "seconds": "seconds an epoch",
}
_LOWER_IS_BETTER = {
    "loss", "error", "mse", "mae", "rmse", "nll", "ece", "brier", "crossentropy", "entropy",
    "fpr", "fnr", "seconds",
}  # fmt: skip
_PRECISION_RECALL_AREA = re.compile(r"(^|_)(pr_auc|auc_pr|auprc|average_precision)(_|$)")


def base_name(column: str) -> str:
    """Return the metric a column belongs to: ``val_loss`` and ``loss`` give ``loss``."""
    return column.removeprefix(VALIDATION)


def family(column: str) -> Family:
    """Return the chart a column belongs in.

    Keras adds suffixes to names (``auc_1``, ``tumor_accuracy``), so whole words are looked at
    rather than whole names. The area under a precision-recall curve is not an AUROC.
    """
    base = base_name(column).lower()
    words = _words(base)
    if base in ("lr", "learning_rate") or base.endswith("_learning_rate"):
        return "learning_rate"
    if "loss" in words:
        return "loss"
    if _PRECISION_RECALL_AREA.search(base):
        return "other"
    if {"auc", "auroc", "rocauc"} & words or "roc_auc" in base:
        return "auroc"
    if {"accuracy", "acc"} & words:
        return "accuracy"
    return "other"


def lower_is_better(column: str) -> bool:
    """Whether a smaller value of this metric is the better one."""
    return bool(_words(base_name(column).lower()) & _LOWER_IS_BETTER)


def friendly(column: str) -> str:
    """Return the name to show for a column, for example ``Tumour AUROC`` for ``tumor_auroc``.

    A ``val_`` prefix is left out: charts and tables say elsewhere which side they show.
    """
    words = [_ABBREVIATIONS.get(word.lower(), word) for word in base_name(column).split("_")]
    text = " ".join(word for word in words if word)
    return text[:1].upper() + text[1:] if text else column


def best_epoch_metric(columns: Iterable[str]) -> str | None:
    """Return the column that chooses the best epoch when nobody said which, or ``None``.

    Only validation columns can: the best training value says nothing about the network.
    `BEST_EPOCH_PREFERENCE` gives the order; numbered Keras names (``val_auc_3``) count as the
    plain name, and any other AUROC, accuracy or loss is taken when no name of the list is there.
    """
    validation = [column for column in columns if column.startswith(VALIDATION)]
    plain: dict[str, str] = {}
    for column in validation:
        plain.setdefault(re.sub(r"_\d+$", "", base_name(column).lower()), column)
    for name in BEST_EPOCH_PREFERENCE:
        if name in plain:
            return plain[name]
    for kind in ("auroc", "accuracy", "loss"):
        for column in validation:
            if family(column) == kind:
                return column
    return None


def _words(base: str) -> set[str]:
    return set(re.split(r"[_\W]+", base))
