"""The Volume page's script without a browser: what is opened, refused, stopped and forgotten."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import brainscan.ui.models
from brainscan.imaging.correction import encode_mask
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import volume_intake, volume_picker, volume_work
from brainscan.ui.volume_session import VolumeSession
from tests.pages import fake_model, fake_volume
from tests.pages.browser import ROOT

HEAD = fake_volume.head_nifti()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page alone, with stand-ins for the network."""
    monkeypatch.setattr(brainscan.ui.models, "list_models", fake_model.list_fake_models)
    monkeypatch.setattr(volume_work, "predict_volume", fake_volume.predict_volume)
    monkeypatch.setattr(
        volume_work, "_classifier", lambda folder, fingerprint: fake_volume.Classifier(folder)
    )
    return AppTest.from_file(str(ROOT / "pages/volume.py"), default_timeout=60).run()


def _study(page: AppTest) -> VolumeSession:
    study: VolumeSession = page.session_state["volume_session"]
    return study


def _finish(page: AppTest) -> AppTest:
    """Let the work in the background end, step by step, as the progress bar would."""
    for _ in range(4):
        if "volume_session" not in page.session_state:
            break
        study = _study(page)
        for job in (study.searching, study.reading, study.asking):
            if job is not None:
                job.wait(60)
        page.run()
        assert not page.exception
    return page


def _open(page: AppTest, path: Path) -> AppTest:
    page.text_input(key="volume_path").set_value(str(path))  # a form: it is sent with the button
    page.button(key="volume_go").click().run()
    return _finish(page)


def _html(page: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def _labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "flair.nii").write_bytes(HEAD)
    (tmp_path / "case" / "t1ce.nii").write_bytes(fake_volume.head_nifti(slices=16))
    (tmp_path / "case" / "broken.nii.gz").write_bytes(HEAD[:400])
    return tmp_path / "case"


