"""The training page: what it lists, draws, says when something is missing, and starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from brainscan.ui import training_shown
from tests.pages.browser import ROOT
from tests.pages.training_page import FOREIGN, PAGE, button, open_page, table, texts
from tests.runs.folders import live_pid, make_run, set_state


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
