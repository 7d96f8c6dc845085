"""The files of a run."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import brainscan
from brainscan.errors import TrainingError
from brainscan.runs import folder
from brainscan.runs.folder import RunFolder, write_atomic


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


@pytest.mark.parametrize("refusals", [3, 1000])
def test_file_in_use_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    """Windows refuses to replace a file that another process reads."""
    run = RunFolder.create(tmp_path / "r", {})
    replace, asked, waited = Path.replace, [], []

    def busy(self: Path, target: Path) -> Path:
        asked.append(target.name)
        if asked.count(target.name) <= refusals:
            raise PermissionError(13, "The process cannot access the file", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(folder.time, "sleep", waited.append)
    if refusals > 100:
        with pytest.raises(PermissionError):
            write_atomic(tmp_path / "f", b"new")
        assert sum(waited) == pytest.approx(1.0)
        return
    write_atomic(tmp_path / "f", b"new")
    run.save_arrays("last", {"a": np.zeros(1)})
    assert (tmp_path / "f").read_bytes() == b"new"
    assert run.load_arrays("last")["a"].tolist() == [0]
    assert len(waited) == 2 * refusals


def test_leftovers_of_a_killed_run_are_removed_when_it_is_opened(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "r", {})
    run.save_arrays("last", {"a": np.zeros(1)})
    part = run.checkpoints / "last.part"
    part.touch()
    run.write_status("running", epoch=0, epochs=2)  # by this very process: it is being written
    RunFolder.open(run.path)
    assert part.exists()
    run.write_json("status.json", run.read_json("status.json") | {"pid": _ended_process()})
    RunFolder.open(run.path)
    assert [path.name for path in run.checkpoints.iterdir()] == ["last.npz"]


def _ended_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_environment_records_the_version_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "version", lambda package: "of the installed package")
    assert folder.environment()["packages"]["brainscan"] == brainscan.__version__