def test_empty_page_invites(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert _labels(page) == ["Open", "Try a sample"]
    assert len(page.file_uploader) == 2


def test_sample_is_read_and_called_synthetic(page: AppTest) -> None:
    page.button(key="volume_sample").click().run()
    _finish(page)
    assert "Tumour suspected" in _html(page)
    assert any("drawing by BrainScan" in text.value for text in page.caption)


def test_upload_is_answered_and_the_uploader_emptied(page: AppTest) -> None:
    page.file_uploader[1].set_value(("t1ce.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    html = _html(page)
    for words in ("Tumour suspected", "Value of the scan", "scored axial slices get", "mL"):
        assert words in html
    assert page.session_state["volume_upload_turn"] == 1
    (answer,) = _study(page).answers.values()
    assert answer.evident_ml > 0


def test_picker_names_the_volumes_opens_one_and_lists_what_is_broken(
    page: AppTest, scans: Path
) -> None:
    _open(page, scans)
    first, second = _study(page).found.candidates  # type: ignore[union-attr]
    assert (first.name, first.reason) == ("t1ce.nii", None)
    assert second.reason == "Another volume was chosen: it is T1ce, this one is FLAIR."
    assert second.facts == ("axial", "18 slices", "48 × 48", "4.00 × 4.00 × 8.00 mm")
    assert "broken.nii.gz" in _html(page)
    assert _study(page).chosen == first.key
    page.button(key=f"volume-open-{second.key}").click().run()
    _finish(page)
    assert _study(page).chosen == second.key
    assert len(_study(page).answers) == 2


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_wrong_path_is_a_sentence(page: AppTest, path: str) -> None:
    _open(page, Path(path) if path else Path(" "))
    assert not page.exception
    assert len(page.error) == 1 and "Traceback" not in page.error[0].value
    assert "Try a sample" in _labels(page)


def test_files_without_a_volume_say_so(page: AppTest) -> None:
    page.file_uploader[1].set_value(("case.nii.gz", HEAD[:300], "application/gzip")).run()
    _finish(page)
    assert [error.value for error in page.error] == [
        "case.nii.gz looks like a NIfTI file but is damaged: the header is not all there. "
        "Copy or save it again.".replace(":", "\\:")
    ]
    assert not page.info and _labels(page) == ["Open another scan"]
    page.button(key="volume_close").click().run()
    assert "Try a sample" in _labels(page)


def test_a_folder_of_bad_files_names_each(page: AppTest, tmp_path: Path) -> None:
    for name in ("broken.nii.gz", "noise.nii", "broken.png"):
        (tmp_path / name).write_bytes(bytes(range(200, 256)) * 40)
    _open(page, tmp_path)
    said = sorted(error.value.split()[0] for error in page.error)
    assert said == ["broken.nii.gz", "broken.png", "noise.nii"]
    assert "no volume of the brain that can be read" in page.info[0].value
    assert _labels(page) == ["Open another scan"]


def test_the_only_volume_has_no_others_beside_it(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "cut.nii").write_bytes(HEAD[:9000])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    _open(page, tmp_path)
    assert "cut.nii ends early" in page.error[0].value
    assert page.error[1].value.startswith("broken.png contains text")
    assert not any("other volumes" in text.value for text in page.caption)


def test_another_volume_is_said_not_to_be_affected(page: AppTest, scans: Path) -> None:
    _open(page, scans)
    study = _study(page)
    study.volumes.discard(study.chosen)
    study.problems[study.chosen] = "t1ce.nii cannot be opened. Check its permissions."
    page.run()
    assert any("other volumes" in text.value for text in page.caption)


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_an_empty_folder_is_said_to_be_empty(page: AppTest, tmp_path: Path, kind: str) -> None:
    (tmp_path / "case").mkdir()
    with zipfile.ZipFile(tmp_path / "case.zip", "w"):
        pass
    _open(page, tmp_path / ("case" if kind == "folder" else "case.zip"))
    assert not page.error
    assert page.info[0].value.startswith(f"The {kind} case")
    assert "is empty" in page.info[0].value


def test_a_folder_of_pictures_leads_on_to_the_page_for_them(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        (tmp_path / f"slice-{number}.png").write_bytes(phantom_png(phantom_slice(number)))
    (tmp_path / "notes.txt").write_text("About the patient.")
    _open(page, tmp_path)
    assert _labels(page) == ["Read them on Diagnose", "Open another scan"]
    assert "notes.txt" in _html(page)
    found = _study(page).found
    assert found is not None and [source.name for source in found.slices] == [
        "slice-0.png",
        "slice-1.png",
    ]
    state: dict[str, Any] = {}
    monkeypatch.setattr(volume_picker.st, "session_state", state)
    (tmp_path / "slice-0.png").unlink()
    volume_picker.take_along(found.slices)
    assert [name for name, _ in state["arrived"]] == ["slice-1.png"]


def test_refused_volume_is_read_only_when_asked_to(page: AppTest) -> None:
    page.file_uploader[1].set_value(("not-brain.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    assert "Not a brain MR scan" in _html(page)
    page.button(key="volume_anyway").click().run()
    _finish(page)
    assert "Tumour suspected" in _html(page)


def test_reading_can_be_cancelled_and_taken_up_again(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    monkeypatch.setenv("FAKE_VOLUME_HOLD", str(hold))
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    study = _study(page)
    if study.searching is not None:
        study.searching.wait(60)
    page.run()
    if study.asking is None:
        page.run()
    page.button(key="volume-cancel-asking").click().run()
    _finish(page)
    assert study.volume is not None and not study.answers
    assert "Stopped: the model has not read this scan." in [text.value for text in page.caption]
    hold.unlink()
    page.button(key="volume_ask").click().run()
    _finish(page)
    assert len(study.answers) == 1


def test_sensitivity_and_model_do_not_read_the_volume_again(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODEL_LOG", str(tmp_path / "log"))
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    volume = _study(page).volume

    def asked() -> int:
        return (tmp_path / "log").read_text().split().count("volume")

    assert asked() == 1
    page.selectbox(key="volume_sensitivity").select("0.99").run()
    assert not page.exception and asked() == 1
    assert "threshold 0.01" in _html(page)
    other = page.selectbox(key="volume_model").options[1]
    page.selectbox(key="volume_model").select(other).run()
    _finish(page)
    assert asked() == 2 and _study(page).volume is volume
    assert page.session_state["chosen Model"] == other


def test_identity_is_hidden_until_asked_for(page: AppTest) -> None:
    import nibabel as nib

    image = nib.Nifti1Image.from_bytes(HEAD)
    image.header["descrip"] = b"Jane Doe 1970"
    page.file_uploader[1].set_value(("t1.nii", image.to_bytes(), "application/octet-stream")).run()
    _finish(page)
    assert "Jane Doe" not in _html(page)
    switch = next(toggle for toggle in page.toggle if toggle.label == "Hide identity")
    assert switch.value is True
    switch.set_value(False).run()
    assert "Jane Doe 1970" in _html(page)


def test_close_forgets_everything(page: AppTest) -> None:
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    page.button(key="volume_close").click().run()
    assert "volume_session" not in page.session_state
    assert "Try a sample" in _labels(page)


def test_files_handed_over_by_diagnose_are_opened(page: AppTest) -> None:
    page.session_state[volume_intake.HANDED_OVER] = [("t1.nii", HEAD)]
    page.run()
    _finish(page)
    assert "Tumour suspected" in _html(page)
    assert volume_intake.HANDED_OVER not in page.session_state


def test_without_a_model_the_volume_is_still_shown(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brainscan.ui.models, "list_models", lambda: [])
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    assert page.error[0].value.startswith("No released model was found")
    assert _study(page).volume is not None


def _draw(study: VolumeSession, **more: object) -> dict[str, object]:
    """What the canvas sends when a reader fills slice 9."""
    assert study.shown is not None
    rows, columns = study.shown.volume.plane_slice("axial", 9).pixels.shape
    return {
        "id": "1",
        "volume": study.shown.volume.sha256,
        "outline": study.shown.digest,
        "author": "Dr Day",
        "slices": [[9, encode_mask(np.ones((rows, columns), bool))]],
        **more,
    }


def test_outline_is_measured_corrected_and_taken_back(page: AppTest) -> None:
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    study = _study(page)
    (answer,) = study.answers.values()
    assert answer.outline is not None and not answer.outline.empty
    assert "<h3>Outline</h3>" in _html(page)
    assert f"{answer.outline.measures.milliliters:.0f} mL" in _html(page)
    index = answer.outline.largest[0]  # type: ignore[index]
    page.button(key="volume_largest").click().run()
    assert page.button(key="volume_largest").label == f"Show slice {index + 1}"

    assert study.keep_outline(_draw(study)).problem == ""
    page.run()
    assert not page.exception
    assert "<h3>Corrected outline</h3>" in _html(page) and "Corrected by Dr Day" in _html(page)
    assert any("Corrected by Dr Day" in text.value for text in page.caption)
    # 48 x 48 voxels of 4 x 4 x 8 mm more than nothing at all.
    kept = study.corrections[study.shown.volume.sha256]  # type: ignore[union-attr]
    assert kept.correction().mask[:, :, 9].all()
    assert isinstance(kept.runs, str)  # small, so that no other volume's has to make room for it
    # The page may have moved on since the strokes were sent.
    stale = study.keep_outline(_draw(study, outline="before"))
    assert "another one has taken the place" in stale.problem
    assert study.keep_outline({"slices": 3}).problem

    page.button(key="volume_set_aside").click().run()
    assert "<h3>Outline</h3>" in _html(page)
    page.button(key="volume_take_up").click().run()
    assert "<h3>Corrected outline</h3>" in _html(page)
    other = page.selectbox(key="volume_model").options[1]
    page.selectbox(key="volume_model").select(other).run()
    _finish(page)
    assert "<h3>Corrected outline</h3>" in _html(page)


def test_a_correction_is_there_again_when_the_volume_is_opened_again(page: AppTest) -> None:
    def opened(name: str, data: bytes = HEAD) -> VolumeSession:
        page.file_uploader[1].set_value((name, data, "application/octet-stream")).run()
        _finish(page)
        return _study(page)

    def closed() -> None:
        page.button(key="volume_close").click().run()
        assert "volume_session" not in page.session_state

    study = opened("t1.nii")
    assert study.keep_outline(_draw(study)).problem == ""
    (made,) = study.corrections.values()
    closed()
    opened("other.nii", fake_volume.head_nifti(slices=16))
    assert "<h3>Outline</h3>" in _html(page)  # another volume, another outline
    closed()
    again = opened("t1.nii")
    assert again is not study and list(again.corrections.values()) == [made]
    assert "<h3>Corrected outline</h3>" in _html(page) and "Corrected by Dr Day" in _html(page)

    page.button(key="volume_set_aside").click().run()
    closed()
    opened("t1.nii")
    assert "<h3>Outline</h3>" in _html(page)
    page.button(key="volume_take_up").click().run()
    assert not page.exception and "<h3>Corrected outline</h3>" in _html(page)


@pytest.mark.parametrize(
    ("decision", "words"), [("indeterminate", "Possible outline"), ("no_tumor", "")]
)
def test_an_uncertain_answer_has_a_possible_outline_and_no_tumor_none(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, decision: Any, words: str
) -> None:
    def other(*args: object, **more: object) -> VolumePrediction:
        return replace(fake_volume.predict_volume(*args, **more), decision=decision)  # type: ignore[arg-type]

    monkeypatch.setattr(volume_work, "predict_volume", other)
    monkeypatch.setattr(VolumePrediction, "at", lambda self, release, sensitivity: self)
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    assert ('data-testid="outline"' in _html(page)) == bool(words)
    assert words in _html(page)
    buttons = {button.key for button in page.button}
    assert ("volume_largest" in buttons) == bool(words)


def test_a_release_without_a_decoder_shows_no_outline_but_lets_one_draw(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(*args: object, **more: object) -> VolumePrediction:
        told = fake_volume.predict_volume(*args, **more)  # type: ignore[arg-type]
        return replace(told, slices=tuple(replace(s, segmentation=None) for s in told.slices))

    monkeypatch.setattr(volume_work, "predict_volume", bare)
    page.file_uploader[1].set_value(("t1.nii", HEAD, "application/octet-stream")).run()
    _finish(page)
    study = _study(page)
    assert 'data-testid="outline"' not in _html(page)
    assert any("This model draws no outline" in text.value for text in page.caption)
    assert study.keep_outline(_draw(study)).problem == ""
    page.run()
    assert not page.exception and "<h3>Drawn outline</h3>" in _html(page)
    assert page.button(key="volume_set_aside").label == "Without the outline"
