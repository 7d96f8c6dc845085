"""What a release says of the data and settings it came from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from brainscan.data.dataset import Dataset, open_dataset
from brainscan.errors import TrainingError
from brainscan.inference.release import MANIFEST, WEIGHTS
from brainscan.runs.folder import RunFolder
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import training_split


def data_facts(config: TrainingConfig, training: Dataset, validation: Dataset) -> dict[str, Any]:
    """Return folds, fingerprints and numbers of images by source and class."""
    counts = {
        part: Counter((r.stratum, r.type or r.label) for r in dataset.records)
        for part, dataset in (("training", training), ("validation", validation))
    }
    keys = sorted(set(counts["training"]) | set(counts["validation"]), key=str)
    return {
        "fingerprint": {
            "training": training.fingerprint(),
            "validation": validation.fingerprint(),
        },
        "folds": list(config.folds),
        "together": config.together,
        "images": [
            {
                "source": source,
                "class": label,
                "training": counts["training"][source, label],
                "validation": counts["validation"][source, label],
            }
            for source, label in keys
        ],
    }


def public_settings(config: TrainingConfig) -> dict[str, Any]:
    """Return the settings with the names of datasets and files instead of local paths."""
    values = config.to_json()
    for key in ("datasets", "tumor_free"):
        values[key] = [PurePath(path).name for path in values[key]]
    values["weights"] = PurePath(values["weights"]).name
    return values


def start_of(config: TrainingConfig) -> str:
    """Return in words what the weights were before training: a file, or another release."""
    path = Path(config.weights)
    manifest = path.with_name(MANIFEST)
    if path.name != WEIGHTS or not manifest.is_file():
        return PurePath(config.weights).name
    former = json.loads(manifest.read_text(encoding="utf-8"))
    origin = former.get("start", "weights not named")
    return f"release {former['name']} {former['version']}, which began from {origin}"


def held_out_tumor_free(run: RunFolder) -> list[Dataset]:
    """Return the validation images of every folder whose images are all tumor-free.

    Such a folder has no fold to test on; what can be said of it comes from the slices that
    calibrated the threshold, and is a little kinder than the truth.
    """
    config = TrainingConfig.from_json(run.read_json("config.json"))
    _, validation = training_split(config)
    found = []
    for path in config.tumor_free:
        dataset = open_dataset(path)
        theirs = {record.path for record in dataset.records}
        records = tuple(record for record in validation.records if record.path in theirs)
        if records:
            found.append(replace(dataset, records=records))
    return found


def seen_share(run: RunFolder, test: Dataset) -> tuple[int, int]:
    """Count the test images that are byte-identical to a training or validation image.

    Returns
    -------
    tuple
        Images seen, and images in all.

    Raises
    ------
    TrainingError
        When more than a twentieth was seen: that is no test set.
    """
    config = TrainingConfig.from_json(run.read_json("config.json"))
    known = {_digest(r.path) for part in training_split(config) for r in part.records}
    total = len(test.records)
    seen = sum(_digest(record.path) in known for record in test.records)
    if seen > 0.05 * total:
        msg = (
            f"{seen} of the {total} test images of {test.root.name} took part in training or "
            "validation, so they cannot measure the model. Name other --test-folds or images."
        )
        raise TrainingError(msg)
    return seen, total


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
