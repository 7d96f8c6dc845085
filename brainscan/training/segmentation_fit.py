"""How a release makes a mask of its probabilities, chosen on validation slices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from brainscan.data.dataset import Record
from brainscan.errors import InputRejected, TrainingError
from brainscan.imaging.reading import read_scan
from brainscan.inference.calibration import equal_strata
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.segmentation import Segmentation, SegmentationRule

THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(9))
SMALLEST = (0.0, 0.0005, 0.001, 0.002, 0.004)
_COSTS_NOTHING = 0.002  # of mean Dice: what dropping small pieces may lose


@dataclass(frozen=True, eq=False)
class _Judged:
    """One validation slice: Dice for every threshold and smallest piece, ``(9, 5)``."""

    record: Record
    dice: np.ndarray


def fit_segmentation_rule(
    classifier: TumorClassifier,
    records: Sequence[Record],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Choose threshold and smallest piece; return the manifest's ``segmentation`` entry.

    The threshold is that of the highest mean Dice over the outlined tumor slices, every source
    and sequence counting alike; the smallest piece kept is the largest candidate that costs less
    than 0.002 of it. Masks are taken as the network draws them, whatever the decision says.

    Parameters
    ----------
    classifier
        A release with a decoder.
    records
        Validation slices.
    progress
        Called with slices read and slices in all.

    Raises
    ------
    TrainingError
        When no slice has an outline.
    """
    outlined = [record for record in records if record.mask is not None]
    judged = []
    for done, record in enumerate(outlined, start=1):
        judged += list(_judged(classifier, record))
        progress(done, len(outlined))
    if not judged:
        msg = (
            "None of the validation images has an outline, so the threshold of the masks cannot "
            "be chosen. Give a dataset whose manifest.csv names masks."
        )
        raise TrainingError(msg)
    strata = np.array([one.record.stratum for one in judged])
    weights = equal_strata(strata)
    table = np.average([one.dice for one in judged], axis=0, weights=weights)
    row = int(np.argmax(table[:, 0]))
    column = max(
        number
        for number in range(len(SMALLEST))
        if table[row, number] >= table[row, 0] - _COSTS_NOTHING
    )
    means = {
        stratum: float(
            np.mean([j.dice[row, column] for j in judged if j.record.stratum == stratum])
        )
        for stratum in sorted(set(strata))
    }
    return {
        "threshold": THRESHOLDS[row],
        "smallest": SMALLEST[column],
        "rule": (
            f"The threshold of {THRESHOLDS[row]:g} gave the highest mean Dice of "
            f"{len(judged)} outlined validation slices, every source and sequence counting alike. "
            f"Pieces smaller than {SMALLEST[column]:.2%} of the head's box are dropped: the "
            "largest limit tried that cost less than 0.002 of it."
        ),
        "validation": [
            {"name": stratum, "n": count, "dice": round(means[stratum], 4)}
            for stratum, count in sorted(Counter(strata.tolist()).items())
        ],
        "tried": {"thresholds": list(THRESHOLDS), "dice": np.round(table[:, 0], 4).tolist()},
    }


def _judged(classifier: TumorClassifier, record: Record) -> Iterator[_Judged]:
    try:
        found = classifier.read(read_scan(record.path)).segmentation
    except InputRejected:
        return
    truth = cv2.imdecode(np.fromfile(str(record.mask), np.uint8), cv2.IMREAD_GRAYSCALE)
    if found is None or truth is None or not truth.any():
        return
    yield _Judged(record, _dice_table(found, truth > 0))


def _dice_table(found: Segmentation, truth: np.ndarray) -> np.ndarray:
    table = np.zeros((len(THRESHOLDS), len(SMALLEST)))
    for row, threshold in enumerate(THRESHOLDS):
        for column, smallest in enumerate(SMALLEST):
            mask = replace(found, rule=SegmentationRule(threshold, smallest)).mask
            both = np.count_nonzero(mask) + np.count_nonzero(truth)
            table[row, column] = 2.0 * np.count_nonzero(mask & truth) / both
    return table
