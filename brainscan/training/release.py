"""From a finished run to a released model: weights, runtime export, calibration, manifest."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.inference.calibration import sigmoid
from brainscan.inference.release import (
    FILES,
    MANIFEST,
    WEIGHTS,
    XML,
    Release,
    manifest_checksum,
)
from brainscan.inference.runtime import OpenVINORuntime, RawOutput
from brainscan.networks.build import build_network
from brainscan.networks.export import export_openvino
from brainscan.networks.weights import save_weights
from brainscan.reporting.card import licence_of, model_card
from brainscan.runs.folder import RunFolder, write_atomic
from brainscan.training.calibrate import calibrate
from brainscan.training.checkpoint import load_best
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import check_same_data, training_split
from brainscan.training.validation import validation_report

_BATCH = 16


def make_release(run: RunFolder, target: Path, *, name: str, version: str) -> Release:
    """Write a release folder from the best epoch of a run.

    The temperatures, thresholds, bands and type sets come from the run's validation
    slices, computed by the runtime that will serve the model.

    Parameters
    ----------
    run
        A run with at least one finished epoch.
    target
        Folder of the release, new or empty.
    name, version
        As they will be shown with every prediction.
    """
    config = TrainingConfig.from_json(run.read_json("config.json"))
    metrics = run.read_json("metrics.json")
    if not metrics:
        raise TrainingError(f"The run {run.path.name} has no finished epoch to release.")
    network = build_network(config.architecture, size=config.preprocessing.size, types=config.types)
    load_best(run, network, metrics["best_epoch"])
    target.mkdir(parents=True, exist_ok=True)
    save_weights(network, target / WEIGHTS)
    export_openvino(network, target / XML)

    training, validation = training_split(config)
    check_same_data(run, training, validation)
    manifest: dict[str, Any] = {
        "name": name,
        "version": version,
        "architecture": config.architecture,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "types": list(config.types),
        "preprocessing": config.preprocessing.to_json(),
        "start": PurePath(config.weights).name,
        "data": _data(config, training, validation),
        "licence": licence_of(r.source for part in (training, validation) for r in part.records),
        "metrics": {},
        "files": {},
    }
    slices = DataLoader(validation, config.preprocessing, types=config.types)
    raw = _forward(OpenVINORuntime(Release(target, manifest)), slices.images)
    manifest |= calibrate(slices, raw)
    metrics["validation"] = validation_report(
        config.types,
        slices.tumor,
        slices.type_index,
        sigmoid(raw.tumor / manifest["temperature"]["tumor"]),
        raw.type,
    )
    write_atomic(target / "metrics.json", json.dumps(metrics, indent=2).encode())
    write_atomic(target / "config.json", json.dumps(_public(config), indent=2).encode())
    write_atomic(target / "history.csv", (run.path / "history.csv").read_bytes())
    return finish_release(target, manifest)


def finish_release(target: Path, manifest: dict[str, Any]) -> Release:
    """Write the card and the manifest, with checksums of all files and of itself."""
    write_atomic(target / "MODEL_CARD.md", model_card(manifest, target).encode("utf-8"))
    manifest["files"] = {
        file: hashlib.sha256((target / file).read_bytes()).hexdigest() for file in FILES
    }
    manifest["checksum"] = manifest_checksum(manifest)
    write_atomic(target / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return Release(target, manifest)


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


def _forward(runtime: OpenVINORuntime, images: np.ndarray) -> RawOutput:
    parts = [
        runtime.forward(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)
    ]
    names = ("tumor", "type", "evidence", "gradcam")
    return RawOutput(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _data(config: TrainingConfig, training: Dataset, validation: Dataset) -> dict[str, Any]:
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


def _public(config: TrainingConfig) -> dict[str, Any]:
    """Return the settings with the names of datasets and files instead of local paths."""
    values = config.to_json()
    for key in ("datasets", "tumor_free"):
        values[key] = [PurePath(path).name for path in values[key]]
    values["weights"] = PurePath(values["weights"]).name
    return values
