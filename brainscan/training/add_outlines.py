"""From a run that trained a decoder to its release with outlines; all other answers stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import WEIGHTS, XML, Release
from brainscan.inference.runtime import OpenVINORuntime, RawOutput
from brainscan.networks.build import build_network
from brainscan.networks.decoder import PREFIX
from brainscan.networks.export import export_openvino
from brainscan.networks.weights import read_arrays, save_weights
from brainscan.runs.folder import RunFolder
from brainscan.runs.history import read_history
from brainscan.training.checkpoint import load_best
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import check_same_data, training_split
from brainscan.training.provenance import data_facts, public_settings
from brainscan.training.segmentation_fit import fit_segmentation_rule

_SAME = 1e-3  # of a logit: rounding between two exports of the same weights
_COMPARED = 64  # validation slices on which both exports answer
_UNFITTED = {"threshold": 0.5, "smallest": 0.0}


def add_outlines(
    run: RunFolder,
    release: Release,
    target: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Write a copy of a release whose network also has the decoder of a run.

    Calibration, thresholds, gate and volume rule are taken over as they are, because nothing
    but the decoder was trained; that the other answers are the same is checked on validation
    slices.

    Parameters
    ----------
    run
        Of a training with ``outlines="only"`` that began from the release.
    release
        The one to extend.
    target
        Folder to write, not there yet. Manifest and card in it are not final.
    progress
        Called with validation slices read and slices in all.

    Returns
    -------
    dict
        The manifest, for :func:`brainscan.training.release.finish_release`.

    Raises
    ------
    TrainingError
        When the run trained something else, or on a network other than the release's.
    """
    config = TrainingConfig.from_json(run.read_json("config.json"))
    if config.outlines != "only":
        msg = (
            f"The run {run.path.name} trained the whole network, not a decoder alone. "
            "Release it with `python -m brainscan release`."
        )
        raise TrainingError(msg)
    network = _trained(run, config)
    _refuse_other_base(network, release, run.path.name)
    training, validation = training_split(config)
    check_same_data(run, training, validation)
    shutil.copytree(release.folder, target)
    save_weights(network, target / WEIGHTS)
    export_openvino(network, target / XML, mirrored=release.mirrored)
    manifest = {**release.manifest, "segmentation": _UNFITTED}
    extended = Release(target, manifest)
    runtime = OpenVINORuntime(extended)
    step = max(1, len(validation.records) // _COMPARED)
    some = replace(validation, records=validation.records[::step])
    _refuse_other_answers(release, runtime, some)
    judged = _unseen_below(release, validation)
    entry = fit_segmentation_rule(TumorClassifier(extended, runtime), judged, progress)
    entry["training"] = {
        "settings": _settings(config),
        "images": data_facts(config, training, validation)["images"],
        **_course(run),
    }
    return {**manifest, "segmentation": entry}


def _unseen_below(release: Release, validation: Dataset) -> tuple[Record, ...]:
    """Return the validation slices that the release, too, held out.

    The release trained on all slices of the others: outlines are better there than on new ones,
    and a threshold chosen on them would be too.
    """
    images = release.manifest.get("data", {}).get("images", ())
    whole = {row["source"] for row in images} - {r["source"] for r in images if r["validation"]}
    known = tuple(r for r in validation.records if r.stratum not in whole)
    if not any(r.mask for r in known):
        msg = (
            f"{release.title} trained on every source with masks as a whole, so that no slice is "
            "left to choose the threshold of outlines. Train the decoder on a release that held "
            "some out."
        )
        raise TrainingError(msg)
    recorded = release.manifest.get("data", {}).get("fingerprint", {}).get("validation")
    if recorded and replace(validation, records=known).fingerprint() != recorded:
        msg = (
            f"The run held out other slices than {release.title}, which has trained on some of "
            "them. Train the decoder with the folds, the seed and the share of the release."
        )
        raise TrainingError(msg)
    return known


def _trained(run: RunFolder, config: TrainingConfig) -> keras.Model:
    metrics = run.read_json("metrics.json")
    if not metrics:
        raise TrainingError(f"The run {run.path.name} has no finished epoch to release.")
    size = config.preprocessing.size
    network = build_network(config.architecture, size=size, types=config.types, outlines=True)
    load_best(run, network, metrics["best_epoch"])
    return network


def _refuse_other_base(network: keras.Model, release: Release, run: str) -> None:
    stored = read_arrays(release.folder / WEIGHTS)
    for layer in network.layers:
        if layer.name.startswith(PREFIX):
            continue
        for index, weight in enumerate(layer.get_weights()):
            theirs = stored.get(f"{layer.name}/{index}")
            if theirs is None or not np.array_equal(weight, theirs.astype(np.float32)):
                msg = (
                    f"The decoder of the run {run} was trained on another network than that of "
                    f"{release.title}: layer {layer.name} differs. Train it with --weights "
                    "naming the weights.npz of this release."
                )
                raise TrainingError(msg)


def _refuse_other_answers(release: Release, runtime: OpenVINORuntime, dataset: Dataset) -> None:
    """Compare what both exports say of some validation slices."""
    former = OpenVINORuntime(release)
    images = DataLoader(dataset, release.preprocessing, types=release.types).images
    for image in images:
        old, new = former.forward(image[None]), runtime.forward(image[None])
        for field in fields(RawOutput):
            before, after = getattr(old, field.name), getattr(new, field.name)
            if before is None or field.name == "outline":
                continue
            most = max(1.0, np.abs(before).max(initial=0.0))
            if np.abs(before - after).max(initial=0.0) > _SAME * most:
                msg = (
                    f"The network with the decoder answers otherwise than {release.title} "
                    f"({field.name}). It cannot take over its calibration."
                )
                raise TrainingError(msg)


def _course(run: RunFolder) -> dict[str, Any]:
    """Return how the training went: epochs, hours and the mean Dice of the epoch released."""
    history = read_history(run.path / "history.csv")
    kept = int(run.read_json("metrics.json")["best_epoch"])
    return {
        "epochs": len(history),
        "hours": round(float(history.columns["seconds"].sum()) / 3600, 2),
        "val_score": [round(float(value), 4) for value in history.columns["val_score"]],
        "kept_epoch": kept + 1,
    }


def _settings(config: TrainingConfig) -> dict[str, Any]:
    """Return the settings that matter for a decoder."""
    values = public_settings(config)
    keys = (
        "datasets", "tumor_free", "folds", "validation_share", "epochs", "batch_size",
        "learning_rate", "weight_decay", "average", "keep", "precision", "seed", "weights",
    )  # fmt: skip
    return {key: values[key] for key in keys}
