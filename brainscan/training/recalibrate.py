"""A released network calibrated again: same weights, new reading of the tumor probability."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from brainscan.data.dataset import Dataset
from brainscan.data.loader import DataLoader
from brainscan.inference.calibration import sigmoid
from brainscan.inference.release import WEIGHTS, Release
from brainscan.networks.build import build_network
from brainscan.networks.weights import load_weights
from brainscan.runs.folder import write_atomic
from brainscan.training.calibrate import calibrate
from brainscan.training.validation import validation_report
from brainscan.training.volume_fit import fit_volume_rule
from brainscan.training.volume_scores import split_of_release
from brainscan.training.ways import choose_ways


def recalibrate(
    release: Release, folders: Sequence[Path], target: Path
) -> tuple[dict[str, Any], Dataset]:
    """Write a copy of a release that decides anew what validation slices decide.

    That is: where the tumor logit comes from, its temperature, thresholds, bands, and the rule
    for volumes. What concerns the types stays, because a release may have calibrated them on
    slices of another run; gate, mirror image and outlines stay too.

    Parameters
    ----------
    release
        The one to calibrate.
    folders
        The datasets it was trained on.
    target
        Folder to write, not there yet. Manifest and card in it are not final.

    Returns
    -------
    dict
        The manifest, for :func:`brainscan.training.release.finish_release`.
    Dataset
        The validation slices.

    Raises
    ------
    TrainingError
        When the folders do not give the validation split of the release.
    """
    settings = json.loads((release.folder / "config.json").read_text(encoding="utf-8"))
    training, validation = split_of_release(release, settings, folders)
    shutil.copytree(release.folder, target)
    network = build_network(
        release.architecture,
        size=release.preprocessing.size,
        types=release.types,
        outlines=release.segmentation is not None,
    )
    load_weights(network, release.folder / WEIGHTS)
    slices = DataLoader(validation, release.preprocessing, types=release.types)
    manifest = dict(release.manifest)
    entries, raw = choose_ways(network, slices, target, manifest, mirrored=release.mirrored)
    found = calibrate(slices, raw)
    found["temperature"]["type"] = manifest["temperature"]["type"]
    found["coverage"]["type"] = manifest.get("coverage", {}).get("type")
    found.pop("type_sets", None)
    manifest |= entries | found
    probability = sigmoid(raw.tumor / manifest["temperature"]["tumor"])
    served = Release(target, manifest)
    rule = fit_volume_rule(served, slices.records, probability, training.records)
    if rule:
        rule["datasets"] = [*settings["datasets"], *settings["tumor_free"]]
        manifest["volume_rule"] = rule
    metrics = json.loads((target / "metrics.json").read_text(encoding="utf-8"))
    metrics["validation"] = validation_report(
        release.types, slices.tumor, slices.type_index, probability, raw.type
    )
    write_atomic(target / "metrics.json", json.dumps(metrics, indent=2).encode())
    return manifest, replace(validation, records=slices.records)
