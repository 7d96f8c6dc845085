"""From the settings of a run to its training and validation slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from brainscan.data.dataset import Dataset, combine, open_dataset
from brainscan.data.folds import hold_out, unit_of
from brainscan.data.kin import kin_of
from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.runs.folder import RunFolder
from brainscan.training.config import TrainingConfig


def training_split(
    config: TrainingConfig, progress: Callable[[int, int], None] | None = None
) -> tuple[Dataset, Dataset]:
    """Return the training and validation records of a run, without a common group.

    Of a ``Training``/``Testing`` pair only the training folder is used, unless folds are named:
    the testing folder is for :mod:`brainscan.evaluation`. ``progress`` is called while near copies
    are looked for, if the run keeps them together.
    """
    labelled = [_usable(open_dataset(path), config.folds) for path in config.datasets]
    tumor_free = [_usable(open_dataset(path), config.folds) for path in config.tumor_free]
    everything = combine(labelled, tumor_free)
    kin = kin_of(everything, progress) if config.together == "looks" else {}
    training, validation = hold_out(everything, config.validation_share, config.seed, kin)
    # After the draw, so that the other sources are split as in a run that holds out all.
    # A group that reaches into another source goes back with all its images.
    back = {unit_of(r, kin) for r in validation.records if r.source in config.whole}
    returned = tuple(r for r in validation.records if unit_of(r, kin) in back)
    training = replace(training, records=training.records + returned)
    kept = tuple(r for r in validation.records if unit_of(r, kin) not in back)
    validation = replace(validation, records=kept)
    for name, part in (("training", training), ("validation", validation)):
        labels = {record.label for record in part.records}
        if labels != {"tumor", "no_tumor"}:
            msg = (
                f"The {name} images show only one class ({', '.join(sorted(map(str, labels)))}); "
                "a detector needs tumor and tumor-free images in both parts. Add images of more "
                "patients, or a larger --validation-share."
            )
            raise TrainingError(msg)
    return training, validation


def _usable(dataset: Dataset, folds: Sequence[str]) -> Dataset:
    dataset = dataset.images_only("Training")
    known = {record.fold for record in dataset.records} - {None}
    if folds and known:
        return dataset.select(folds=folds)
    if dataset.layout == "split folders":
        training = [fold for fold in known if fold and fold.lower().startswith("train")]
        if not training:
            msg = (
                f"{dataset.root.name} has no folder for training, only "
                f"{', '.join(sorted(map(str, known)))}. Name what to train on with --folds."
            )
            raise TrainingError(msg)
        return dataset.select(folds=training)
    return dataset


def check_same_data(run: RunFolder, training: Dataset, validation: Dataset) -> None:
    """Record what a run trains on, or compare with what was recorded.

    Raises
    ------
    TrainingError
        When images, labels or groups changed since the run began: the split would be another,
        and images trained on would be taken for validation images.
    """
    found = {"training": training.fingerprint(), "validation": validation.fingerprint()}
    recorded = run.read_json("data.json")
    if not recorded:
        run.write_json("data.json", found)
    elif recorded != found:
        msg = (
            f"The data of the run {run.path.name} changed since it began, so it cannot be "
            "continued or released honestly. Restore the data, or start a new run."
        )
        raise TrainingError(msg)


def load_split(
    config: TrainingConfig,
    run: RunFolder,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[DataLoader, DataLoader]:
    """Read the training and validation slices of a run into memory."""
    training, validation = training_split(config, progress)
    check_same_data(run, training, validation)
    total = len(training.records) + len(validation.records)

    def told(offset: int) -> Callable[[int, int], None] | None:
        return (lambda done, _: progress(offset + done, total)) if progress else None

    return (
        DataLoader(training, config.preprocessing, types=config.types, progress=told(0)),
        DataLoader(
            validation,
            config.preprocessing,
            types=config.types,
            progress=told(len(training.records)),
        ),
    )


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return ``(classes,)`` float32 weights, inverse to frequency, with a mean of one per image.

    Negative labels are unknown and not counted; a class that does not occur weighs one.
    """
    counts = np.bincount(labels[labels >= 0].astype(int), minlength=classes)
    present = counts > 0
    weights = np.ones(classes, np.float32)
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights
