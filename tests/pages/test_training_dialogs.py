"""What the training page starts, stops and takes up again, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from brainscan.runs import launch
from tests.pages.training_page import button, open_page, table, texts
from tests.runs.folders import GONE, live_pid, make_run, set_state


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of the trainings that would have been started; this process stands for each."""
    calls: list[list[str]] = []

    def fake(arguments: list[str], log: Path) -> int:
        calls.append(list(arguments))
        return live_pid()

    monkeypatch.setattr(launch, "start_detached", fake)
    return calls


def stop_first() -> None:
    from brainscan.ui.training_actions import stop_dialog

    stop_dialog("first")


def resume_first() -> None:
    from brainscan.ui.training_actions import resume_dialog

    resume_dialog("first")


def start_any() -> None:
    from brainscan.ui.training_start import start_dialog

    start_dialog()


def test_stopping_stops_the_run(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(runs, epochs=2, state="running", pid=live_pid())
    asked: list[int] = []
    monkeypatch.setattr(launch, "request_stop", lambda pid, **_: asked.append(pid))
    app = AppTest.from_function(stop_first, default_timeout=30).run()
    assert asked == []
    button(app, "Stop training").click().run()
    assert not app.exception and asked == [live_pid()]


def test_a_run_that_ended_meanwhile_cannot_be_stopped(runs: Path) -> None:
    folder = make_run(runs, epochs=2, state="running", pid=live_pid())
    app = AppTest.from_function(stop_first, default_timeout=30).run()
    set_state(folder, "finished", epoch=5, epochs=5)
    button(app, "Stop training").click().run()
    assert not app.exception
    assert "nothing to stop" in texts(app.error)


def test_an_interrupted_run_offers_to_go_on(runs: Path) -> None:
    make_run(runs, "cut", epochs=2, planned=8, state="running", pid=GONE)
    app = open_page()
    assert "was interrupted (its process is gone) after 2 of 8 epochs" in texts(app.markdown)
    button(app, "Resume").click().run()
    assert "goes on from its last finished epoch (2 of 8)" in texts(app.markdown)


def test_resuming_goes_on_with_the_run(runs: Path, starts: list[list[str]]) -> None:
    make_run(runs, epochs=2, planned=8, state="stopped")
    app = AppTest.from_function(resume_first, default_timeout=30).run()
    assert starts == []
    button(app, "Resume training").click().run()
    assert not app.exception
    assert starts == [["train", "--resume", "--run=first", f"--runs={runs}"]]
    button(app, "Resume training").click().run()
    assert "in progress already" in texts(app.error)


def test_resuming_a_run_that_was_deleted_is_a_sentence(runs: Path) -> None:
    app = AppTest.from_function(resume_first, default_timeout=30).run()
    assert not app.exception
    assert "There is no training run named" in texts(app.error)


def test_the_form_says_everything_that_is_wrong_and_starts_what_is_right(
    runs: Path, tmp_path: Path, starts: list[list[str]]
) -> None:
    for label in ("yes", "no"):
        (tmp_path / "scans" / label).mkdir(parents=True)
        image = np.random.default_rng(1).integers(0, 255, (40, 40), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "scans" / label / "a.png"), image)
    assert "Labelled scans" in [area.label for area in _opened_form().text_area]
    app = AppTest.from_function(start_any, default_timeout=30).run()
    app.number_input(key="start_epochs").set_value(0)
    app.text_input(key="start_name_resnet50").set_value("a/b")
    button(app, "Start training").click().run()
    wrong = texts(app.error)
    assert "cannot be the name of a run" in wrong
    assert "No dataset is given" in wrong
    assert "number of epochs must lie between 1 and 1000; it is 0" in wrong
    assert starts == [] and not runs.exists()
    app.number_input(key="start_epochs").set_value(2)
    app.text_input(key="start_name_resnet50").set_value("mine")
    app.text_area(key="start_datasets").set_value(f'"{tmp_path / "scans"}"\n')
    button(app, "Start training").click().run()
    assert not app.exception and not app.error
    (arguments,) = starts
    assert arguments[:2] == ["train", str(tmp_path / "scans")]
    assert "--run=mine" in arguments and "--epochs=2" in arguments
    page = open_page()
    assert table(page)["Name"].tolist() == ["mine"]
    assert table(page)["State"].tolist() == ["Starting"]
    assert "mine is in progress" in texts(_opened_form().warning)


def _opened_form() -> AppTest:
    app = open_page()
    return button(app, "Start a training").click().run()
