"""Stability on the pages: on demand on Diagnose, by choice on Evaluate."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import brainscan.ui.models
from brainscan.evaluation.stability import scan_stability
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.scan import Scan
from brainscan.ui import evaluation_run, stability
from brainscan.ui.store import stores
from tests.evaluation.stability_stub import LeftHalf, halves
from tests.pages import fake_model
from tests.pages.browser import ROOT
from tests.pages.evaluation_app import use_stand_in, write_release

_STYLES = ("page", "stability")
_BOXES = """() => [...document.querySelectorAll(".bs-axis > span, .bs-axis")]
    .map(one => one.getBoundingClientRect().toJSON())
    .sort((one, other) => one.width - other.width)"""


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def _button(app: AppTest, label: str) -> Any:
    return next((button for button in app.button if button.label == label), None)


@pytest.fixture
def diagnose(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Diagnose page with the samples read by the stand-in."""
    stores.clear()
    monkeypatch.setattr(brainscan.ui.models, "list_models", fake_model.list_fake_models)
    monkeypatch.setattr(brainscan.ui.models, "TumorClassifier", fake_model.FakeClassifier)
    app = AppTest.from_file(str(ROOT / "pages/diagnose.py"), default_timeout=60).run()
    return _button(app, "Try a sample").click().run()


def test_a_scan_is_checked_on_demand_and_once(
    diagnose: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODEL_LOG", str(tmp_path / "log.txt"))
    diagnose.run()
    assert not (tmp_path / "log.txt").exists()  # never without being asked
    assert 'data-testid="stability"' not in _html(diagnose)
    _button(diagnose, "Check stability").click().run()
    assert not diagnose.exception
    assert _html(diagnose).count('class="bs-lane"') == 9
    asked = (tmp_path / "log.txt").read_text("utf-8").count("network")
    assert asked == 8  # the unchanged slice had its answer
    diagnose.run()
    assert _html(diagnose).count('class="bs-lane"') == 9
    assert _button(diagnose, "Check stability") is None
    assert (tmp_path / "log.txt").read_text("utf-8").count("network") == asked


def test_a_check_goes_on_after_a_run_that_is_cut_off(
    diagnose: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, calls = stability._measure, []

    def cut_off_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            st.rerun()  # as when the reader touches something meanwhile
        return measure(*arguments)

    monkeypatch.setattr(stability, "_measure", cut_off_once)
    _button(diagnose, "Check stability").click().run()
    assert len(calls) == 2 and 'data-testid="stability"' in _html(diagnose)


def test_the_next_scan_is_not_shown_the_check_of_another(diagnose: AppTest) -> None:
    _button(diagnose, "Check stability").click().run()
    listed = diagnose.session_state["worklist"]
    checked = listed.selected
    listed.step(1, diagnose.session_state["model_key"])
    diagnose.run()
    assert 'data-testid="stability"' not in _html(diagnose)
    assert _button(diagnose, "Check stability") is not None
    listed.selected = checked
    diagnose.run()
    assert 'data-testid="stability"' in _html(diagnose)


def test_a_scan_that_left_memory_is_a_sentence(
    diagnose: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise stability.InputRejected("a.png has left memory. Add it again.")

    monkeypatch.setattr(stability, "_measure", gone)
    _button(diagnose, "Check stability").click().run()
    assert not diagnose.exception
    assert "has left memory" in diagnose.error[0].value


@pytest.mark.parametrize("width", [250, 300, 400])
def test_the_numbers_of_the_scale_never_meet(page: Any, width: int) -> None:
    scan = Scan(halves(180, 20), "a.png", "0" * 64, "PNG", "L")
    found = scan_stability(LeftHalf(), scan)  # type: ignore[arg-type]
    styles = "".join((ROOT / "brainscan/ui" / f"{name}.css").read_text() for name in _STYLES)
    page.set_viewport_size({"width": width, "height": 600})
    for hundredths in range(2, 99, 3):
        threshold = hundredths / 100
        html = stability.stability_html(found.at(threshold, (threshold, threshold)))
        page.set_content(f"<style>{styles} body {{ font-family: sans-serif }}</style>{html}")
        *numbers, scale = page.evaluate(_BOXES)
        for one, other in combinations(numbers, 2):
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
        assert all(
            scale["left"] - 1 <= one["left"] <= one["right"] <= scale["right"] + 1
            for one in numbers
        )


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Evaluate page with a stand-in for the network and three labelled scans."""
    for folder, lesion in (("yes", "meningioma"), ("no", "none")):
        (tmp_path / "scans" / folder).mkdir(parents=True)
        for seed in (1, 2):
            data = phantom_png(phantom_slice(seed, lesion=lesion, size=96))  # type: ignore[arg-type]
            (tmp_path / "scans" / folder / f"{seed}.png").write_bytes(data)
    write_release(tmp_path / "models")
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(evaluation_run, "TumorClassifier", evaluation_run.TumorClassifier)
    use_stand_in()
    app = AppTest.from_file(str(ROOT / "pages" / "evaluate.py"), default_timeout=60).run()
    return app.text_input(key="evaluation_path").set_value(str(tmp_path / "scans")).run()


def _finish(app: AppTest) -> AppTest:
    app.button(key="evaluation_start").click().run()
    job = evaluation_run.current(app.session_state)
    assert job is not None
    job.wait(60)
    return app.run()


def test_the_form_offers_it_and_the_result_has_a_section(evaluate: AppTest) -> None:
    box = evaluate.checkbox(key="evaluation_stability")
    assert "about 2 s" in box.label  # 4 images, 9 answers each
    assert not box.value
    box.check().run()
    _finish(evaluate)
    assert not evaluate.exception
    evaluate.segmented_control(key="evaluation_section").set_value("Stability").run()
    assert not evaluate.exception
    assert "Measured on 4 images, all there are" in " ".join(c.value for c in evaluate.caption)
    table = evaluate.dataframe[0].value
    assert table["Change"].iloc[0] == "Mirrored"
    assert len(table) == 8


def test_unless_asked_for_there_is_no_section(evaluate: AppTest) -> None:
    _finish(evaluate)
    assert "Stability" not in evaluate.segmented_control(key="evaluation_section").options
