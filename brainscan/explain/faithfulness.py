"""Are the maps faithful: to the tumor's outline, and to what the network answers by?

Everything is measured on the network's input grid, with the maps as the app shows them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.data.loader import DataLoader
from brainscan.data.record import Record
from brainscan.errors import DatasetError
from brainscan.evaluation.intervals import SEED, WILSON_NOTE, Estimate, resampling_units
from brainscan.explain.faithfulness_curves import measure_curves, passes
from brainscan.explain.faithfulness_result import (
    CENTER,
    RANDOM,
    Faithfulness,
    Pointing,
    mean_over_groups,
)
from brainscan.explain.maps import heat_maps, outputs
from brainscan.explain.pointing import (
    center_prior,
    chance,
    energy_inside,
    head_of,
    points_inside,
    widened,
)
from brainscan.explain.sample import spread_sample
from brainscan.explain.sanity import PARTS, Randomize, measure_sanity
from brainscan.inference.classifier import TumorClassifier

SAMPLE = 30
DRAWS = 2


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    Attributes
    ----------
    limit
        At most so many outlined tumor slices; ``None`` takes all.
    sample
        Slices of these for deletion, insertion and the randomized networks; 0 leaves them out.
    draws
        Randomized networks of each kind; 0 leaves them out.
    tolerance
        Of the pointing game, in pixels of the network's input.
    seed
        Of the samples and of all that is random.
    """

    limit: int | None = None
    sample: int = SAMPLE
    draws: int = DRAWS
    tolerance: int = 0
    seed: int = SEED


def measure_faithfulness(
    classifier: TumorClassifier,
    dataset: Dataset,
    plan: Plan,
    *,
    folds: Sequence[str] = (),
    randomize: Randomize | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> Faithfulness:
    """Put the maps of a model to the test on the outlined tumor slices of a dataset.

    Parameters
    ----------
    classifier
        The model.
    dataset
        Only its single slices with a tumor and a mask are used.
    plan
        How much to measure.
    folds
        The folds that were chosen, to be recorded.
    randomize
        Makes networks with weights drawn anew; without it that test is left out.
    progress
        Called with (inputs read, inputs in all, stage).

    Raises
    ------
    DatasetError
        When no slice has a mask.
    """
    records = _outlined(dataset)
    units, notes = _units(records)
    if plan.limit is not None and plan.limit < len(records):
        drawn = spread_sample(units, plan.limit, plan.seed)
        notes = (*notes, f"{plan.limit} of {len(records)} outlined slices, drawn at random.")
        records, units = [records[i] for i in drawn], [units[i] for i in drawn]
    wanted = len(records)
    release = classifier.release
    each = passes(release.segmentation is not None)
    chosen = min(plan.sample, wanted)
    randomized = chosen * len(PARTS) * plan.draws if randomize else 0
    counter = _Counter(progress, 2 * wanted + chosen * each + randomized)

    counter.stage = "reading"
    part = replace(dataset, records=tuple(records))
    slices = DataLoader(part, release.preprocessing, progress=lambda *_: counter.step(1))
    masks = slices.masks.astype(bool)
    usable = [index for index in range(len(slices)) if masks[index].any()]
    if not usable:
        msg = f"No mask of {dataset.root.name} has a pixel left at the size the network reads."
        raise DatasetError(msg)
    names = {record.name: unit for record, unit in zip(records, units, strict=True)}
    kept = [slices.records[index] for index in usable]
    units = [names[record.name] for record in kept]
    images, masks = slices.images[usable], masks[usable]

    counter.stage = "pointing"
    parts = _pointing(classifier, images, masks, kept, units, plan.tolerance, counter)
    sample = spread_sample(units, plan.sample, plan.seed + 1)
    few = [units[index] for index in sample]
    curves = sanity = None
    if sample:
        counter.stage = "deletion and insertion"
        curves = measure_curves(
            classifier, images[sample], masks[sample], few,
            seed=plan.seed, step=lambda: counter.step(each),
        )  # fmt: skip
    if sample and randomize and plan.draws:
        counter.stage = "randomized networks"
        sanity = measure_sanity(
            classifier.runtime, randomize, images[sample], few,
            draws=plan.draws, seed=plan.seed, step=lambda: counter.step(1),
        )  # fmt: skip
    return Faithfulness(
        dataset=dataset.root.name,
        folds=tuple(folds),
        fingerprint=dataset.fingerprint(),
        model=release.title,
        n=len(kept),
        left_out=wanted - len(kept),
        tolerance=plan.tolerance,
        seed=plan.seed,
        parts=parts,
        curves=curves,
        sanity=sanity,
        notes=notes,
    )


class _Counter:
    """Progress in inputs that the network has read."""

    def __init__(self, tell: Callable[[int, int, str], None], total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0
        self.stage = ""

    def step(self, inputs: int) -> None:
        self._done = min(self._total, self._done + inputs)
        self._tell(self._done, self._total, self.stage)


def _outlined(dataset: Dataset) -> list[Record]:
    found = [
        record
        for record in dataset.records
        if record.label == "tumor" and record.mask is not None and record.volume is None
    ]
    if not found:
        msg = (
            f"No image chosen of {dataset.root.name} is a tumour slice with an outline, so nothing "
            "says where a map should point. Give a dataset whose manifest.csv names masks."
        )
        raise DatasetError(msg)
    return found


def _units(records: Sequence[Record]) -> tuple[list[Hashable], tuple[str, ...]]:
    digests = []
    for record in records:
        with record.path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    units, notes = resampling_units(
        [record.group for record in records], [record.source for record in records], digests
    )
    # No figure here has a Wilson interval.
    return units, tuple(note for note in notes if note != WILSON_NOTE)


def _pointing(
    classifier: TumorClassifier,
    images: np.ndarray,
    masks: np.ndarray,
    records: Sequence[Record],
    units: Sequence[Hashable],
    tolerance: int,
    counter: _Counter,
) -> tuple[Pointing, ...]:
    hits: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    size = images.shape[1]
    for image, mask, raw in zip(images, masks, outputs(classifier.runtime, images), strict=True):
        head = head_of(image)
        maps = heat_maps(classifier.release, raw, size) | {CENTER: center_prior(head)}
        for name, heat in maps.items():
            hits.setdefault(name, []).append(points_inside(heat, mask, tolerance))
            shares.setdefault(name, []).append(energy_inside(heat, mask))
        hits.setdefault(RANDOM, []).append(chance(head, widened(mask, tolerance)))
        shares.setdefault(RANDOM, []).append(chance(head, mask))
        counter.step(1)
    strata = [record.stratum for record in records]
    chosen = [("all", list(range(len(records))))]
    if len(set(strata)) > 1:
        chosen += [
            (name, [i for i, stratum in enumerate(strata) if stratum == name])
            for name in sorted(set(strata))
        ]
    return tuple(
        Pointing(name, len(rows), _means(hits, rows, units), _means(shares, rows, units))
        for name, rows in chosen
    )


def _means(
    values: Mapping[str, Sequence[float]], rows: Sequence[int], units: Sequence[Hashable]
) -> dict[str, Estimate]:
    some = [units[i] for i in rows]
    return {name: mean_over_groups([each[i] for i in rows], some) for name, each in values.items()}
