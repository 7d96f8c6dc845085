"""A training from the command line: to the end, through a kill, and into a release."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brainscan.errors import TrainingError
from brainscan.imaging.phantom import write_phantom_dataset
from brainscan.imaging.reading import read_scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.runs.folder import RunFolder
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import check_same_data, training_split

EPOCHS = 4


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("phantoms") / "scans"
    write_phantom_dataset(root, 8, size=96)
    return root


def command(runs: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "brainscan", "train", *arguments, "--runs", str(runs)]


def start(dataset: Path, runs: Path, name: str) -> list[str]:
    return command(
        runs, str(dataset), "--architecture", "custom_cnn", "--run", name, "--size", "64",
        "--epochs", str(EPOCHS), "--batch-size", "4", "--validation-share", "0.25",
    )  # fmt: skip


def history(runs: Path, name: str) -> list[dict[str, str]]:
    path = runs / name / "history.csv"
    return list(csv.DictReader(path.open())) if path.exists() else []


def status(runs: Path, name: str) -> dict:
    return json.loads((runs / name / "status.json").read_text())


def wait_for_epochs(process: subprocess.Popen, runs: Path, name: str, count: int) -> None:
    deadline = time.monotonic() + 300
    while len(history(runs, name)) < count:
        assert process.poll() is None, "the training ended too early"
        assert time.monotonic() < deadline, "the training made no progress"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def killed_and_resumed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs folder of a training killed after its first epoch and then resumed."""
    runs = tmp_path_factory.mktemp("runs")
    process = subprocess.Popen(start(dataset, runs, "a"), stderr=subprocess.DEVNULL)
    wait_for_epochs(process, runs, "a", 1)
    process.kill()
    process.wait()
    before = history(runs, "a")
    (runs / "before.json").write_text(json.dumps(before))
    subprocess.run(command(runs, "--run", "a", "--resume"), check=True, stderr=subprocess.DEVNULL)
    return runs


def test_killed_run_ends_with_the_full_history(killed_and_resumed: Path) -> None:
    rows = history(killed_and_resumed, "a")
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(EPOCHS)]
    before = json.loads((killed_and_resumed / "before.json").read_text())
    assert rows[: len(before)] == before  # no finished epoch was lost or trained again
    assert status(killed_and_resumed, "a")["state"] == "finished"
    metrics = json.loads((killed_and_resumed / "a" / "metrics.json").read_text())
    scores = [float(row["val_score"]) for row in rows]
    assert metrics["best_epoch"] == scores.index(max(scores))
    kept = {path.name for path in (killed_and_resumed / "a" / "checkpoints").glob("*.npz")}
    assert kept == {"last.npz", f"epoch-{metrics['best_epoch']:04d}.npz"}


def release(runs: Path, test: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "brainscan", "release", "a", "--runs", str(runs),
         "--name", "tiny", "--test", str(test), "--stability", "3", "--drawings", "4"],
        capture_output=True, text=True,
        env={**os.environ, "BRAINSCAN_MODELS": str(runs / "models")},
    )  # fmt: skip


def test_run_becomes_a_release_that_predicts(killed_and_resumed: Path, tmp_path: Path) -> None:
    write_phantom_dataset(tmp_path / "unseen", 3, seed=900, size=96)
    done = release(killed_and_resumed, tmp_path / "unseen")
    assert done.returncode == 0, done.stderr
    models = killed_and_resumed / "models"
    scan = read_scan(next((tmp_path / "unseen" / "glioma").iterdir()))
    served = TumorClassifier.load(models / "tiny").predict(scan)
    reference = TumorClassifier.load(models / "tiny", runtime="keras").predict(scan)
    assert served.tumor_probability == pytest.approx(reference.tumor_probability, abs=1e-3)
    card = (models / "tiny" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "For research use only" in card
    assert "Tumour AUROC" in card
    assert "0 of them byte-identical to one used in training or validation" in card
    assert "random weights" in card
    assert str(killed_and_resumed.parent) not in (models / "tiny" / "config.json").read_text()


def test_release_refuses_training_images_as_a_test(killed_and_resumed: Path, dataset: Path) -> None:
    before = sorted((killed_and_resumed / "models").rglob("*"))
    done = release(killed_and_resumed, dataset)
    assert done.returncode == 2
    assert "took part in training or validation" in done.stderr
    assert sorted((killed_and_resumed / "models").rglob("*")) == before


def test_changed_data_cannot_be_continued(killed_and_resumed: Path, dataset: Path) -> None:
    run = RunFolder.open(killed_and_resumed / "a")
    config = TrainingConfig.from_json(run.read_json("config.json"))
    training, validation = training_split(config)
    check_same_data(run, training, validation)
    with pytest.raises(TrainingError, match="changed since it began"):
        check_same_data(run, validation, training)


def test_run_killed_before_its_first_epoch_is_resumed(dataset: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(start(dataset, tmp_path, "early"), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "early" / "data.json").is_file():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    subprocess.run(
        command(tmp_path, "--run", "early", "--resume"), check=True, stderr=subprocess.DEVNULL
    )
    assert len(history(tmp_path, "early")) == EPOCHS


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_interrupt_leaves_a_usable_run(dataset: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(start(dataset, tmp_path, "b"), stderr=subprocess.PIPE, text=True)
    wait_for_epochs(process, tmp_path, "b", 1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    if status(tmp_path, "b")["state"] != "finished":  # it may end before the signal arrives
        assert process.returncode == 130
        assert "--run b --resume" in errors
        assert status(tmp_path, "b")["state"] == "stopped"
    assert "Traceback" not in errors


def test_wrong_use_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, str(tmp_path / "absent")), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
