"""Weights between a run's and its start: the mean, the choice, and what it must not rest on."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import keras
import numpy as np
import pytest

from brainscan.data.dataset import Dataset
from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.networks.build import build_network
from brainscan.networks.weights import load_weights, save_weights
from brainscan.runs.folder import RunFolder
from brainscan.training import interpolation
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import training_split
from brainscan.training.interpolation import SHARES, mixed, note_start, start_weights
from tests.imaging.phantom_dataset import write_phantom_dataset

SIZE = 64


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("phantoms") / "scans"
    write_phantom_dataset(root, 6, size=96)
    return root


@pytest.fixture(scope="module")
def config(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingConfig:
    """Return the settings of a run that began from a release with the same validation slices."""
    release = tmp_path_factory.mktemp("models") / "former"
    release.mkdir()
    config = TrainingConfig(
        architecture="custom_cnn",
        datasets=(str(scans),),
        validation_share=0.4,
        weights=str(release / "weights.npz"),
        preprocessing=Preprocessing(size=SIZE),
    )
    save_weights(build_network("custom_cnn", size=SIZE), release / "weights.npz")
    write_manifest(
        config, {"data": {"fingerprint": {"validation": held_out(config).fingerprint()}}}
    )
    return config


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Return the folder of a run that has noted nothing yet."""
    return RunFolder(tmp_path)


def held_out(config: TrainingConfig) -> Dataset:
    return training_split(config)[1]


def manifest_of(config: TrainingConfig) -> Path:
    return Path(config.weights).with_name("manifest.json")


def write_manifest(config: TrainingConfig, manifest: dict[str, object]) -> None:
    manifest_of(config).write_text(json.dumps(manifest))


def elsewhere(config: TrainingConfig, folder: Path, manifest: dict[str, object]) -> TrainingConfig:
    """Return the settings with a start whose manifest is another."""
    moved = replace(config, weights=str(folder / "weights.npz"))
    Path(moved.weights).write_bytes(Path(config.weights).read_bytes())
    write_manifest(moved, manifest)
    return moved


def two_pixel_slices() -> DataLoader:
    """Return slices of two pixels: the first follows the truth, the second is chance."""
    generator = np.random.default_rng(5)
    truth = np.arange(60) % 2
    pixels = np.stack([100 + 40 * truth, np.full(60, 120)], axis=1)
    pixels = np.clip(pixels + generator.normal(0, [15, 40], (60, 2)), 0, 255)
    records = [SimpleNamespace(stratum=name) for name in ("a", "b") for _ in range(30)]

    class Slices(SimpleNamespace):
        def __len__(self) -> int:
            return len(self.tumor)

    images = pixels.astype(np.uint8).reshape(60, 1, 2)
    return cast(DataLoader, Slices(images=images, tumor=truth, records=records))


def weighing(*pixels: float) -> list[np.ndarray]:
    """Return the weights of a network that adds the pixels up, each with its weight."""
    kernel = 20 * np.array(pixels, np.float32)[:, None]
    return [kernel, -np.float32(0.45) * kernel.sum(axis=0)]


def test_mixed_weights_are_the_weighted_mean() -> None:
    own, start = [np.array([0.0, 4.0])], [np.array([8.0, 0.0])]
    np.testing.assert_array_equal(mixed(own, start, 0.0)[0], own[0])
    np.testing.assert_array_equal(mixed(own, start, 0.25)[0], [2.0, 3.0])
    np.testing.assert_array_equal(mixed(own, start, 1.0)[0], start[0])


@pytest.mark.parametrize(
    ("own", "start", "expected"),
    [
        ((1.0, 0.0), (0.0, 4.0), 0.0),  # training unlearned the chance of the start
        ((0.0, 4.0), (1.0, 0.0), 0.75),  # training learned nothing but chance
        ((1.0, 4.0), (1.0, -4.0), 0.5),  # their errors are opposite: the mean beats both
    ],
)
def test_share_is_that_of_the_lowest_loss(
    config: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
    run: RunFolder,
    own: tuple[float, float],
    start: tuple[float, float],
    expected: float,
) -> None:
    image = keras.Input((1, 2, 1))
    logit = keras.layers.Dense(1)(keras.layers.Reshape((2,))(image))
    network = keras.Model(image, {"tumor": keras.layers.Reshape(())(logit)})
    network.set_weights(weighing(*own))
    monkeypatch.setattr(interpolation, "start_weights", lambda *_: weighing(*start))

    found = interpolation.interpolate(network, config, run, held_out(config), two_pixel_slices())

    assert found["start_share"] == expected
    chosen = mixed(weighing(*own), weighing(*start), expected)
    for now, wanted in zip(network.get_weights(), chosen, strict=True):
        np.testing.assert_allclose(now, wanted, atol=1e-6)
    assert "on 60 validation slices" in found["start_rule"]
    assert all(f"at {100 * share:g} %" in found["start_rule"] for share in SHARES)


def test_start_is_read_from_the_release(config: TrainingConfig, run: RunFolder) -> None:
    note_start(config, run)
    network = build_network("custom_cnn", size=SIZE)
    load_weights(network, Path(config.weights))
    for found, stored in zip(
        start_weights(config, run, held_out(config)), network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, stored)


@pytest.mark.parametrize("weights", ["none", "imagenet", "base.npz"])
def test_start_that_is_no_release_is_refused(
    config: TrainingConfig, run: RunFolder, weights: str
) -> None:
    other = replace(config, weights=weights)
    note_start(other, run)
    with pytest.raises(TrainingError, match=r"not the weights\.npz of a release"):
        start_weights(other, run, held_out(config))


def test_release_that_took_the_place_of_the_start_is_refused(
    config: TrainingConfig, run: RunFolder
) -> None:
    with pytest.raises(TrainingError, match=r"has no start\.json"):
        start_weights(config, run, held_out(config))
    moved = elsewhere(config, run.path, json.loads(manifest_of(config).read_text()))
    note_start(moved, run)
    start_weights(moved, run, held_out(config))
    save_weights(build_network("custom_cnn", size=SIZE), Path(moved.weights))
    with pytest.raises(TrainingError, match="they changed since"):
        start_weights(moved, run, held_out(config))


@pytest.mark.parametrize(
    ("manifest", "outlines", "words"),
    [
        ({}, "none", "held out other validation images"),
        ({"data": {"fingerprint": {"validation": "others"}}}, "none", "held out other validation"),
        ({"tumor_from": "evidence"}, "none", "nothing lies between"),
        ({"tumor_from": "features"}, "joint", "has no decoder"),
    ],
)
def test_start_that_cannot_be_judged_beside_the_run_is_refused(
    config: TrainingConfig, run: RunFolder, manifest: dict[str, object], outlines: str, words: str
) -> None:
    validation = held_out(config)
    if "tumor_from" in manifest:
        manifest = {**manifest, "data": {"fingerprint": {"validation": validation.fingerprint()}}}
    moved = replace(elsewhere(config, run.path, manifest), outlines=outlines)
    note_start(moved, run)
    with pytest.raises(TrainingError, match=words):
        start_weights(moved, run, validation)
