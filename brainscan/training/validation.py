"""Figures of the validation slices after an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from brainscan.data.dataset import Record

_ENOUGH, _ENOUGH_TYPED = 40, 20  # images of the rarest class; below, chance decides


def validation_scores(
    records: Sequence[Record],
    tumor: np.ndarray,
    type_index: np.ndarray,
    tumor_probability: np.ndarray,
    type_probability: np.ndarray,
) -> dict[str, float]:
    """Return the columns that one epoch adds to the history.

    ``val_score`` chooses the epoch: the mean of the tumor AUROC of every stratum (source and
    sequence) that has both classes, and of the balanced type accuracy. A stratum counts as
    one however many images it has, so that the many easy web images do not decide; but one
    with fewer than 40 images of a class, or 20 of a type, is too noisy to have a say while
    there are larger ones.

    Parameters
    ----------
    records
        Of the ``n`` slices.
    tumor, type_index
        ``(n,)`` truth: 0, 1 and -1 for unknown; index of the type and -1.
    tumor_probability, type_probability
        ``(n,)`` and ``(n, types)`` (``(n, 0)`` for a binary model).
    """
    scores: dict[str, float] = {}
    known = tumor >= 0
    if len(np.unique(tumor[known])) == 2:
        scores["val_tumor_auroc"] = _auroc(tumor[known], tumor_probability[known])
    scores["val_accuracy"] = float(
        np.mean((tumor_probability[known] >= 0.5) == (tumor[known] == 1))
    )
    parts: list[tuple[bool, float]] = []
    strata = np.array([record.stratum for record in records])
    for stratum in sorted(set(strata)):
        chosen = known & (strata == stratum)
        if len(np.unique(tumor[chosen])) == 2:
            value = _auroc(tumor[chosen], tumor_probability[chosen])
            scores[f"val_auroc_{stratum.replace(' ', '_')}"] = value
            rarer = min(np.bincount(tumor[chosen].astype(int)))
            parts.append((rarer >= _ENOUGH, value))
    typed = type_index >= 0
    if typed.any() and type_probability.shape[1]:
        called = type_probability[typed].argmax(axis=1)
        scores["val_type_accuracy"] = float(np.mean(called == type_index[typed]))
        value = float(balanced_accuracy_score(type_index[typed], called))
        parts.append((min(np.bincount(type_index[typed])) >= _ENOUGH_TYPED, value))
    heard = [value for enough, value in parts if enough] or [value for _, value in parts]
    scores["val_score"] = float(np.mean(heard)) if heard else scores["val_accuracy"]
    return scores


def cell_dice(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return the Dice coefficient of every slice on the network's grid: ``(n,)`` float64.

    Parameters
    ----------
    truth, found
        ``(n, h, w)`` bool. NaN for a slice without a tumor cell.
    """
    common = np.sum(truth & found, axis=(1, 2))
    size = truth.sum(axis=(1, 2))
    both = size + found.sum(axis=(1, 2))
    return np.where(size > 0, 2.0 * common / np.maximum(both, 1), np.nan)


def outline_scores(records: Sequence[Record], dice: np.ndarray) -> dict[str, float]:
    """Return the mean Dice coefficient of every stratum with outlines, as history columns.

    Parameters
    ----------
    records
        Of the ``n`` slices.
    dice
        ``(n,)``, NaN where there is nothing to outline.
    """
    strata = np.array([record.stratum for record in records])
    known = np.isfinite(dice)
    return {
        f"val_dice_{stratum.replace(' ', '_')}": float(dice[known & (strata == stratum)].mean())
        for stratum in sorted(set(strata[known]))
    }


def validation_report(
    types: Sequence[str],
    tumor: np.ndarray,
    type_index: np.ndarray,
    tumor_probability: np.ndarray,
    type_probability: np.ndarray,
) -> dict[str, Any]:
    """Return confusion matrix and per-class figures for ``metrics.json``.

    With types, slices of known type and tumor-free slices are counted in
    ``("no_tumor", *types)``; without, all labelled slices in ``("no_tumor", "tumor")``. The
    tumor is called at a probability of one half.
    """
    if types:
        classes = ("no_tumor", *types)
        counted = (tumor == 0) | (type_index >= 0)
        truth = np.where(tumor == 0, 0, type_index + 1)
        kind = type_probability.argmax(axis=1) + 1
    else:
        classes = ("no_tumor", "tumor")
        counted = tumor >= 0
        truth = tumor.astype(int)
        kind = np.ones(len(tumor), int)
    called = np.where(tumor_probability >= 0.5, kind, 0)
    labels = list(range(len(classes)))
    table = confusion_matrix(truth[counted], called[counted], labels=labels)
    figures = precision_recall_fscore_support(
        truth[counted], called[counted], labels=labels, zero_division=0
    )
    return {
        "classes": list(classes),
        "confusion": table.tolist(),
        "per_class": {
            name: {
                "precision": float(figures[0][i]),
                "recall": float(figures[1][i]),
                "f1": float(figures[2][i]),
                "n": int(figures[3][i]),
            }
            for i, name in enumerate(classes)
        },
    }


def _auroc(truth: np.ndarray, probability: np.ndarray) -> float:
    return float(roc_auc_score(truth, probability))
