"""The Volume page's script without a browser: what is opened, refused, stopped and forgotten."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pydicom
import pytest
from streamlit.testing.v1 import AppTest

import brainscan.ui.models
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.source import Source
from brainscan.ui import volume_intake, volume_picker
from brainscan.ui.volume_candidates import Found
from tests.imaging import patient
from tests.pages import fake_volume
from tests.pages import volume_script as script


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page alone, with stand-ins for the network."""
    return script.start(monkeypatch)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "flair.nii").write_bytes(script.HEAD)
    (tmp_path / "case" / "t1ce.nii").write_bytes(fake_volume.head_nifti(slices=16))
    (tmp_path / "case" / "broken.nii.gz").write_bytes(script.HEAD[:400])
    return tmp_path / "case"


def test_empty_page_invites(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert script.labels(page) == ["Open", "Try a sample"]
    assert len(page.file_uploader) == 2


def test_sample_is_read_and_called_synthetic(page: AppTest) -> None:
    page.button(key="volume_sample").click().run()
    script.finish(page)
    assert "Tumour suspected" in script.html(page)
    assert any("drawing by BrainScan" in text.value for text in page.caption)


def test_upload_is_answered_and_the_uploader_emptied(page: AppTest) -> None:
    script.upload(page, "t1ce.nii")
    html = script.html(page)
    for words in (
        "Tumour suspected",
        "Value of the scan",
        "slices are called tumour when",
        "mL",
    ):
        assert words in html
    assert page.session_state["volume_upload_turn"] == 1
    (answer,) = script.study(page).answers.values()
    assert answer.evident_ml > 0


def test_picker_names_the_volumes_opens_one_and_lists_what_is_broken(
    page: AppTest, scans: Path
) -> None:
    script.open_path(page, scans)
    first, second = script.study(page).found.candidates  # type: ignore[union-attr]
    assert (first.name, first.reason) == ("t1ce.nii", None)
    assert second.reason == "Another volume was chosen: it is T1ce, this one is FLAIR."
    assert second.facts == ("axial", "18 slices", "48 × 48", "4.00 × 4.00 × 8.00 mm")
    assert "broken.nii.gz" in script.html(page)
    assert script.study(page).chosen == first.key
    page.button(key=f"volume-open-{second.key}").click().run()
    script.finish(page)
    assert script.study(page).chosen == second.key
    assert len(script.study(page).answers) == 2


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_wrong_path_is_a_sentence(page: AppTest, path: str) -> None:
    script.open_path(page, Path(path) if path else Path(" "))
    assert not page.exception
    assert len(page.error) == 1 and "Traceback" not in page.error[0].value
    assert "Try a sample" in script.labels(page)


def test_files_without_a_volume_say_so(page: AppTest) -> None:
    page.file_uploader[1].set_value(("case.nii.gz", script.HEAD[:300], "application/gzip")).run()
    script.finish(page)
    assert [error.value for error in page.error] == [
        "case.nii.gz looks like a NIfTI file but is damaged: the header is not all there. "
        "Copy or save it again.".replace(":", "\\:")
    ]
    assert not page.info and script.labels(page) == ["Open another scan"]
    page.button(key="volume_close").click().run()
    assert "Try a sample" in script.labels(page)


def test_a_folder_of_bad_files_names_each(page: AppTest, tmp_path: Path) -> None:
    for name in ("broken.nii.gz", "noise.nii", "broken.png"):
        (tmp_path / name).write_bytes(bytes(range(200, 256)) * 40)
    script.open_path(page, tmp_path)
    said = sorted(error.value.split()[0] for error in page.error)
    assert said == ["broken.nii.gz", "broken.png", "noise.nii"]
    assert "no volume of the brain that can be read" in page.info[0].value
    assert script.labels(page) == ["Open another scan"]


def test_the_only_volume_has_no_others_beside_it(page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "cut.nii").write_bytes(script.HEAD[:9000])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    script.open_path(page, tmp_path)
    assert "cut.nii ends early" in page.error[0].value
    assert page.error[1].value.startswith("broken.png contains text")
    assert not any("other volumes" in text.value for text in page.caption)


def test_another_volume_is_said_not_to_be_affected(page: AppTest, scans: Path) -> None:
    script.open_path(page, scans)
    study = script.study(page)
    study.volumes.discard(study.chosen)
    study.problems[study.chosen] = "t1ce.nii cannot be opened. Check its permissions."
    page.run()
    assert any("other volumes" in text.value for text in page.caption)


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_an_empty_folder_is_said_to_be_empty(page: AppTest, tmp_path: Path, kind: str) -> None:
    (tmp_path / "case").mkdir()
    with zipfile.ZipFile(tmp_path / "case.zip", "w"):
        pass
    script.open_path(page, tmp_path / ("case" if kind == "folder" else "case.zip"))
    assert not page.error
    assert page.info[0].value.startswith(f"The {kind} case")
    assert "is empty" in page.info[0].value


def test_a_folder_of_pictures_leads_on_to_the_page_for_them(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        (tmp_path / f"slice-{number}.png").write_bytes(phantom_png(phantom_slice(number)))
    (tmp_path / "notes.txt").write_text("About the patient.")
    script.open_path(page, tmp_path)
    assert script.labels(page) == ["Read them on Diagnose", "Open another scan"]
    assert "notes.txt" in script.html(page)
    found = script.study(page).found
    assert found is not None and [source.name for source in found.slices] == [
        "slice-0.png",
        "slice-1.png",
    ]
    state: dict[str, Any] = {}
    monkeypatch.setattr(volume_picker.st, "session_state", state)
    (tmp_path / "slice-0.png").unlink()
    volume_picker.take_along(found.slices)
    assert [name for name, _ in state["arrived"]] == ["slice-1.png"]


def test_frames_without_places_are_no_single_slice(page: AppTest, tmp_path: Path) -> None:
    path = patient.enhanced_file(tmp_path / "enhanced.dcm")
    dataset = pydicom.dcmread(path)
    del dataset.SharedFunctionalGroupsSequence
    dataset.save_as(path)
    script.open_path(page, tmp_path)
    (said,) = [text.value for text in page.caption if "enhanced.dcm" in text.value]
    assert said.startswith("enhanced.dcm holds 20 frames, of which only the middle one is read.")
    assert "make no volume. Single slices are read on the Diagnose page." in said
    (tmp_path / "slice.png").write_bytes(phantom_png(phantom_slice(1)))
    page.button(key="volume_close").click().run()
    script.open_path(page, tmp_path)
    assert any("1 single slice among the files is not" in text.value for text in page.caption)


def test_many_files_of_frames_are_counted(tmp_path: Path) -> None:
    sources = [Source.of_bytes(b"", f"{number}.dcm") for number in range(5)]
    framed = {source: f"{source.name} holds 3 frames." for source in sources}
    said = volume_picker.slice_words(Found((), tuple(sources), (), (), 1, framed=framed))
    assert "2.dcm holds 3 frames. 2 more files hold several frames that make no volume." in said


def test_refused_volume_is_read_only_when_asked_to(page: AppTest) -> None:
    page.file_uploader[1].set_value(
        ("not-brain.nii", script.HEAD, "application/octet-stream")
    ).run()
    script.finish(page)
    assert "Not a brain MR scan" in script.html(page)
    page.button(key="volume_anyway").click().run()
    script.finish(page)
    assert "Tumour suspected" in script.html(page)


def test_reading_can_be_cancelled_and_taken_up_again(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    monkeypatch.setenv("FAKE_VOLUME_HOLD", str(hold))
    page.file_uploader[1].set_value(("t1.nii", script.HEAD, "application/octet-stream")).run()
    study = script.study(page)
    if study.searching is not None:
        study.searching.wait(60)
    page.run()
    if study.asking is None:
        page.run()
    page.button(key="volume-cancel-asking").click().run()
    script.finish(page)
    assert study.volume is not None and not study.answers
    assert "Stopped: the model has not read this scan." in [text.value for text in page.caption]
    hold.unlink()
    page.button(key="volume_ask").click().run()
    script.finish(page)
    assert len(study.answers) == 1


def test_sensitivity_and_model_do_not_read_the_volume_again(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODEL_LOG", str(tmp_path / "log"))
    script.upload(page)
    volume = script.study(page).volume

    def asked() -> int:
        return (tmp_path / "log").read_text().split().count("volume")

    assert asked() == 1
    page.selectbox(key="volume_sensitivity").select("0.99").run()
    assert not page.exception and asked() == 1
    assert "threshold 0.01" in script.html(page)
    other = page.selectbox(key="volume_model").options[1]
    page.selectbox(key="volume_model").select(other).run()
    script.finish(page)
    assert asked() == 2 and script.study(page).volume is volume
    assert page.session_state["chosen Model"] == other


def test_identity_is_hidden_until_asked_for(page: AppTest) -> None:
    import nibabel as nib

    image = nib.Nifti1Image.from_bytes(script.HEAD)
    image.header["descrip"] = b"Jane Doe 1970"
    page.file_uploader[1].set_value(("t1.nii", image.to_bytes(), "application/octet-stream")).run()
    script.finish(page)
    assert "Jane Doe" not in script.html(page)
    switch = next(toggle for toggle in page.toggle if toggle.label == "Hide identity")
    assert switch.value is True
    switch.set_value(False).run()
    assert "Jane Doe 1970" in script.html(page)


def test_close_forgets_everything(page: AppTest) -> None:
    script.upload(page)
    page.button(key="volume_close").click().run()
    assert "volume_session" not in page.session_state
    assert "Try a sample" in script.labels(page)


def test_files_handed_over_by_diagnose_are_opened(page: AppTest) -> None:
    page.session_state[volume_intake.HANDED_OVER] = [("t1.nii", script.HEAD)]
    page.run()
    script.finish(page)
    assert "Tumour suspected" in script.html(page)
    assert volume_intake.HANDED_OVER not in page.session_state


def test_without_a_model_the_volume_is_still_shown(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brainscan.ui.models, "list_models", lambda: [])
    script.upload(page)
    assert page.error[0].value.startswith("No released model was found")
    assert script.study(page).volume is not None
