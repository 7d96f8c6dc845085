"""A decoder trained on a released network, and the release that gets it."""

import csv
import json
import os
import shutil
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from brainscan.cli import main
from brainscan.errors import TrainingError
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import FILES, Release, open_release
from brainscan.networks.build import build_network
from brainscan.networks.export import export_openvino
from brainscan.networks.weights import save_weights
from brainscan.runs.folder import RunFolder
from brainscan.training.add_outlines import add_outlines
from brainscan.training.release import finish_release


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with phantoms and their outlines, and a released network without a decoder."""
    root = tmp_path_factory.mktemp("outlines")
    scans = root / "scans"
    scans.mkdir()
    rows = []
    for seed in range(24):
        phantom = phantom_slice(seed, lesion="meningioma" if seed % 2 else "none", size=96)
        (scans / f"{seed}.png").write_bytes(phantom_png(phantom))
        if seed % 2:
            cv2.imwrite(str(scans / f"{seed}-mask.png"), phantom.mask.astype(np.uint8) * 255)
        label, mask = ("yes", f"{seed}-mask.png") if seed % 2 else ("no", "")
        rows.append([f"{seed}.png", label, f"g{seed}", "4" if seed < 6 else "1", mask])
    with (scans / "manifest.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["file", "label", "group", "fold", "mask"], *rows])
    keras.utils.set_random_seed(3)
    network = build_network("custom_cnn", size=64)
    folder = root / "models" / "small"
    folder.mkdir(parents=True)
    save_weights(network, folder / "weights.npz")
    export_openvino(network, folder / "model.xml", mirrored=True)
    for name in FILES:
        if not (folder / name).exists():
            (folder / name).write_text("{}" if name.endswith("json") else "epoch,loss\n0,1\n")
    finish_release(
        folder,
        {
            "name": "small", "version": "1.0.0", "architecture": "custom_cnn", "types": [],
            "preprocessing": Preprocessing(size=64).to_json(), "mirrored": True,
            "temperature": {"tumor": 1.0, "type": 1.0}, "evidence_offset": 0.0, "threshold": 0.5,
            "band": [0.5, 0.5], "metrics": {}, "files": {},
        },
    )  # fmt: skip
    return root


@pytest.fixture(scope="module")
def trained(home: Path) -> Path:
    """The same, with a run that trained a decoder on the release."""
    code = main([
        "train", str(home / "scans"), "--architecture", "custom_cnn", "--run", "decoder",
        "--runs", str(home / "runs"), "--size", "64", "--epochs", "2", "--batch-size", "4",
        "--validation-share", "0.3", "--folds", "1", "--outlines", "only",
        "--weights", str(home / "models" / "small" / "weights.npz"),
    ])  # fmt: skip
    assert code == 0
    return home


def run_of(home: Path) -> RunFolder:
    return RunFolder.open(home / "runs" / "decoder")


def test_history_follows_the_outlines_alone(trained: Path) -> None:
    rows = list(csv.DictReader((trained / "runs" / "decoder" / "history.csv").open()))
    assert [float(row["loss"]) for row in rows] == [float(row["outline_loss"]) for row in rows]
    assert [row["val_score"] for row in rows] == [row["val_dice_scans"] for row in rows]
    assert "tumor_loss" not in rows[0]


def test_release_gets_outlines_and_keeps_its_other_answers(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = TumorClassifier.load(trained / "models" / "small")
    scan = read_scan(trained / "scans" / "3.png")
    before = former.predict(scan)
    monkeypatch.setitem(os.environ, "BRAINSCAN_MODELS", str(trained / "models"))
    code = main([
        "add_outlines", "decoder", "--runs", str(trained / "runs"), "--to", "small",
        "--version", "1.1.0", "--out", str(trained / "out"),
        "--test", str(trained / "scans"), "--test-folds", "4",
    ])  # fmt: skip
    assert code == 0
    release = open_release(trained / "out" / "small")
    release.verify()
    assert release.title == "small 1.1.0"
    after = TumorClassifier.load(release.folder).predict(scan)
    assert after.tumor_probability == pytest.approx(before.tumor_probability, abs=1e-4)
    assert np.allclose(after.evidence.grid, before.evidence.grid, atol=1e-4)
    assert after.segmentation is not None
    assert after.segmentation.ways.shape == (2, 32, 32)
    assert before.segmentation is None
    reference = TumorClassifier.load(release.folder, runtime="keras").predict(scan)
    assert reference.segmentation is not None
    assert np.allclose(after.segmentation.ways, reference.segmentation.ways, atol=2e-2)
    entry = json.loads((release.folder / "manifest.json").read_text())["segmentation"]
    assert entry["training"]["epochs"] == 2
    assert entry["training"]["settings"]["datasets"] == ["scans"]
    assert str(trained) not in json.dumps(entry)
    assert set(release.manifest["metrics"]) == {"scans"}
    assert open_release("small", trained / "models").title == "small 1.0.0"  # as it was


def test_decoder_of_another_network_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(trained / "models" / "small", folder)
    keras.utils.set_random_seed(4)
    save_weights(build_network("custom_cnn", size=64), folder / "weights.npz")
    other = Release(folder, open_release(trained / "models" / "small").manifest)
    with pytest.raises(TrainingError, match="trained on another network than that of small"):
        add_outlines(run_of(trained), other, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_run_that_trained_the_whole_network_is_refused(home: Path, tmp_path: Path) -> None:
    run = RunFolder.create(
        tmp_path / "whole",
        json.loads((home / "runs/decoder/config.json").read_text()) | {"outlines": "joint"},
    )
    release = open_release(home / "models" / "small")
    with pytest.raises(TrainingError, match="trained the whole network"):
        add_outlines(run, release, tmp_path / "target")
