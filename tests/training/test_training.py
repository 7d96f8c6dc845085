"""A training from the command line: killed, interrupted, taken up again, and released."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from brainscan.cli import main
from brainscan.errors import TrainingError
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import open_release
from brainscan.networks.weights import read_arrays
from brainscan.runs.folder import RunFolder
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import check_same_data, training_split
from brainscan.training.release import best_network
from tests.imaging.phantom_dataset import write_phantom_dataset

EPOCHS = 6
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("phantoms") / "scans"
    write_phantom_dataset(root, 8, size=96)
    return root


def start(dataset: Path) -> list[str]:
    return [
        str(dataset), "--architecture", "custom_cnn", "--size", "64", "--epochs", str(EPOCHS),
        "--batch-size", "4", "--validation-share", "0.25", "--carve", "0.5",
        "--tumor-from", "evidence",
    ]  # fmt: skip


def history(runs: Path) -> Rows:
    path = runs / "a" / "history.csv"
    return list(csv.DictReader(path.open())) if path.exists() else []


def state(runs: Path) -> str:
    return json.loads((runs / "a" / "status.json").read_text())["state"]


@dataclass(frozen=True)
class Ended:
    """What a training left when a signal ended it."""

    code: int
    errors: str
    state: str
    rows: Rows


def train_until(
    happened: Callable[[], bool], ending: signal.Signals, runs: Path, *arguments: str
) -> Ended:
    """Train in a process of its own and end it as soon as something has happened."""
    command = [sys.executable, "-m", "brainscan", "train", *arguments]
    command += ["--run", "a", "--runs", str(runs)]
    log = runs.parent / "errors.log"
    with log.open("w") as stream, subprocess.Popen(command, stderr=stream) as process:
        try:
            deadline = time.monotonic() + 300
            while not happened():
                assert process.poll() is None, "the training ended too early"
                assert time.monotonic() < deadline, "the training made no progress"
                time.sleep(0.01)
            process.send_signal(ending)
            code = process.wait(timeout=120)
        finally:
            process.kill()
    return Ended(code, log.read_text(), state(runs), history(runs))


@dataclass(frozen=True)
class Story:
    """One run that was ended three times and then left alone."""

    runs: Path
    early: Ended
    interrupted: Ended | None
    killed: Ended


@pytest.fixture(scope="module")
def story(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    runs = tmp_path_factory.mktemp("story") / "runs"
    kill = signal.SIGTERM if os.name == "nt" else signal.SIGKILL  # on Windows they are one
    early = train_until((runs / "a" / "data.json").is_file, kill, runs, *start(dataset))
    interrupted = None
    if os.name != "nt":  # Windows has no SIGINT for another process
        interrupted = train_until(lambda: bool(history(runs)), signal.SIGINT, runs, "--resume")
    done = len(history(runs))
    killed = train_until(lambda: len(history(runs)) > done, kill, runs, "--resume")
    assert main(["train", "--run", "a", "--runs", str(runs), "--resume"]) == 0
    return Story(runs, early, interrupted, killed)


def test_run_killed_before_its_first_epoch_is_resumed(story: Story) -> None:
    assert story.early.rows == []
    assert story.early.state == "running"  # nobody was left to say otherwise
    assert story.killed.rows


def test_interrupt_leaves_a_usable_run(story: Story) -> None:
    if story.interrupted is None:
        pytest.skip("Windows has no SIGINT for another process")
    assert story.interrupted.code == 130
    assert "--run a --resume" in story.interrupted.errors
    assert story.interrupted.state == "stopped"
    assert "Traceback" not in story.interrupted.errors


def test_killed_run_ends_with_the_full_history(story: Story) -> None:
    rows = history(story.runs)
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(EPOCHS)]
    for ended in filter(None, (story.interrupted, story.killed)):
        assert 0 < len(ended.rows) < EPOCHS
        assert rows[: len(ended.rows)] == ended.rows  # no epoch was lost or trained again
    assert state(story.runs) == "finished"
    metrics = json.loads((story.runs / "a" / "metrics.json").read_text())
    scores = [float(row["val_score"]) for row in rows]
    assert metrics["best_epoch"] == scores.index(max(scores))
    kept = {path.name for path in (story.runs / "a" / "checkpoints").glob("*.npz")}
    assert kept == {"last.npz", f"epoch-{metrics['best_epoch']:04d}.npz"}


def release(runs: Path, test: Path) -> int:
    return main([
        "release", "a", "--runs", str(runs), "--name", "tiny", "--test", str(test),
        "--stability", "3", "--drawings", "4",
    ])  # fmt: skip


@pytest.fixture
def models(story: Story, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = story.runs / "models"
    monkeypatch.setenv("BRAINSCAN_MODELS", str(folder))
    return folder


def test_run_becomes_a_release_that_predicts(story: Story, models: Path, tmp_path: Path) -> None:
    write_phantom_dataset(tmp_path / "unseen", 3, seed=900, size=96)
    assert release(story.runs, tmp_path / "unseen") == 0
    scan = read_scan(next((tmp_path / "unseen" / "glioma").iterdir()))
    served = TumorClassifier.load(models / "tiny").predict(scan)
    reference = TumorClassifier.load(models / "tiny", runtime="keras").predict(scan)
    assert served.tumor_probability == pytest.approx(reference.tumor_probability, abs=1e-3)
    card = (models / "tiny" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "For research use only" in card
    assert "Tumour AUROC" in card
    assert "0 of them byte-identical to one used in training or validation" in card
    assert "random weights" in card
    assert "what is nowhere in the map cannot make a tumour" in card
    stored = read_arrays(models / "tiny" / "weights.npz")  # of a run continued three times
    assert stored["tumor_dense/0"][0] > 0 and not stored["tumor_dense/0"][1:].any()
    assert str(story.runs.parent) not in (models / "tiny" / "config.json").read_text()


def test_gate_of_a_release_is_fitted_anew(
    story: Story, models: Path, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_phantom_dataset(tmp_path / "unseen", 3, seed=900, size=96)
    assert release(story.runs, tmp_path / "unseen") == 0
    capsys.readouterr()
    command = ["fit_gate", "tiny", str(dataset)]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert open_release("tiny").version == "1.0.0"  # nothing was asked to be written
    assert main([*command, "--version", "9.9.9"]) == 0
    again = open_release("tiny")
    again.verify()
    assert again.version == "9.9.9"
    assert again.manifest["gate"]["genuine"] == found["genuine"]
    assert main(["fit_gate", "tiny", str(tmp_path / "unseen")]) == 2
    assert "also needs scans" in capsys.readouterr().err


def test_release_refuses_training_images_as_a_test(
    story: Story, models: Path, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(models.rglob("*"))
    assert release(story.runs, dataset) == 2
    assert "took part in training or validation" in capsys.readouterr().err
    assert sorted(models.rglob("*")) == before


def test_release_lies_between_the_run_and_the_release_it_began_from(
    story: Story, models: Path, dataset: Path, tmp_path: Path
) -> None:
    write_phantom_dataset(tmp_path / "unseen", 3, seed=900, size=96)
    assert release(story.runs, tmp_path / "unseen") == 0
    start_file = models / "tiny" / "weights.npz"
    settings = [*start(dataset), "--weights", str(start_file), "--epochs", "1"]
    assert main(["train", *settings, "--run", "b", "--runs", str(story.runs)]) == 0
    command = ["release", "b", "--runs", str(story.runs), "--name", "between", "--interpolate"]
    assert main([*command, "--stability", "0", "--drawings", "4"]) == 0

    share = json.loads((models / "between" / "manifest.json").read_text())["start_share"]
    run = RunFolder.open(story.runs / "b")
    trained = best_network(run, TrainingConfig.from_json(run.read_json("config.json")))
    began, released = read_arrays(start_file), read_arrays(models / "between" / "weights.npz")
    for layer in trained.layers:
        for index, own in enumerate(layer.get_weights()):
            first = began[f"{layer.name}/{index}"].astype(np.float32)
            expected = ((1 - share) * own + share * first).astype(np.float16)
            np.testing.assert_array_equal(released[f"{layer.name}/{index}"], expected)
    card = (models / "between" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{100 * share:g} % those that training began from" in card


def test_release_cannot_average_with_a_start_that_is_no_release(
    story: Story, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(models.rglob("*"))
    command = ["release", "a", "--runs", str(story.runs), "--name", "tiny", "--interpolate"]
    assert main(command) == 2
    assert "without --interpolate" in capsys.readouterr().err
    assert sorted(models.rglob("*")) == before


def test_changed_data_cannot_be_continued(story: Story) -> None:
    run = RunFolder.open(story.runs / "a")
    config = TrainingConfig.from_json(run.read_json("config.json"))
    training, validation = training_split(config)
    check_same_data(run, training, validation)
    with pytest.raises(TrainingError, match="changed since it began"):
        check_same_data(run, validation, training)


def test_wrong_use_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(tmp_path / "absent"), "--runs", str(tmp_path)]) == 2
    errors = capsys.readouterr().err
    assert "does not exist" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())
