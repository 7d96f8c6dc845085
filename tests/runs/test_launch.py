"""Plans that can be started and plans that cannot; start, resume and stop of a process."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from brainscan.errors import TrainingError
from brainscan.runs import launch
from brainscan.runs.launch import TrainingPlan, problems, resume, start, stop, suggest_name
from brainscan.runs.library import find_run
from brainscan.runs.run import Run, read_run
from tests.runs.folders import live_pid, make_run


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two classes of six small noise images each."""
    rng = np.random.default_rng(7)
    for label in ("yes", "no"):
        folder = tmp_path / "scans" / label
        folder.mkdir(parents=True)
        for number in range(6):
            image = rng.integers(0, 255, (48, 48), dtype=np.uint8)
            cv2.imwrite(str(folder / f"{number}.png"), image)
    return tmp_path / "scans"


@pytest.fixture
def plan(scans: Path) -> TrainingPlan:
    return TrainingPlan((str(scans),), "custom_cnn", "trial")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for the process: note its arguments and pretend this process is it."""
    calls: list[list[str]] = []

    def fake(arguments: list[str], log: Path) -> int:
        calls.append(list(arguments))
        log.write_text("started\n")
        return live_pid()

    monkeypatch.setattr(launch, "start_detached", fake)
    return calls


def test_a_good_plan_has_no_problems_and_starts(
    plan: TrainingPlan, tmp_path: Path, started: list[list[str]]
) -> None:
    root = tmp_path / "runs"
    assert problems(plan, root) == ()
    run = start(plan, root)
    assert run.state == "starting" and run.folder == root / "trial"
    assert started == [plan.arguments(root)]
    with pytest.raises(TrainingError, match="already exists"):
        start(plan, root)


def test_arguments_are_understood_by_the_command(plan: TrainingPlan, tmp_path: Path) -> None:
    import argparse

    from brainscan.commands import train

    full = replace(
        plan,
        architecture="resnet50",
        weights="none",
        folds=("1", "2"),
        tumor_free=("healthy",),
        numbers={"epochs": 3.0, "learning-rate": 2.5e-05, "validation-share": 0.2},
    )
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    args = parser.parse_args(full.arguments(tmp_path))
    assert args.datasets == [*plan.datasets]
    assert (args.architecture, args.run_name, args.runs) == ("resnet50", "trial", tmp_path)
    assert (args.epochs, args.learning_rate, args.validation_share) == (3, 2.5e-05, 0.2)
    assert args.folds == ["1", "2"] and args.weights == "none" and args.batch_size is None
    assert args.tumor_free == [str(Path("healthy").absolute())]


def test_weights_are_left_out_for_the_custom_network(plan: TrainingPlan, tmp_path: Path) -> None:
    arguments = replace(plan, weights="none").arguments(tmp_path)
    assert not any(argument.startswith("--weights") for argument in arguments)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, '"" cannot be the name of a run'),
        ({"name": "../up"}, "cannot be the name of a run"),
        ({"name": "a b"}, "cannot be the name of a run"),
        ({"name": "-x"}, "cannot be the name of a run"),
        ({"name": "x" * 65}, "cannot be the name of a run"),
        ({"name": "NUL.txt"}, "cannot be the name of a run"),
        ({"name": "end."}, "cannot be the name of a run"),
        ({"name": "taken"}, "already exists"),
        ({"architecture": "vgg"}, "no network called"),
        ({"datasets": ()}, "No dataset is given"),
        ({"datasets": ("/no/such/folder",)}, "/no/such/folder does not exist"),
        ({"tumor_free": ("/no/such/folder",)}, "/no/such/folder does not exist"),
        ({"folds": ("--weights",)}, "not the name of a fold"),
        ({"numbers": {"epochs": 0}}, "The number of epochs must lie between 1 and 1000; it is 0."),
        ({"numbers": {"batch-size": 4096}}, "batch size must lie"),
        ({"numbers": {"learning-rate": 2.0}}, "learning rate must lie between 1e-08 and 1"),
        ({"numbers": {"learning-rate": float("nan")}}, "learning rate must lie"),
        ({"numbers": {"validation-share": 0.9}}, "validation share must lie"),
        ({"architecture": "resnet50", "weights": "gone.npz"}, "starting weights"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(
    plan: TrainingPlan, tmp_path: Path, started: list, changes: dict, sentence: str
) -> None:
    (tmp_path / "runs" / "taken").mkdir(parents=True)
    wrong = replace(plan, **changes)
    (found,) = problems(wrong, tmp_path / "runs")
    assert sentence in found and found.endswith(".")
    with pytest.raises(TrainingError):
        start(wrong, tmp_path / "runs")
    assert started == []
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["taken"]


def test_unlabelled_images_cannot_be_trained_on(plan: TrainingPlan, scans: Path) -> None:
    unlabelled = replace(plan, datasets=(str(scans / "yes"),))
    (found,) = problems(unlabelled, scans / "runs")
    assert "no labels" in found


def test_a_folder_that_cannot_be_made_is_a_sentence(plan: TrainingPlan, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    with pytest.raises(TrainingError, match="cannot be made"):
        start(plan, tmp_path / "runs")


def test_nothing_is_left_behind_when_the_process_cannot_start(
    plan: TrainingPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(arguments: list[str], log: Path) -> int:
        raise TrainingError("The training could not be started.")

    monkeypatch.setattr(launch, "start_detached", refuse)
    with pytest.raises(TrainingError):
        start(plan, tmp_path / "runs")
    assert not (tmp_path / "runs" / "trial").exists()


def test_suggested_names_are_free(tmp_path: Path) -> None:
    first = suggest_name("resnet50", tmp_path)
    (tmp_path / first).mkdir()
    assert suggest_name("resnet50", tmp_path) == f"{first}-2"


def test_resume_asks_for_the_run_only(tmp_path: Path, started: list[list[str]]) -> None:
    run = read_run(make_run(tmp_path, epochs=2, state="stopped"))
    assert resume(run).state == "starting"
    assert started == [["train", "--resume", "--run=first", f"--runs={tmp_path}"]]
    with pytest.raises(TrainingError, match="in progress already"):
        resume(run)


@pytest.mark.parametrize(("state", "epochs"), [("finished", 5), ("failed", 0)])
def test_what_cannot_be_resumed_says_why(
    tmp_path: Path, started: list, state: str, epochs: int
) -> None:
    run = read_run(make_run(tmp_path, epochs=epochs, state=state))
    with pytest.raises(TrainingError, match=f"cannot be resumed: it is {state}"):
        resume(run)
    assert started == []


def test_stop_needs_a_run_in_progress(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nothing to stop"):
        stop(read_run(make_run(tmp_path)))


def test_a_stop_before_the_first_report_is_noted(
    plan: TrainingPlan, tmp_path: Path, started: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(launch, "request_stop", lambda pid, **_: asked.append(pid))
    run = start(plan, tmp_path / "runs")
    stop(run)
    assert asked == [live_pid()]
    note = json.loads((run.folder / "launch.json").read_text())
    assert note["stopped"] is True and note["arguments"]


def wait_for(run: Run, states: tuple[str, ...], seconds: float) -> Run:
    end = time.monotonic() + seconds
    while True:
        now = find_run(run.name, run.folder.parent)
        if now.state in states:
            return now
        ended = now.state == "failed" or time.monotonic() > end
        assert not ended, f"{now.state}: {now.log_tail(20)}"
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_real_training_starts_stops_and_resumes(plan: TrainingPlan, tmp_path: Path) -> None:
    """Needs TensorFlow and about a minute."""
    wanted = replace(plan, numbers={"epochs": 400, "batch-size": 2, "patience": 400})
    run = start(wanted, tmp_path / "runs")
    run = wait_for(run, ("running",), 120)
    while find_run("trial", run.folder.parent).progress.epoch < 1:
        wait_for(run, ("running",), 120)
        time.sleep(0.2)
    stop(run)
    run = wait_for(run, ("stopped",), 60)
    done = len(run.history())
    assert done >= 1 and run.resumable
    run = wait_for(resume(run), ("running",), 120)
    while len(run.history()) <= done:
        wait_for(run, ("running",), 120)
        run = find_run("trial", run.folder.parent)
        time.sleep(0.2)
    stop(run)
    assert wait_for(run, ("stopped",), 60).history().epoch[0] == 0
