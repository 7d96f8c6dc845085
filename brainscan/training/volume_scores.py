"""The tumor probabilities of the slices of whole scans, as the released model gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.errors import TrainingError
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import training_split


def slices_of_scans(records: Sequence[Record]) -> tuple[Record, ...]:
    """Return the slices that name a patient and a sequence, without which there is no scan."""
    return tuple(r for r in records if r.group and r.sequence and r.volume is None)


def slice_probabilities(
    classifier: TumorClassifier,
    records: Sequence[Record],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Return ``(n,)`` calibrated tumor probabilities; NaN where a slice cannot be read."""
    found = np.full(len(records), np.nan)
    paths = [record.path for record in records]
    for number, result in enumerate(predict_files(classifier, paths, gate=False)):
        if result.prediction is not None:
            found[number] = result.prediction.tumor_probability
        progress(number + 1, len(records))
    return found


def split_of_release(
    release: Release, settings: dict[str, Any], folders: Sequence[Path]
) -> tuple[Dataset, Dataset]:
    """Return the training and validation records of a release, from its own settings.

    Parameters
    ----------
    release
        As released.
    settings
        Its ``config.json``, which names datasets by their folders' names.
    folders
        Where these folders are.

    Raises
    ------
    TrainingError
        When a folder is missing, or the images are not those of the release.
    """
    config = TrainingConfig.from_json(settings)
    places = {folder.resolve().name: str(folder) for folder in folders}
    lacking = sorted({*config.datasets, *config.tumor_free} - places.keys())
    if lacking:
        msg = f"The validation split of {release.title} also needs {', '.join(lacking)}. Name them."
        raise TrainingError(msg)
    local = replace(
        config,
        datasets=tuple(places[name] for name in config.datasets),
        tumor_free=tuple(places[name] for name in config.tumor_free),
    )
    training, validation = training_split(local)
    recorded = release.manifest["data"]["fingerprint"]["validation"]
    if validation.fingerprint() != recorded:
        msg = (
            f"These images do not give the validation split of {release.title}: images, labels or "
            "folders differ from those it was released with. Restore them."
        )
        raise TrainingError(msg)
    return training, validation
