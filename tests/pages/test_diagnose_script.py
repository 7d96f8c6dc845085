"""The Diagnose page's script without a browser: what goes wrong, and stopping half-way."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import brainscan.ui.models
from brainscan.imaging.correction import encode_mask
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.release import models_root
from brainscan.ui import dropped, reading_room, result_card
from brainscan.ui.exporting import results_csv
from brainscan.ui.store import stores
from brainscan.ui.worklist import Worklist
from tests.imaging import patient
from tests.pages import fake_model
from tests.pages.browser import ROOT


@pytest.fixture
def script() -> AppTest:
    stores.clear()
    return AppTest.from_file(str(ROOT / "pages/diagnose.py"), default_timeout=60)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brainscan.ui.models, "list_models", fake_model.list_fake_models)
    monkeypatch.setattr(brainscan.ui.models, "TumorClassifier", fake_model.FakeClassifier)


def _press(script: AppTest, label: str) -> AppTest:
    return next(button for button in script.button if button.label == label).click().run()


def _rows(script: AppTest) -> list[Any]:
    listed: Worklist = script.session_state["worklist"]
    return list(listed.rows.values())


def test_empty_page_invites(script: AppTest) -> None:
    script.run()
    assert not script.exception and not script.error
    assert [button.label for button in script.button] == ["Try a sample"]


def test_a_drop_is_taken_even_if_the_run_is_cut_off(
    script: AppTest, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    look = dropped.find_scans

    def cut_off_once(sources: Any, **more: Any) -> Any:
        calls.append(len(sources))
        if len(calls) == 1:
            st.rerun()  # as when the reader touches something meanwhile
        return look(sources, **more)

    monkeypatch.setattr(dropped, "find_scans", cut_off_once)
    script.session_state["arrived"] = [
        ("one.png", phantom_png(phantom_slice(12))),
        ("two.png", phantom_png(phantom_slice(13))),
    ]
    script.run()
    assert [row.name for row in _rows(script)] == ["one.png", "two.png"]
    assert calls == [2, 2] and not script.exception
    script.run()
    assert calls == [2, 2]


def test_a_drop_that_nobody_foresaw_is_not_tried_for_ever(
    script: AppTest, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(dropped, "find_scans", broken)
    script.session_state["arrived"] = [("one.png", phantom_png(phantom_slice(12)))]
    assert len(script.run().exception) == 1
    assert not script.run().exception


def test_samples_are_all_read(script: AppTest, fake: None) -> None:
    _press(script.run(), "Try a sample")
    assert not script.exception and not script.error
    assert [row.status for row in _rows(script)] == ["ok"] * 5
    assert [row.synthetic for row in _rows(script)] == [True] * 5
    assert "Stop" not in [button.label for button in script.button]


def test_types_stand_under_a_condition_where_the_file_states_no_sequence(
    script: AppTest, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(
        result_card, "result_card", lambda *_, sequence_stated: told.append(sequence_stated)
    )
    _press(script.run(), "Try a sample")
    assert told and not told[-1]
    for row in _rows(script):
        row.facts["Sequence"] = "T1ce. The description speaks of T1ce."
    script.run()
    assert not script.exception and told[-1]


def test_without_a_model_the_page_says_so_and_still_shows_the_scans(
    script: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path))
    _press(script.run(), "Try a sample")
    assert not script.exception
    assert script.error[0].value.startswith("No released model was found")
    assert [row.status for row in _rows(script)] == ["ok"] * 5
    assert [row.answers for row in _rows(script)] == [{}] * 5


def test_altered_model_is_refused_with_a_sentence(
    script: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(models_root() / "custom_cnn", tmp_path / "custom_cnn"))
    content = bytearray((folder / "model.bin").read_bytes())
    content[1000] ^= 1
    (folder / "model.bin").write_bytes(content)
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path))
    _press(script.run(), "Try a sample")
    assert not script.exception
    assert "was altered" in script.error[0].value
    assert "Traceback" not in script.error[0].value


def test_reading_can_be_stopped_and_continued(
    script: AppTest, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.run()
    listed: Worklist = script.session_state["worklist"]
    reading_room.add_files(listed, stores(), reading_room.sample_files(), synthetic=True)
    listed.paused = True
    script.run()
    assert [row.status for row in _rows(script)].count("waiting") == 4
    assert "Stopped. 4 of 5 scans are not read yet." in [text.value for text in script.caption]
    _press(script, "Continue")
    assert [row.status for row in _rows(script)] == ["ok"] * 5


def test_removing_and_clearing(script: AppTest, fake: None) -> None:
    _press(script.run(), "Try a sample")
    _press(script, "Remove from list")
    assert len(_rows(script)) == 4
    _press(script, "Clear")
    assert _rows(script) == []
    assert [button.label for button in script.button] == ["Try a sample"]
    assert len(stores().files) == 0


def test_sensitivity_changes_decisions_without_asking_the_network(
    script: AppTest, fake: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAKE_MODEL_LOG", str(tmp_path / "log"))
    _press(script.run(), "Try a sample")
    asked = (tmp_path / "log").read_text()

    def shown() -> list[dict[str, Any]]:
        return [answer for row in _rows(script) for answer in row.answers.values()]

    def choose(name: str) -> AppTest:
        box = next(box for box in script.selectbox if box.label == "Sensitivity")
        return box.select(name).run()

    before = shown()
    assert {answer["sensitivity"] for answer in before} == {0.95}
    assert "no_tumor" in {answer["decision"] for answer in before}
    assert all(len(answer["type_set"]) == 2 for answer in before if answer["type"])
    script = choose("0.99")
    assert not script.exception
    after = shown()
    assert {answer["decision"] for answer in after} == {"tumor", "indeterminate"}
    table = results_csv(_rows(script), script.session_state["model_key"])
    assert table.count(",0.99,0.01,0.01,0.6,") == len(after)
    assert {answer["threshold"] for answer in after} == {0.01}
    assert all(answer["type_set"] for answer in after)
    assert any("71% of tumour-free slices" in text.value for text in script.caption)
    script = choose("0.95")
    assert shown() == before
    assert (tmp_path / "log").read_text() == asked


def test_refused_picture_is_read_only_when_asked_to(script: AppTest, fake: None) -> None:
    data = phantom_png(phantom_slice(1))
    script.run().file_uploader[0].set_value(("not-brain-hand.png", data, "image/png")).run()
    assert not script.exception
    (row,) = _rows(script)
    assert row.status == "ok" and row.answers == {}
    assert any("looks like an X-ray" in str(html.proto.body) for html in script.get("html"))
    _press(script, "Read it anyway")
    assert not script.exception
    (row,) = _rows(script)
    (answer,) = row.answers.values()
    assert answer["refusal"].startswith("not-brain-hand.png looks like an X-ray")
    assert "Read it anyway" not in [button.label for button in script.button]


def test_correction_survives_another_sensitivity_and_can_be_set_aside(
    script: AppTest, fake: None
) -> None:
    _press(script.run(), "Try a sample")
    (row, *_) = _rows(script)
    mask = np.zeros((256, 256), bool)
    mask[100:110, 100:120] = True
    sent = {"id": "1", "scan": row.sha256, "mask": encode_mask(mask), "author": "A. Reader"}
    key = script.session_state["model_key"]
    listed: Worklist = script.session_state["worklist"]
    assert reading_room.keep_outline(listed, stores(), sent, key).problem == ""

    def section() -> str:
        found = [str(html.proto.body) for html in script.get("html")]
        return next((body for body in found if 'data-testid="outline"' in body), "")

    script.run()
    assert not script.exception
    assert row.answers[key]["decision"] == "no_tumor"
    assert "Corrected by A. Reader" in section() and "200 px" in section()
    box = next(box for box in script.selectbox if box.label == "Sensitivity")
    script = box.select("0.99").run()
    assert row.answers[key]["decision"] != "no_tumor"
    assert "Corrected by A. Reader" in section()
    _press(script, "Back to the model's outline")
    assert row.correction is None and "A. Reader" not in section()
    _press(script, "Back to the corrected outline")
    assert "Corrected by A. Reader" in section()
    assert not script.exception


@pytest.mark.parametrize("way", ["Remove from list", "Clear"])
def test_correction_is_put_back_with_the_file_taken_off_the_list(
    script: AppTest, fake: None, way: str
) -> None:
    _press(script.run(), "Try a sample")
    (row, *_) = _rows(script)
    mask = np.zeros((256, 256), bool)
    mask[100:110, 100:120] = True
    sent = {"id": "1", "scan": row.sha256, "mask": encode_mask(mask), "author": "A. Reader"}
    listed: Worklist = script.session_state["worklist"]
    reading_room.keep_outline(listed, stores(), sent, script.session_state["model_key"])
    made = row.correction
    assert made is not None

    def taken_off_and_added() -> Any:
        _press(script.run(), way)
        assert row.sha256 not in listed.rows
        reading_room.add_files(listed, stores(), reading_room.sample_files())
        listed.selected = row.sha256
        script.run()
        assert not script.exception and row.sha256 in listed.rows
        return listed.rows[row.sha256]

    again = taken_off_and_added()
    assert again is not row and (again.correction, again.set_aside) == (made, None)
    assert any("Corrected by A. Reader" in str(html.proto.body) for html in script.get("html"))
    _press(script, "Back to the model's outline")
    again = taken_off_and_added()
    assert (again.correction, again.set_aside) == (None, made)
    _press(script, "Back to the corrected outline")
    assert again.correction is made and not script.exception


def test_dicom_results_hold_the_corrected_outline(script: AppTest, fake: None) -> None:
    pixels = np.rint(phantom_slice(13, lesion="meningioma").pixels[::4, ::4]).astype(np.uint16)
    header = patient.header(ImagePositionPatient=[0, 0, 0], PixelSpacing=[2.0, 2.0])
    header.ImageOrientationPatient = list(patient.AXIAL)
    header.FrameOfReferenceUID, header.SliceThickness = "1.2.3.4.6", 3
    data = patient.to_bytes(patient.with_pixels(header, pixels))
    script.run().file_uploader[0].set_value(("IM0001", data, "application/dicom")).run()
    (row,) = _rows(script)
    mask = np.zeros((64, 64), bool)
    mask[20:30, 30:45] = True
    sent = {"id": "1", "scan": row.sha256, "mask": encode_mask(mask), "author": "A. Reader"}
    key = script.session_state["model_key"]
    listed: Worklist = script.session_state["worklist"]
    assert reading_room.keep_outline(listed, stores(), sent, key).problem == ""
    assert row.correction.figures["area"] == 150 * 4  # pixels of 2 mm by 2 mm
    script.button_group[0].set_value(["seg", "rtstruct"]).run()
    _press(script, "Make")
    assert not script.exception
    made = script.session_state["slice_made"]
    assert made.refusals == ()
    mask_file, structures = (pydicom.dcmread(io.BytesIO(data)) for _, _, data in made.files)
    assert np.array_equal(np.squeeze(mask_file.pixel_array) > 0, mask)
    assert structures.Modality == "RTSTRUCT"
    assert "A. Reader" in str(mask_file) and "A. Reader" in str(structures)
    _press(script, "Back to the model's outline")  # made files are not those of this outline
    assert "slice_made" not in script.session_state


def test_what_is_odd_about_a_refused_file_is_said(
    script: AppTest, fake: None, tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(patient.enhanced_file(tmp_path / "not-brain.dcm"))
    del dataset.PerFrameFunctionalGroupsSequence
    dataset.save_as(tmp_path / "not-brain.dcm")
    data = (tmp_path / "not-brain.dcm").read_bytes()
    script.run().file_uploader[0].set_value(("not-brain.dcm", data, "application/dicom")).run()
    assert "Read it anyway" in [button.label for button in script.button]
    assert script.warning[0].value.startswith("The file holds 20 frames; only number 11")
    assert "Volume page" not in script.warning[0].value
