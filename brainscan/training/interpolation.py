"""Weights between those of a run and those it began from, chosen on validation slices."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.inference.calibration import binary_temperature, equal_strata, sigmoid
from brainscan.inference.release import MANIFEST
from brainscan.networks.build import build_network
from brainscan.networks.decoder import PREFIX
from brainscan.networks.heads import TUMOR
from brainscan.networks.weights import is_whole_network, load_weights, read_arrays
from brainscan.runs.folder import RunFolder
from brainscan.training.config import TrainingConfig

SHARES = (0.0, 0.25, 0.5, 0.75)
"""Of the start in the weights; 0 is the run's own epoch."""

START = "start.json"
_BATCH = 16


def interpolate(
    network: keras.Model,
    config: TrainingConfig,
    run: RunFolder,
    validation: Dataset,
    slices: DataLoader,
) -> dict[str, Any]:
    """Move a trained network part of the way back to its start, if validation slices gain by it.

    Two networks of which one was fine-tuned from the other lie in one basin of the loss, and the
    mean of their weights often generalizes better than either, at no cost of inference
    (arXiv:2109.01903, arXiv:2203.05482).

    Parameters
    ----------
    network
        With the weights of the run; gets the weights chosen.
    config, run
        Settings of the run, and its folder.
    validation
        What the run held out.
    slices
        The same, in memory. The share is chosen by the log loss of the tumor answer after
        temperature scaling, every source and sequence counting alike.

    Returns
    -------
    dict
        Entries ``start_share`` and ``start_rule`` of the release's manifest.

    Raises
    ------
    TrainingError
        See :func:`start_weights`.
    """
    start = start_weights(config, run, validation)
    own = network.get_weights()
    losses = {}
    for share in SHARES:
        network.set_weights(mixed(own, start, share))
        losses[share] = _log_loss(network, slices)
    best = min(SHARES, key=lambda share: losses[share])
    network.set_weights(mixed(own, start, best))
    tried = ", ".join(f"{losses[share]:.3f} at {100 * share:g} %" for share in SHARES)
    return {
        "start_share": best,
        "start_rule": (
            f"The weights are {100 * (1 - best):g} % those of the epoch kept and {100 * best:g} % "
            f"those that training began from (arXiv:2109.01903), the share with the lowest "
            f"log loss of the tumour answer on {len(slices)} validation slices, every source and "
            f"sequence counting alike: {tried} of the start."
        ),
    }


def start_weights(config: TrainingConfig, run: RunFolder, validation: Dataset) -> list[np.ndarray]:
    """Return the weights that a run began from, in the order of its network's.

    Raises
    ------
    TrainingError
        When it did not begin from a release, or another one lies in its place by now; when the
        release did not hold out ``validation``, for a start that has seen the slices would be
        preferred for having seen them (what the release itself began from is not looked at); when
        it has no decoder for a run with one, or reads its tumor probability off something else.
    """
    path = Path(config.weights)
    manifest = path.with_name(MANIFEST)
    if not (manifest.is_file() and path.is_file() and is_whole_network(path)):
        msg = (
            f"The run began from {config.weights}, which is not the weights.npz of a release "
            "folder, so its weights cannot be averaged with it. Release it without --interpolate."
        )
        raise TrainingError(msg)
    if run.read_json(START).get("sha256") != file_digest(path):
        msg = (
            f"The weights in {path.parent} are not known to be those that the run began from: "
            f"they changed since, or the run has no {START}. Restore that release, or release "
            "without --interpolate."
        )
        raise TrainingError(msg)
    former = json.loads(manifest.read_text(encoding="utf-8"))
    held_out = former.get("data", {}).get("fingerprint", {}).get("validation")
    if held_out != validation.fingerprint():
        msg = (
            f"The release {path.parent.name}, from which the run began, held out other validation "
            "images than the run, so they cannot judge between the two. Train with its seed, "
            "datasets and shares, or release without --interpolate."
        )
        raise TrainingError(msg)
    if former.get("tumor_from", "features") != config.tumor_from:
        msg = (
            f"The release {path.parent.name}, from which the run began, reads its tumor "
            "probability off something else than the run; nothing lies between the two. Release "
            "without --interpolate."
        )
        raise TrainingError(msg)
    outlines = config.outlines != "none"
    if outlines and not any(name.startswith(PREFIX) for name in read_arrays(path)):
        msg = (
            f"The release {path.parent.name}, from which the run began, has no decoder, so there "
            "is nothing to average the run's with. Release without --interpolate."
        )
        raise TrainingError(msg)
    network = build_network(
        config.architecture,
        size=config.preprocessing.size,
        types=config.types,
        outlines=outlines,
    )
    load_weights(network, path)
    weights: list[np.ndarray] = network.get_weights()
    return weights


def note_start(config: TrainingConfig, run: RunFolder) -> None:
    """Remember in a new run which weights it begins from, if these are a file."""
    path = Path(config.weights)
    if path.is_file():
        run.write_json(START, {"sha256": file_digest(path)})


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def mixed(own: list[np.ndarray], start: list[np.ndarray], share: float) -> list[np.ndarray]:
    """Return weights of which ``share`` in [0, 1] is the start."""
    return [(1 - share) * mine + share * first for mine, first in zip(own, start, strict=True)]


def _log_loss(network: keras.Model, slices: DataLoader) -> float:
    logits = []
    for begin in range(0, len(slices), _BATCH):
        images = slices.images[begin : begin + _BATCH, ..., None].astype(np.float32) / 255
        logits.append(np.asarray(network(images, training=False)[TUMOR]))
    known = slices.tumor >= 0
    logit, truth = np.concatenate(logits)[known], slices.tumor[known]
    weights = equal_strata(np.array([record.stratum for record in slices.records])[known])
    probability = sigmoid(logit / binary_temperature(logit, truth, weights))
    right = np.where(truth == 1, probability, 1 - probability)
    return float(-np.average(np.log(np.maximum(right, 1e-12)), weights=weights))
