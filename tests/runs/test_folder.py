"""The files of a run."""

import csv
from pathlib import Path

import numpy as np
import pytest

from brainscan.errors import TrainingError
from brainscan.runs.folder import RunFolder


def test_create_then_open(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {"architecture": "custom_cnn"})
    assert RunFolder.open(tmp_path / "r").read_json("config.json")["architecture"] == "custom_cnn"
    assert "git_commit" in run.read_json("environment.json")
    with pytest.raises(TrainingError, match="already exists"):
        RunFolder.create(tmp_path / "r", {})
    with pytest.raises(TrainingError, match="no run named x"):
        RunFolder.open(tmp_path / "x")


def test_history_reads_like_a_csv_logger_file(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    run.write_history([{"epoch": 0, "loss": 1.5}, {"epoch": 1, "loss": 1.0, "val_loss": 2.0}])
    rows = list(csv.DictReader((tmp_path / "r" / "history.csv").open()))
    assert rows[0] == {"epoch": "0", "loss": "1.5", "val_loss": "NA"}
    assert list(rows[1]) == ["epoch", "loss", "val_loss"]


def test_arrays_round_trip_and_leave_no_parts(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    run.save_arrays("last", {"a/0": np.arange(3.0)})
    assert run.load_arrays("last")["a/0"].tolist() == [0, 1, 2]
    assert [path.name for path in run.checkpoints.iterdir()] == ["last.npz"]
    with pytest.raises(TrainingError, match="no checkpoint best"):
        run.load_arrays("best")


def test_broken_json_is_a_sentence(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    (tmp_path / "r" / "metrics.json").write_text("{")
    with pytest.raises(TrainingError, match=r"metrics.json of the run r is not valid JSON"):
        run.read_json("metrics.json")
    assert run.read_json("absent.json") == {}
