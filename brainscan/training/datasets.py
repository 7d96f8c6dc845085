"""From the settings of a run to its training and validation slices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from brainscan.data.dataset import Dataset, combine, open_dataset
from brainscan.data.folds import hold_out
from brainscan.data.loader import DataLoader
from brainscan.training.config import TrainingConfig


def training_split(config: TrainingConfig) -> tuple[Dataset, Dataset]:
    """Return the training and validation records of a run, without a common group."""
    labelled = [open_dataset(path) for path in config.datasets]
    if config.folds:
        labelled = [dataset.select(folds=config.folds) for dataset in labelled]
    tumor_free = [open_dataset(path) for path in config.tumor_free]
    return hold_out(combine(labelled, tumor_free), config.validation_share, config.seed)


def load_split(
    config: TrainingConfig, progress: Callable[[int, int], None] | None = None
) -> tuple[DataLoader, DataLoader]:
    """Read the training and validation slices of a run into memory."""
    training, validation = training_split(config)
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
