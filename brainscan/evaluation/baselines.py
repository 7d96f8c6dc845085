"""What can be reached without a detector: the frame, the file, and the most similar picture.

A figure on a labelled set means little when the same figure can be had without looking at the
brain. So three answers that know nothing of tumors stand beside the model's: a logistic
regression on the outermost pixels, one on the file (its size in bytes, then also its dimensions,
format and mode), and the label of the most similar picture. Each image is answered by what was
learned from other groups.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.data.border import fold_count, held_out
from brainscan.data.dataset import TYPES
from brainscan.data.look import Look, near_clusters
from brainscan.data.rim import file_features
from brainscan.errors import Cancelled
from brainscan.evaluation.breakdown import ranked
from brainscan.evaluation.intervals import Estimate, proportion
from brainscan.evaluation.looks import Looks
from brainscan.evaluation.nearest import nearest_distances, small, tumor_score
from brainscan.evaluation.rows import ImageRow

NAMES = {
    "border": "Border pixels alone",
    "file_size": "File size alone",
    "file": "File size, dimensions, format and mode",
    "nearest": "Most similar picture (1-NN, 32 px)",
}
"""Baselines in the order they are shown, and their names for people."""

EVERYTHING = "all images"
_LEAST_OF_CLASS = 20
_HIGH, _MIDDLE = 0.90, 0.70


@dataclass(frozen=True)
class Comparison:
    """The AUROC of the model and of the baselines on the same images.

    Attributes
    ----------
    name
        `EVERYTHING`, or a source with its sequence.
    n_tumor, n_no_tumor
        Images compared.
    model
        AUROC of the model.
    baselines
        Key of `NAMES` to AUROC.
    """

    name: str
    n_tumor: int
    n_no_tumor: int
    model: Estimate
    baselines: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "n_tumor": self.n_tumor,
            "n_no_tumor": self.n_no_tumor,
            "model": self.model.to_json(),
            **{key: figure.to_json() for key, figure in self.baselines.items()},
        }


@dataclass(frozen=True)
class Baselines:
    """Baselines beside the model, overall and wherever both classes occur.

    Attributes
    ----------
    parts
        All images first, then every source (and sequence) with enough of both classes.
    types_model, types_nearest
        Share of tumors of known type given that type, by the model and by the most similar
        tumor of another group; ``None`` where there are fewer than two types.
    notes
        Sentences on what was held out.
    """

    parts: tuple[Comparison, ...]
    types_model: Estimate | None
    types_nearest: Estimate | None
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One plain sentence on what a high figure on these images is worth."""
        if not self.parts:
            return "There are too few images of both classes to measure baselines."
        known = {
            key: figure.value
            for key, figure in self.parts[0].baselines.items()
            if figure.value is not None
        }
        if not known:
            return "There are too few groups of both classes to measure baselines."
        key = max(known, key=lambda name: known[name])
        value = known[key]
        first = f"{_SUBJECTS[key]} tells tumour from no tumour with AUROC {value:.2f} here: "
        if value >= _HIGH:
            return f"{first}a high figure on this set proves little."
        if value >= _MIDDLE:
            return f"{first}part of any high figure on this set can come from that."
        return f"{first}a high figure on this set comes from something these three do not use."

    def to_json(self) -> dict[str, Any]:
        types = None
        if self.types_model is not None and self.types_nearest is not None:
            types = {
                "model": self.types_model.to_json(),
                "nearest": self.types_nearest.to_json(),
            }
        return {
            "sentence": self.verdict,
            "notes": list(self.notes),
            "auroc": [part.to_json() for part in self.parts],
            "type_accuracy": types,
        }


_SUBJECTS = {
    "border": "The frame of the picture alone",
    "file_size": "The size of the file alone",
    "file": "The file alone (size, dimensions, format, mode)",
    "nearest": "Copying the label of the most similar picture",
}


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


def held_together(
    rows: Sequence[ImageRow], looks: Sequence[Look]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Decide which images stay on one side: a given group, otherwise near copies.

    A source whose images all carry one group name tells no groups apart; its images are held
    together by near copies, like those without a group.

    Returns
    -------
    groups
        ``(n,)`` int64.
    notes
        Sentences on what was done.
    """
    names: dict[str, set[str | None]] = {}
    for row in rows:
        names.setdefault(row.source, set()).add(row.group)
    grouped = [row.group is not None and len(names[row.source]) > 1 for row in rows]
    numbers: dict[Hashable, int] = {}
    clusters = np.arange(len(rows)) if all(grouped) else near_clusters(looks)
    groups = np.array(
        [
            numbers.setdefault((row.source, row.group) if own else int(cluster), len(numbers))
            for row, own, cluster in zip(rows, grouped, clusters, strict=True)
        ],
        np.int64,
    )
    count = len(rows) - sum(grouped)
    if not count:
        return groups, ("Whole groups were held out; no image was answered by its own group.",)
    which = "No image" if count == len(rows) else f"{len(rows) - count} of {len(rows)} images"
    note = (
        f"{which} had a usable group (such as a patient); the others were held together with their "
        "near copies only, so that slices of one patient may have answered one another."
    )
    return groups, (note,)


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
