"""How a release makes a mask of its probabilities, chosen on validation slices."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from brainscan.data.dataset import Record
from brainscan.errors import InputRejected, TrainingError
from brainscan.imaging.head import head_area
from brainscan.imaging.reading import read_scan
from brainscan.inference.calibration import equal_strata
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.segmentation import Segmentation

THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(9))
SMALLEST = (0.0, 0.0005, 0.001, 0.002, 0.004)
PEAKS = (0.0, 0.6, 0.7, 0.8, 0.9, 0.95)
FALSE_MASK = 0.005  # of the head: a larger mask on a tumor-free slice is a false one
WANTED = 0.05  # share of the tumor-free slices that may have one
_MAY_COST = 0.01  # of mean Dice: what dropping pieces may lose

_Pieces = tuple[float, float]  # smallest, peak
_PIECES: tuple[_Pieces, ...] = tuple(itertools.product(SMALLEST, PEAKS))


@dataclass(frozen=True, eq=False)
class _Judged:
    """Validation slices: ``(n, ...)`` Dice, or whether there is a false mask, for what is tried."""

    strata: np.ndarray
    values: np.ndarray

    def mean(self) -> np.ndarray:
        """Return the mean, every source and sequence counting alike."""
        return np.asarray(np.average(self.values, axis=0, weights=equal_strata(self.strata)))


def fit_segmentation_rule(
    classifier: TumorClassifier,
    records: Sequence[Record],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Choose how masks are made; return the manifest's ``segmentation`` entry.

    The threshold is that of the highest mean Dice over the outlined tumor slices, every source
    and sequence counting alike. Then pieces are dropped by size and by their highest probability:
    of what is tried, and costs at most 0.01 of mean Dice, that which keeps the most Dice while at
    most 5 % of the tumor-free slices have a mask larger than 0.5 % of the head; where nothing
    does, that with the fewest such slices. On tumor-free slices the mask goes with the decision.

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
    free = [record for record in records if record.label == "no_tumor"]
    total = len(outlined) + len(free)
    found: dict[bool, list[tuple[str, np.ndarray, np.ndarray]]] = {True: [], False: []}
    for done, record in enumerate([*outlined, *free], start=1):
        row = _judged(classifier, record)
        if row is not None:
            found[record.mask is not None].append((record.stratum, *row))
        progress(done, total)
    if not found[True]:
        msg = (
            "None of the validation images has an outline, so the threshold of the masks cannot "
            "be chosen. Give a dataset whose manifest.csv names masks."
        )
        raise TrainingError(msg)
    strata = np.array([row[0] for row in found[True]])
    plain = _Judged(strata, np.array([row[1] for row in found[True]])).mean()
    chosen = int(np.argmax(plain))
    dice = _Judged(strata, np.array([row[2][chosen] for row in found[True]]))
    false = None
    if found[False]:
        kinds = np.array([row[0] for row in found[False]])
        false = _Judged(kinds, np.array([row[2][chosen] for row in found[False]]))
    best = _pieces(dice.mean(), None if false is None else false.mean())
    smallest, peak = _PIECES[best]
    return {
        "threshold": THRESHOLDS[chosen],
        "smallest": smallest,
        "peak": peak,
        "rule": _sentence(THRESHOLDS[chosen], smallest, peak, dice, false, best),
        "validation": [
            {
                "name": name,
                "n": int((strata == name).sum()),
                "dice": round(float(dice.values[strata == name, best].mean()), 4),
            }
            for name in sorted(set(strata))
        ],
        "tried": {"thresholds": list(THRESHOLDS), "dice": np.round(plain, 4).tolist()},
    }


def _pieces(dice: np.ndarray, false: np.ndarray | None) -> int:
    """Return the number of what is dropped, from mean Dice and mean share of false masks."""
    if false is None:
        return int(np.argmax(dice))
    affordable = dice >= dice.max() - _MAY_COST
    good = affordable & (false <= WANTED)
    if good.any():
        return int(np.argmax(np.where(good, dice, -1.0)))
    return int(np.argmin(np.where(affordable, false, 2.0)))


def _judged(classifier: TumorClassifier, record: Record) -> tuple[np.ndarray, np.ndarray] | None:
    """Return Dice without anything dropped ``(9,)``, and Dice or false masks ``(9, 30)``."""
    scan = read_scan(record.path)
    try:
        reading = classifier.read(scan)
    except InputRejected:
        return None
    found = reading.segmentation
    if found is None:
        return None
    truth = None
    if record.mask is not None:
        image = cv2.imdecode(np.fromfile(str(record.mask), np.uint8), cv2.IMREAD_GRAYSCALE)
        if image is None or not image.any() or image.shape != scan.pixels.shape:
            return None
        truth = image > 0
    kept = np.array([_kept(found, threshold, truth) for threshold in THRESHOLDS])
    areas, common = kept[:, 0], kept[:, 1]
    table: np.ndarray
    if truth is None:
        cleared = classifier.decide(reading.probability) == "no_tumor"
        table = (areas > FALSE_MASK * head_area(scan.pixels)) & (not cleared)
    else:
        table = 2.0 * common / (areas + np.count_nonzero(truth))
    return table[:, 0], table


def _kept(found: Segmentation, threshold: float, truth: np.ndarray | None) -> np.ndarray:
    """Return area, and area within the truth, of the pieces kept: ``(2, 30)``.

    The same masks as those of :class:`Segmentation`, without drawing each.
    """
    mask = (found.probability >= threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    inside = labels > 0
    pieces = labels[inside]
    areas = np.bincount(pieces, minlength=count)[1:]
    common = np.bincount(labels[truth & inside], minlength=count)[1:] if truth is not None else 0
    surest = np.zeros(count)
    np.maximum.at(surest, pieces.astype(int), found.probability[inside])
    box = found.geometry.crop_height * found.geometry.crop_width
    kept = [(areas >= least * box) & (surest[1:] >= peak) for least, peak in _PIECES]
    return np.array([[np.sum(values * k) for k in kept] for values in (areas, common)], float)


def _sentence(
    threshold: float,
    smallest: float,
    peak: float,
    dice: _Judged,
    false: _Judged | None,
    best: int,
) -> str:
    limits = [f"smaller than {100 * smallest:g} % of the head's box"] if smallest else []
    limits += [f"whose probability nowhere reaches {peak:g}"] if peak else []
    dropped = f"Pieces {' or '.join(limits)} are dropped" if limits else "No piece is dropped"
    told = (
        f"The threshold of {threshold:g} gave the highest mean Dice of {len(dice.strata)} "
        f"outlined validation slices, every source and sequence counting alike. {dropped}: the "
        f"mean Dice is then {dice.mean()[best]:.3f}"
    )
    if false is None:
        return f"{told}."
    share = false.mean()
    return (
        f"{told}, and {100 * share[best]:.1f} % of {len(false.strata)} tumour-free validation "
        "slices have a mask larger than 0.5 % of the head "
        f"({100 * share[0]:.1f} % with nothing dropped)."
    )
