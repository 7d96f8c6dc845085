"""From a finished run to a released model: weights, runtime export, calibration, manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brainscan.data.loader import DataLoader
from brainscan.data.seen import SEEN, write_seen
from brainscan.errors import TrainingError
from brainscan.inference.calibration import sigmoid, softmax
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.gate import GATE
from brainscan.inference.release import (
    FILES,
    MANIFEST,
    OPTIONAL_FILES,
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
from brainscan.training.gate_fit import fit_gate
from brainscan.training.interpolation import interpolate
from brainscan.training.provenance import data_facts, public_settings, start_of
from brainscan.training.segmentation_fit import fit_segmentation_rule
from brainscan.training.validation import validation_report, validation_scores
from brainscan.training.volume_fit import fit_volume_rule

_BATCH = 16
_WORTH_TWICE = 0.001  # gain of the mean validation AUROC for which a prediction may cost double


def make_release(
    run: RunFolder,
    target: Path,
    *,
    name: str,
    version: str,
    typed: RunFolder | None = None,
    other: Path | None = None,
    interpolated: bool = False,
) -> Release:
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
    typed
        A run with the same preprocessing that held out sources on which this one trained whole:
        its network and its validation slices calibrate the types.
    other
        A folder of pictures that are no brain MR slices, to fit the input gate; without it the
        gate knows only pictures drawn in code.
    interpolated
        Whether weights between the run's and those it began from are tried, see
        :func:`brainscan.training.interpolation.interpolate`.
    """
    config = TrainingConfig.from_json(run.read_json("config.json"))
    metrics = run.read_json("metrics.json")
    if not metrics:
        raise TrainingError(f"The run {run.path.name} has no finished epoch to release.")
    if config.outlines == "only":
        msg = (
            f"The run {run.path.name} trained a decoder alone, which belongs to the release it "
            "began from. Add it there with `python -m brainscan add_outlines`."
        )
        raise TrainingError(msg)
    network = best_network(run, config)
    training, validation = training_split(config)
    check_same_data(run, training, validation)
    slices = DataLoader(validation, config.preprocessing, types=config.types)
    between = interpolate(network, config, run, validation, slices) if interpolated else {}
    target.mkdir(parents=True, exist_ok=True)
    save_weights(network, target / WEIGHTS)
    manifest: dict[str, Any] = {
        "name": name,
        "version": version,
        "architecture": config.architecture,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "types": list(config.types),
        "preprocessing": config.preprocessing.to_json(),
        "tumor_from": config.tumor_from,
        "start": start_of(config),
        **between,
        "data": data_facts(config, training, validation),
        "licence": licence_of(r.source for part in (training, validation) for r in part.records),
        "metrics": {},
        "files": {},
    }
    ways, raw = _ways(network, slices, target, manifest)
    manifest |= ways
    manifest |= calibrate(slices, raw, _typed(typed, config, manifest) if typed else None)
    write_seen(target / SEEN, (*training.records, *validation.records))
    if config.outlines == "joint":
        manifest["segmentation"] = {"threshold": 0.5, "smallest": 0.0}  # until it is chosen
        judge = TumorClassifier(served := Release(target, manifest), OpenVINORuntime(served))
        manifest["segmentation"] = fit_segmentation_rule(judge, validation.records)
    arrays, manifest["gate"] = fit_gate(Release(target, manifest), training, validation, other)
    np.savez(target / GATE, allow_pickle=False, **arrays)
    probability = sigmoid(raw.tumor / manifest["temperature"]["tumor"])
    rule = fit_volume_rule(Release(target, manifest), slices.records, probability, training.records)
    if rule:
        settings = public_settings(config)
        rule["datasets"] = [*settings["datasets"], *settings["tumor_free"]]
        manifest["volume_rule"] = rule
    metrics["validation"] = validation_report(
        config.types, slices.tumor, slices.type_index, probability, raw.type
    )
    write_atomic(target / "metrics.json", json.dumps(metrics, indent=2).encode())
    write_atomic(target / "config.json", json.dumps(public_settings(config), indent=2).encode())
    write_atomic(target / "history.csv", (run.path / "history.csv").read_bytes())
    return finish_release(target, manifest)


def best_network(run: RunFolder, config: TrainingConfig) -> keras.Model:
    """Return the network of a run with the weights of the epoch it keeps."""
    network = build_network(
        config.architecture,
        size=config.preprocessing.size,
        types=config.types,
        outlines=config.outlines != "none",
    )
    load_best(run, network, run.read_json("metrics.json")["best_epoch"])
    return network


