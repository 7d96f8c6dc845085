"""What can be reached without a detector: the frame, the file, and the most similar picture.

A figure on a labelled set means little when the same figure can be had without looking at the
brain. So three answers that know nothing of tumors stand beside the model's: a logistic
regression on the outermost pixels, one on the file (its size in bytes, then also its dimensions,
format and mode), and the label of the most similar picture. Each image is answered by what was
learned from other groups.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from brainscan.data.border import fold_count, held_out
from brainscan.data.dataset import TYPES
from brainscan.data.rim import file_features
from brainscan.errors import Cancelled
from brainscan.evaluation.baseline_groups import held_together
from brainscan.evaluation.baseline_result import EVERYTHING, NAMES, Baselines, Comparison
from brainscan.evaluation.breakdown import ranked
from brainscan.evaluation.intervals import Estimate, proportion
from brainscan.evaluation.looks import Looks
from brainscan.evaluation.nearest import nearest_distances, small, tumor_score
from brainscan.evaluation.rows import ImageRow

_LEAST_OF_CLASS = 20


def measure_baselines(
    rows: Sequence[ImageRow],
    units: Sequence[Hashable],
    looks: Looks,
    cancel: Callable[[], bool] | None = None,
) -> Baselines | None:
    """Measure the baselines on the labelled images of an evaluation, slices of volumes left out.

    All slices of a volume share one file and one background, and the most similar picture of a
    slice is its neighbour: nothing would be learned from them.

    Parameters
    ----------
    rows
        All rows of the evaluation.
    units
        Resampling unit of every row, for the intervals.
    looks
        What was kept of the images.
    cancel
        Asked now and then.

    Returns
    -------
    Baselines or None
        ``None`` when no image has label and prediction.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true.
    """

    def check(*_: int) -> None:
        if cancel is not None and cancel():
            raise Cancelled("The evaluation was stopped while the baselines were measured.")

    places = [
        place
        for place, number in enumerate(looks.numbers)
        if rows[number].label is not None
        and rows[number].probability is not None
        and rows[number].volume is None
    ]
    if not places:
        return None
    check()
    chosen = [rows[looks.numbers[place]] for place in places]
    groups, notes = held_together(chosen, [looks.looks[place] for place in places])
    inputs = _inputs(looks, places)
    pictures = small(np.stack([looks.looks[place].whole for place in places]))
    truth = np.array([row.label == "tumor" for row in chosen])
    model = np.array([row.probability for row in chosen], float)
    own_units = [units[looks.numbers[place]] for place in places]

    def compare(name: str, members: np.ndarray) -> Comparison | None:
        tumors = int(truth[members].sum())
        if min(tumors, len(members) - tumors) < _LEAST_OF_CLASS:
            return None
        folds = fold_count(truth[members], groups[members])
        if folds < 2:
            return None
        scores = {}
        for key, features in inputs.items():
            check()
            code = truth[members].astype(int)
            scores[key] = held_out(features[members], code, groups[members], folds)[:, 1]
        distances = nearest_distances(
            pictures[members], truth[members].astype(int), groups[members], 2, check
        )
        scores["nearest"] = tumor_score(distances)
        chosen_units = [own_units[k] for k in members]

        def auroc(score: np.ndarray) -> Estimate:
            check()
            return ranked(truth[members], score, chosen_units)[0]

        return Comparison(
            name=name,
            n_tumor=tumors,
            n_no_tumor=len(members) - tumors,
            model=auroc(model[members]),
            baselines={key: auroc(scores[key]) for key in NAMES},
        )

    everything = compare(EVERYTHING, np.arange(len(chosen)))
    strata = np.array([row.stratum for row in chosen])
    names = sorted(set(strata)) if len(set(strata)) > 1 else []
    parts = [everything, *(compare(name, np.flatnonzero(strata == name)) for name in names)]
    return Baselines(
        parts=tuple(part for part in parts if part is not None),
        **_types(chosen, pictures, groups, check),
        notes=notes,
    )


def _inputs(looks: Looks, places: Sequence[int]) -> dict[str, np.ndarray]:
    facts = [looks.facts[place] for place in places]
    size = np.log(np.array([max(1, fact.bytes) for fact in facts], np.float64))
    return {
        "border": np.stack([looks.rims[place] for place in places]),
        "file_size": size[:, None],
        "file": file_features(facts),
    }


def _types(
    rows: Sequence[ImageRow],
    pictures: np.ndarray,
    groups: np.ndarray,
    check: Callable[[int, int], None],
) -> dict[str, Estimate | None]:
    """Compare the types given by the model and by the most similar tumor of another group."""
    members = np.array(
        [k for k, row in enumerate(rows) if row.type in TYPES and row.types_learned], int
    )
    names = sorted({str(rows[k].type) for k in members})
    if len(names) < 2:
        return {"types_model": None, "types_nearest": None}
    truth = np.array([names.index(str(rows[k].type)) for k in members])
    distances = nearest_distances(pictures[members], truth, groups[members], len(names), check)
    right = (distances.argmin(axis=1) == truth) & np.isfinite(distances).any(axis=1)
    reason = "No tumour image has a known type."
    model = None
    if any(rows[k].types for k in members):
        good = sum(rows[k].best_type == rows[k].type for k in members)
        model = proportion(good, len(members), reason)
    else:
        model = Estimate.undefined(len(members), "The model knows no tumour types.")
    nearest = proportion(int(right.sum()), len(members), reason)
    return {"types_model": model, "types_nearest": nearest}
