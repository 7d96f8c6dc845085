"""Runs and releases on disk: states, order, half-written and foreign folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from brainscan.errors import TrainingError
from brainscan.runs.library import find_run, list_releases, list_runs, runs_folder
from brainscan.runs.run import LAUNCH, Progress, read_run
from tests.runs.folders import GONE, live_pid, make_run, set_state


def test_a_finished_run_is_read_whole(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path))
    assert (run.state, run.kind, run.key) == ("finished", "run", "run:first")
    assert run.problems == () and not run.active and not run.resumable
    history = run.history()
    best = run.best(history)
    assert best is not None
    assert (best.epoch, best.metric, best.value) == (4, "val_score", 0.9)
    assert history.labels["stage"] == ("head", "fine", "fine", "fine", "fine")
    assert run.settings["batch_size"] == 16
    assert "python" in run.settings["environment"]
    assert run.log_tail() == "Reading images\nepoch 2\ndone"
    assert run.log_tail(1) == "done"


def test_a_run_that_keeps_its_last_epoch_says_so(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path, keep="last"))
    best = run.best(run.history())
    assert best is not None
    assert (best.epoch, best.metric, best.value) == (5, "val_score", 0.54)


@pytest.mark.parametrize(
    ("stated", "pid", "state", "resumable"),
    [
        ("running", "live", "running", False),
        ("running", "gone", "interrupted", True),
        ("stopped", "gone", "stopped", True),
        ("failed", "gone", "failed", True),
        ("finished", "live", "finished", False),
        ("dancing", "live", "unknown", False),
    ],
)
def test_states(tmp_path: Path, stated: str, pid: str, state: str, resumable: bool) -> None:
    folder = make_run(tmp_path, epochs=2, state=stated, pid=live_pid() if pid == "live" else GONE)
    run = read_run(folder)
    assert run.state == state
    assert run.resumable is resumable
    assert run.active is (state == "running")


def test_an_interrupted_run_without_a_checkpoint_cannot_go_on(tmp_path: Path) -> None:
    assert not read_run(make_run(tmp_path, epochs=0, state="running")).resumable


def test_a_history_that_grows_is_read_again(tmp_path: Path) -> None:
    folder = make_run(tmp_path, epochs=2)
    assert len(read_run(folder).history()) == 2
    with (folder / "history.csv").open("a") as file:
        file.write("2" + ",NA" * 10 + "\n")
    assert len(read_run(folder).history()) == 3


def test_no_history_yet_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="appears when the first epoch ends"):
        read_run(make_run(tmp_path, epochs=0)).history()


def test_half_written_and_foreign_files_are_named_and_survived(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (folder / "config.json").write_text('{"epochs": ')
    (folder / "metrics.json").write_text("[1, 2]")
    (folder / "status.json").write_bytes(b"\xff\xfe\x00broken")
    run = read_run(folder)
    assert run.state == "unknown" and run.config == {} and run.metrics == {}
    assert len(run.problems) == 3
    assert all(sentence.endswith(".") for sentence in run.problems)
    assert len(run.history()) == 5


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"state": 7, "pid": "x", "epoch": -3, "epochs": None, "eta_s": "soon", "updated": 5},
        {"state": "running", "pid": True, "epoch": float("nan"), "step": 1e400},
    ],
)
def test_nonsense_in_the_status_becomes_unknown(tmp_path: Path, status: dict) -> None:
    folder = make_run(tmp_path)
    (folder / "status.json").write_text(json.dumps(status))
    run = read_run(folder)
    assert run.state in ("unknown", "interrupted")
    assert run.progress.eta_s is None and run.progress.epoch == 0
    assert 0 <= run.progress.fraction <= 1


def test_progress_counts_finished_epochs_and_steps() -> None:
    assert Progress(epoch=2, epochs=4, step=5, steps=10).fraction == 0.625
    assert Progress(epoch=4, epochs=4).fraction == 1.0
    assert Progress(epoch=9, epochs=4).fraction == 1.0
    assert Progress().fraction == 0.0


def test_runs_in_progress_come_first_then_the_newest(tmp_path: Path) -> None:
    for age, name in enumerate(["newest", "older", "oldest"]):
        folder = make_run(tmp_path, name)
        for path in folder.iterdir():
            os.utime(path, (1.7e9 - age * 100, 1.7e9 - age * 100))
    make_run(tmp_path, "live", state="running", pid=live_pid())
    for path in (tmp_path / "live").iterdir():
        os.utime(path, (1.6e9, 1.6e9))
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "file.txt").write_text("not a run")
    assert [run.name for run in list_runs(tmp_path)] == ["live", "newest", "older", "oldest"]


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []
    assert list_releases(tmp_path / "none") == []


def test_the_environment_chooses_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINSCAN_RUNS", str(tmp_path))
    assert runs_folder() == tmp_path
    monkeypatch.setenv("BRAINSCAN_RUNS", " ")
    assert runs_folder().name == "runs"


def test_releases_are_read_without_a_state(tmp_path: Path) -> None:
    make_run(tmp_path, "resnet50", state="running", pid=live_pid())
    (tmp_path / "empty").mkdir()
    (release,) = list_releases(tmp_path)
    assert (release.state, release.kind, release.key) == ("released", "release", "release:resnet50")
    assert not release.active and not release.resumable


@pytest.mark.parametrize("name", ["", "gone", "../first", "notes"])
def test_a_run_that_is_not_there_is_a_sentence(tmp_path: Path, name: str) -> None:
    root = tmp_path / "runs"
    make_run(root)
    (root / "notes").mkdir()
    with pytest.raises(TrainingError, match="There is no training run named"):
        find_run(name, root)


def launch_note(folder: Path, pid: int, started: str, **more: object) -> None:
    note = {"pid": pid, "started": started, "arguments": [], **more}
    (folder / LAUNCH).write_text(json.dumps(note))


def test_a_launched_training_that_has_not_reported_is_starting(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    launch_note(folder, live_pid(), "2999-01-01T00:00:00+00:00")
    (run,) = list_runs(tmp_path)
    assert run.state == "starting" and run.active and run.progress.pid == live_pid()


@pytest.mark.parametrize(("stopped", "state"), [(False, "failed"), (True, "stopped")])
def test_a_launched_training_that_died_before_reporting(
    tmp_path: Path, stopped: bool, state: str
) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    launch_note(folder, GONE, "2999-01-01T00:00:00+00:00", stopped=stopped)
    run = read_run(folder)
    assert run.state == state and not run.resumable
    assert run.progress.message == "It ended before its first report."


def test_a_launch_older_than_the_report_is_history(tmp_path: Path) -> None:
    folder = make_run(tmp_path, epochs=2)
    set_state(folder, "stopped", epoch=2, epochs=5)
    launch_note(folder, GONE, "2001-01-01T00:00:00+00:00")
    assert read_run(folder).state == "stopped"
