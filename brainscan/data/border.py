"""What can be told about an image without looking at the brain.

A classifier trained on pictures of several hospitals may learn the hospital: the width of the
black rim, the file's size, its colour mode. If a logistic regression on those alone predicts the
class, figures measured on such images say little about tumors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from brainscan.data.rim import file_features
from brainscan.data.survey import ImageFacts

_FOLDS = 5
LEAST_OF_CLASS = 20
"""Fewest images of a class from which something is learned of it."""

LEAST_GROUPS = _FOLDS
"""Fewest groups a class must be spread over; what fewer tell is chance."""

_REDRAWS = 300


@dataclass(frozen=True)
class BorderFigure:
    """How well something outside the brain predicts a property of held-out images.

    Attributes
    ----------
    predicts
        ``"tumor"``, ``"type"`` or ``"source"``.
    within
        Source the images were restricted to, or ``None``.
    uses
        ``"rim"`` (outermost pixels), ``"file"`` (size in bytes and pixels, format, mode) or
        ``"rim and file"``.
    n, groups
        Images, and groups that were kept on one side in cross-validation.
    classes
        Names of the values to predict.
    accuracy, balanced_accuracy
        Shares in [0, 1].
    chance_accuracy, chance_balanced_accuracy
        Share of the most frequent class, and one over the number of classes.
    auroc
        Area under the ROC curve for two classes (chance 0.5), otherwise ``None``.
    auroc_interval
        95 % interval, bootstrap over groups.
    """

    predicts: str
    within: str | None
    uses: str
    n: int
    groups: int
    classes: tuple[str, ...]
    accuracy: float
    balanced_accuracy: float
    chance_accuracy: float
    chance_balanced_accuracy: float
    auroc: float | None
    auroc_interval: tuple[float, float] | None


def border_figures(
    images: Sequence[ImageFacts],
    rim: np.ndarray,
    groups: np.ndarray,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[BorderFigure, ...]:
    """Measure what rim and file predict, with whole groups held out.

    Predicted are tumor or not (over all, and inside every source that has both), the tumor type
    and the source, wherever there are two classes of at least 20 images in at least 5 groups.

    Parameters
    ----------
    images
        Readable files.
    rim
        ``(n, columns)`` from :func:`brainscan.data.rim.rim_features`.
    groups
        ``(n,)`` integers; equal ones are never split.
    progress
        Called with fits done and in all; may raise to stop the work.
    """
    if not images:
        return ()
    records = [image.record for image in images]
    sources = np.array([record.source for record in records])
    questions: list[tuple[str, str | None, list[str | None]]] = [
        ("tumor", None, [record.label for record in records]),
        ("type", None, [record.type for record in records]),
    ]
    if len(set(sources)) > 1:
        questions.append(("source", None, [record.source for record in records]))
        questions += [
            ("tumor", name, [r.label if r.source == name else None for r in records])
            for name in sorted(set(sources))
        ]
    file = file_features(images)
    inputs = {"rim": rim, "file": file, "rim and file": np.hstack([rim, file])}
    report = progress or _silent
    total = len(questions) * len(inputs)
    figures = []
    for number, (predicts, within, values) in enumerate(questions):
        report(number * len(inputs), total)
        target = np.array([value or "" for value in values])
        names, counts = np.unique(target[target != ""], return_counts=True)
        enough = names[counts >= LEAST_OF_CLASS]
        chosen = np.flatnonzero(np.isin(target, enough))
        if len(enough) < 2 or fold_count(target[chosen], groups[chosen]) < LEAST_GROUPS:
            continue
        for step, (uses, features) in enumerate(inputs.items()):
            report(number * len(inputs) + step, total)
            figures.append(
                _measure(predicts, within, uses, features[chosen], target[chosen], groups[chosen])
            )
    report(total, total)
    return tuple(figures)


def _silent(done: int, total: int) -> None:
    """Report progress to nobody."""


def fold_count(target: np.ndarray, groups: np.ndarray) -> int:
    """Folds that leave every class on both sides, as far as its groups allow."""
    per_class = [len(np.unique(groups[target == name])) for name in np.unique(target)]
    return min([_FOLDS, *per_class]) if per_class else 0


def _measure(
    predicts: str,
    within: str | None,
    uses: str,
    features: np.ndarray,
    target: np.ndarray,
    groups: np.ndarray,
) -> BorderFigure:
    from sklearn.metrics import balanced_accuracy_score

    names, code = np.unique(target, return_inverse=True)
    probability = held_out(features, code, groups, _FOLDS)
    decision = probability.argmax(axis=1)
    binary = len(names) == 2
    return BorderFigure(
        predicts=predicts,
        within=within,
        uses=uses,
        n=len(code),
        groups=len(np.unique(groups)),
        classes=tuple(str(name) for name in names),
        accuracy=float((decision == code).mean()),
        balanced_accuracy=float(balanced_accuracy_score(code, decision)),
        chance_accuracy=float(np.bincount(code).max() / len(code)),
        chance_balanced_accuracy=1.0 / len(names),
        auroc=_auroc(code, probability[:, 1]) if binary else None,
        auroc_interval=_interval(code, probability[:, 1], groups) if binary else None,
    )


def held_out(features: np.ndarray, code: np.ndarray, groups: np.ndarray, folds: int) -> np.ndarray:
    """Return the probabilities of images by a logistic regression that saw no image of their group.

    Parameters
    ----------
    features
        ``(n, columns)`` float; standardised here.
    code
        ``(n,)`` int, class numbers from 0 without a gap.
    groups
        ``(n,)`` integers; equal ones are never split.
    folds
        Number of parts, see :func:`fold_count`.

    Returns
    -------
    numpy.ndarray
        ``(n, classes)`` float64.
    """
    # scikit-learn takes a second to import, which the other commands should not wait for.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probability = np.zeros((len(code), int(code.max()) + 1))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for train, test in splitter.split(features, code, groups):
        present = np.unique(code[train])
        if len(present) == 1:
            # The groups of a class may all be held out at once: only the other is left to say.
            probability[test, present[0]] = 1.0
            continue
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
        with warnings.catch_warnings():
            # A fit that has not settled after 500 steps still shows what can be predicted.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features[train], code[train])
        probability[np.ix_(test, present)] = model.predict_proba(features[test])
    return probability


def _auroc(truth: np.ndarray, score: np.ndarray) -> float:
    """Mann-Whitney statistic with mean ranks for ties; ``nan`` with a single class."""
    from scipy.stats import rankdata

    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(score)[truth == 1].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * negatives))


def _interval(truth: np.ndarray, score: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval over draws of whole groups."""
    _, code = np.unique(groups, return_inverse=True)
    members = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
    generator = np.random.default_rng(0)
    values = []
    for _ in range(_REDRAWS):
        drawn = generator.integers(0, len(members), len(members))
        chosen = np.concatenate([members[k] for k in drawn])
        values.append(_auroc(truth[chosen], score[chosen]))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)
