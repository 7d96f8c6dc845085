"""The training page: what it lists, draws, says when something is missing, and starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from brainscan.runs import launch
from brainscan.ui import training_shown
from tests.pages.browser import ROOT, serve, settle
from tests.runs.folders import GONE, live_pid, make_run, set_state

PAGE = ROOT / "pages" / "training.py"
FOREIGN = "epoch;auc;lr;val_auc;val_loss\n0;0.5;0.1;0.55;1\n1;0.6;0.1;0.7;0.8\n0;0.65;0.1;0.6;0.9\n"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and no released models."""
    root = tmp_path / "runs"
    monkeypatch.setenv("BRAINSCAN_RUNS", str(root))
    monkeypatch.setattr(training_shown, "list_releases", lambda: [])
    return root


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of the trainings that would have been started; this process stands for each."""
    calls: list[list[str]] = []

    def fake(arguments: list[str], log: Path) -> int:
        calls.append(list(arguments))
        return live_pid()

    monkeypatch.setattr(launch, "start_detached", fake)
    return calls


def open_page(**state: Any) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=30)
    for key, value in state.items():
        app.session_state[key] = value
    return app.run()


def texts(elements: Any) -> str:
    """Return what the reader sees, without the backslashes that keep Markdown out of names."""
    return "\n".join(str(element.value) for element in elements).replace("\\", "")


def button(app: AppTest, label: str) -> Any:
    return next(element for element in app.button if element.label == label)


def table(app: AppTest) -> Any:
    return app.dataframe[0].value


def test_an_empty_machine_is_told_what_to_do(runs: Path) -> None:
    app = open_page()
    assert not app.exception
    assert "There is nothing to show yet" in texts(app.info)
    assert str(runs) in texts(app.info)


def test_a_run_that_keeps_its_last_epoch_says_so(runs: Path) -> None:
    folder = make_run(runs, "first")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "keep": "last"}), "utf-8")
    app = open_page()
    assert table(app)["Kept epoch"].tolist() == [5]
    assert table(app)["Chosen by"].tolist() == ["Last of the schedule"]


def test_the_newest_run_is_shown_until_somebody_chooses(runs: Path) -> None:
    make_run(runs, "first")
    app = open_page()
    assert not app.exception
    assert table(app)["Name"].tolist() == ["first"]
    assert table(app)["Kept epoch"].tolist() == [4]
    assert table(app)["Epochs"].tolist() == ["5"]
    assert table(app)["Chosen by"].tolist() == ["Score"]
    assert "Validation of **first** at epoch 4, 130 images" in texts(app.markdown)
    assert "epoch 2" in texts(app.code)


def test_released_models_are_shown_on_a_fresh_machine(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brainscan.runs.library import list_releases

    make_run(tmp_path / "models", "resnet50")
    make_run(tmp_path / "models", "custom_cnn", architecture="custom_cnn")
    monkeypatch.setattr(training_shown, "list_releases", lambda: list_releases(tmp_path / "models"))
    app = open_page()
    assert not app.exception
    assert table(app)["State"].tolist() == ["Released model"] * 2
    assert "No training has been started on this machine yet" in texts(app.caption)
    assert app.toggle(key="training_all_settings").value is False
    settings = next(f.value for f in app.dataframe if "architecture" in f.value.index)
    assert settings.loc["architecture"].tolist() == ["custom_cnn", "resnet50"]
    assert "batch_size" not in settings.index
    app.toggle(key="training_all_settings").set_value(True).run()
    settings = next(f.value for f in app.dataframe if "architecture" in f.value.index)
    assert settings.loc["batch_size"].tolist() == ["16", "16"]


def test_runs_with_different_metrics_share_the_charts(runs: Path) -> None:
    make_run(runs, "ours")
    (runs / "foreign").mkdir()
    (runs / "foreign" / "history.csv").write_text(FOREIGN)
    app = open_page(training_selected=["run:ours", "run:foreign"])
    assert not app.exception
    captions = texts(app.caption)
    assert "Shown instead: foreign: AUROC" in captions
    assert "foreign: The training was started again at epoch 0" in captions
    assert "learning" not in captions.lower()  # lr and learning_rate are one


def test_a_training_in_progress_shows_progress_and_a_way_to_stop_it(runs: Path) -> None:
    folder = make_run(runs, "live", epochs=2, planned=10, state="running", pid=live_pid())
    set_state(folder, "running", pid=live_pid(), epoch=2, epochs=10, step=30, steps=60, eta_s=125.0)
    make_run(runs, "done")
    app = open_page()
    assert not app.exception
    assert table(app)["State"].tolist() == ["Running", "Finished"]
    assert table(app)["Epochs"].tolist() == ["2 of 10", "5"]
    assert "Validation of **live**" in texts(app.markdown)
    button(app, "Stop").click().run()
    assert "live ends its current step and saves" in texts(app.markdown).replace("*", "")


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
    app = AppTest.from_function(stop_first).run()
    assert asked == []
    button(app, "Stop training").click().run()
    assert not app.exception and asked == [live_pid()]


def test_a_run_that_ended_meanwhile_cannot_be_stopped(runs: Path) -> None:
    folder = make_run(runs, epochs=2, state="running", pid=live_pid())
    app = AppTest.from_function(stop_first).run()
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
    app = AppTest.from_function(resume_first).run()
    assert starts == []
    button(app, "Resume training").click().run()
    assert not app.exception
    assert starts == [["train", "--resume", "--run=first", f"--runs={runs}"]]
    button(app, "Resume training").click().run()
    assert "in progress already" in texts(app.error)


def test_resuming_a_run_that_was_deleted_is_a_sentence(runs: Path) -> None:
    app = AppTest.from_function(resume_first).run()
    assert not app.exception
    assert "There is no training run named" in texts(app.error)


def test_a_failed_run_says_why_and_shows_its_log(runs: Path) -> None:
    folder = make_run(runs, "bad", epochs=0, planned=3)
    set_state(folder, "failed", epoch=0, epochs=3, message="The dataset has moved.")
    app = open_page()
    assert not app.exception
    assert "**bad** failed after 0 of 3 epochs. The dataset has moved." in texts(app.markdown)
    assert "done" in texts(app.code)
    assert not any(element.label == "Resume" for element in app.button)


def test_broken_files_are_named_and_the_rest_is_shown(runs: Path) -> None:
    folder = make_run(runs, "odd")
    (folder / "config.json").write_text("{")
    (folder / "metrics.json").write_text(
        '{"validation": {"classes": ["a"], "confusion": [[1, 2]]}}'
    )
    app = open_page()
    assert not app.exception
    assert "config.json of odd cannot be read" in texts(app.warning)
    assert "recorded no results by class" in texts(app.info)


def test_a_cleared_selection_asks_for_one(runs: Path) -> None:
    make_run(runs)
    app = open_page(training_selected=[])
    assert not app.exception
    assert "Select one or more rows" in texts(app.info)


def test_more_runs_than_colors_are_cut_with_a_word(runs: Path) -> None:
    names = [f"run{number}" for number in range(8)]
    for name in names:
        make_run(runs, name, epochs=2)
    app = open_page(training_selected=[f"run:{name}" for name in names])
    assert not app.exception
    assert "8 trainings are selected and the first 6 are shown" in texts(app.warning)


def test_an_uploaded_history_is_shown_and_junk_is_refused(runs: Path) -> None:
    app = open_page()
    app.file_uploader[0].upload("log.csv", FOREIGN.encode()).run()
    assert not app.exception
    assert table(app)["Name"].tolist() == ["log.csv"]
    assert table(app)["State"].tolist() == ["Uploaded file"]
    assert table(app)["Kept epoch"].tolist() == [2]
    app.file_uploader[0].upload("junk.csv", b"\x89PNG\r\n\0\0").run()
    assert "junk.csv is not a text file" in texts(app.error)
    assert table(app)["Name"].tolist() == ["log.csv"]
    button(app, "Remove opened files").click().run()
    assert "There is nothing to show yet" in texts(app.info)


def test_two_uploads_of_one_name_stand_side_by_side(runs: Path) -> None:
    app = open_page()
    for content in (FOREIGN, FOREIGN, FOREIGN.replace("0.55", "0.56")):
        app.file_uploader[0].upload("log.csv", content.encode()).run()
    assert table(app)["Name"].tolist() == ["log.csv", "log.csv (2)"]


def test_the_form_says_everything_that_is_wrong_and_starts_what_is_right(
    runs: Path, tmp_path: Path, starts: list[list[str]]
) -> None:
    for label in ("yes", "no"):
        (tmp_path / "scans" / label).mkdir(parents=True)
        image = np.random.default_rng(1).integers(0, 255, (40, 40), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "scans" / label / "a.png"), image)
    assert "Labelled scans" in [area.label for area in _opened_form().text_area]
    app = AppTest.from_function(start_any).run()
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


def test_the_page_never_loads_tensorflow(runs: Path) -> None:
    make_run(runs)
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(PAGE)!r}, default_timeout=60).run()\n"
        "assert not app.exception and len(app.dataframe) > 1\n"
        "assert not {'tensorflow', 'keras', 'openvino'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-800:]


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, chromium: Any
) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """The real app with a run that a stand-in process seems to train."""
    runs = tmp_path_factory.mktemp("served") / "runs"
    trainer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    make_run(runs, "done")
    folder = make_run(runs, "live", epochs=2, planned=10, state="running", pid=trainer.pid)
    set_state(folder, "running", pid=trainer.pid, epoch=2, epochs=10, step=1, steps=60, eta_s=95.0)
    try:
        with serve(env={"BRAINSCAN_RUNS": str(runs)}) as address:
            yield address, runs, trainer
    finally:
        trainer.kill()
        trainer.wait()


def test_live_in_a_browser(page: Any, served: tuple[str, Path, subprocess.Popen[bytes]]) -> None:
    """The first request of the server goes straight to the page: the frame must be there too."""
    address, runs, trainer = served
    page.set_default_timeout(120_000)  # machines that train are slow to draw
    page.goto(f"{address}/training")
    settle(page, 120_000)
    page.get_by_test_id("research-use").wait_for()
    page.get_by_text("epoch 3 of 10 · step 1 of 60 · 1 min 35 s left").wait_for()
    charts = page.locator(".st-key-training-charts .js-plotly-plot")
    charts.nth(4).wait_for()
    assert charts.count() == 5
    page.get_by_role("tab", name="Log").click()

    set_state(
        runs / "live", "running", pid=trainer.pid, epoch=2, epochs=10, step=30, steps=60, eta_s=60
    )
    page.get_by_text("step 30 of 60 · 1 min 00 s left").wait_for()  # nobody pressed anything
    assert page.get_by_role("tab", name="Log").get_attribute("aria-selected") == "true"

    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stop this training?").wait_for()
    page.wait_for_timeout(4500)  # two refreshes of the live part
    page.get_by_role("button", name="Stop training").click()
    page.get_by_text("was interrupted (its process is gone) after 2 of 10 epochs").wait_for()
    assert page.get_by_role("button", name="Resume").is_visible()
    trainer.wait(timeout=10)
    missing = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    # Streamlit asks below the page's address first when the visit begins there.
    assert [error for error in page.console_errors if error != missing] == []