def _ways(
    network: keras.Model, slices: DataLoader, target: Path, manifest: dict[str, Any]
) -> tuple[dict[str, Any], RawOutput]:
    """Export the network, with its mirror image if that pays on the validation slices.

    Returns
    -------
    dict
        Entries of the manifest.
    RawOutput
        What the exported network says of the slices.
    """
    scores, outputs = {}, {}
    for mirrored in (False, True):
        export_openvino(network, target / XML, mirrored=mirrored)
        raw = _forward(OpenVINORuntime(Release(target, manifest)), slices.images)
        outputs[mirrored] = raw
        scores[mirrored] = validation_scores(
            slices.records,
            slices.tumor,
            slices.type_index,
            sigmoid(raw.tumor),
            softmax(raw.type.astype(np.float64)),
        )["val_score"]
    pays = scores[True] - scores[False] >= _WORTH_TWICE
    if not pays:
        export_openvino(network, target / XML)
    ways = {
        "mirrored": pays,
        "mirror_rule": (
            f"The mean validation score was {scores[False]:.4f} for the slice alone and "
            f"{scores[True]:.4f} with its mirror image; the mirror image is used from a gain of "
            f"{_WORTH_TWICE} on, because it doubles the work."
        ),
    }
    return ways, outputs[pays]


def _typed(
    run: RunFolder, config: TrainingConfig, manifest: dict[str, Any]
) -> tuple[DataLoader, RawOutput]:
    """Return the slices that another run held out, and what its network says of them."""
    theirs = TrainingConfig.from_json(run.read_json("config.json"))
    same = ("architecture", "types", "preprocessing")
    other = [key for key in same if getattr(theirs, key) != getattr(config, key)]
    if other:
        msg = (
            f"The run {run.path.name} cannot calibrate the types: its {', '.join(other)} "
            "differ from those of the run to release."
        )
        raise TrainingError(msg)
    training, validation = training_split(theirs)
    check_same_data(run, training, validation)
    slices = DataLoader(validation, theirs.preprocessing, types=theirs.types)
    with tempfile.TemporaryDirectory() as folder:
        mirrored = bool(manifest["mirrored"])
        export_openvino(best_network(run, theirs), Path(folder) / XML, mirrored=mirrored)
        return slices, _forward(OpenVINORuntime(Release(Path(folder), manifest)), slices.images)


def finish_release(target: Path, manifest: dict[str, Any]) -> Release:
    """Write the card and the manifest, with checksums of all files and of itself."""
    write_atomic(target / "MODEL_CARD.md", model_card(manifest, target).encode("utf-8"))
    manifest["files"] = {
        file: hashlib.sha256((target / file).read_bytes()).hexdigest()
        for file in (*FILES, *OPTIONAL_FILES)
        if file in FILES or (target / file).is_file()
    }
    manifest["checksum"] = manifest_checksum(manifest)
    write_atomic(target / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return Release(target, manifest)


def rewrite_release(
    release: Release,
    changes: dict[str, Any],
    version: str,
    *,
    gate: dict[str, np.ndarray] | None = None,
) -> None:
    """Write a release anew with changed entries of its manifest; weights stay.

    It is written beside its place first, so that a failure does not damage it.

    Parameters
    ----------
    release
        As it lies on disk.
    changes
        Entries of the manifest.
    version
        As it will be shown from now on.
    gate
        Arrays of another input gate, see :meth:`brainscan.inference.gate.Gate.arrays`.
    """
    with tempfile.TemporaryDirectory(dir=release.folder.parent, prefix=".") as beside:
        target = Path(beside) / release.folder.name
        shutil.copytree(release.folder, target)
        if gate is not None:
            np.savez(target / GATE, allow_pickle=False, **gate)
        finish_release(target, {**release.manifest, **changes, "version": version})
        put_in_place(target, release.folder)


def put_in_place(target: Path, final: Path) -> None:
    """Move a finished release to its place; the former one goes where the finished one was."""
    if final.exists():
        final.rename(target.with_name(".former"))
    target.rename(final)


def _forward(runtime: OpenVINORuntime, images: np.ndarray) -> RawOutput:
    parts = [
        runtime.forward(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)
    ]
    names = [field.name for field in fields(RawOutput) if field.name != "outline"]  # not needed
    return RawOutput(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))
