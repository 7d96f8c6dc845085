"""The Volume page's script without a browser: outlines measured, corrected and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from brainscan.imaging.correction import encode_mask
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import volume_answer, volume_work
from brainscan.ui.volume_session import VolumeSession
from tests.imaging.patient import displayed_at
from tests.pages import fake_volume
from tests.pages import volume_script as script


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page alone, with stand-ins for the network."""
    return script.start(monkeypatch)


def draw(study: VolumeSession, **more: object) -> dict[str, object]:
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
    study = script.upload(page)
    (answer,) = study.answers.values()
    assert answer.outline is not None and not answer.outline.empty
    assert "<h3>Outline</h3>" in script.html(page)
    assert f"{answer.outline.measures.milliliters:.0f} mL" in script.html(page)
    index = answer.outline.largest[0]  # type: ignore[index]
    page.button(key="volume_largest").click().run()
    assert page.button(key="volume_largest").label == f"Show slice {index + 1}"

    assert study.keep_outline(draw(study)).problem == ""
    page.run()
    assert not page.exception
    assert "<h3>Corrected outline</h3>" in script.html(page)
    assert "Corrected by Dr Day" in script.html(page)
    assert any("Corrected by Dr Day" in text.value for text in page.caption)
    # 48 x 48 voxels of 4 x 4 x 8 mm more than nothing at all.
    kept = study.corrections[study.shown.volume.sha256]  # type: ignore[union-attr]
    assert kept.correction().mask[:, :, 9].all()
    assert isinstance(kept.runs, str)  # small, so that no other volume's has to make room for it
    # The page may have moved on since the strokes were sent.
    stale = study.keep_outline(draw(study, outline="before"))
    assert "another one has taken the place" in stale.problem
    assert study.keep_outline({"slices": 3}).problem

    page.button(key="volume_set_aside").click().run()
    assert "<h3>Outline</h3>" in script.html(page)
    page.button(key="volume_take_up").click().run()
    assert "<h3>Corrected outline</h3>" in script.html(page)
    other = page.selectbox(key="volume_model").options[1]
    page.selectbox(key="volume_model").select(other).run()
    script.finish(page)
    assert "<h3>Corrected outline</h3>" in script.html(page)


def test_pieces_of_an_outline_can_be_gone_to(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = script.upload(page)
    assert study.shown is not None
    volume = study.shown.volume
    rows, columns = volume.plane_slice("axial", 9).pixels.shape
    bare = encode_mask(np.zeros((rows, columns), bool))
    slices = dict.fromkeys(range(volume.shape[2]), bare)
    large, small = np.zeros((2, rows, columns), bool)
    large[2:8, 3:9] = small[2:4, 3:5] = True
    slices |= {3: encode_mask(large), 9: encode_mask(small)}
    drawn = [[index, runs] for index, runs in slices.items()]
    assert study.keep_outline(draw(study, slices=drawn)).problem == ""
    page.run()
    labels = [button.label for button in page.button if (button.key or "").startswith("volume_pi")]
    each = np.prod(volume.spacing) / 1000
    assert labels == [f"Piece 1: {36 * each:.1f} mL", f"Piece 2: {4 * each:.1f} mL"]

    asked = []
    monkeypatch.setattr(volume_answer, "go_to", lambda *place: asked.append(place))
    page.run()
    page.button(key="volume_piece_2").click().run()
    ((plane, index, voxel),) = asked
    assert (plane, index, voxel[2]) == ("axial", 9, 9)
    row, column = displayed_at(volume, "axial", voxel)
    assert small[round(row), round(column)]


def test_a_correction_is_there_again_when_the_volume_is_opened_again(page: AppTest) -> None:
    def closed() -> None:
        page.button(key="volume_close").click().run()
        assert "volume_session" not in page.session_state

    study = script.upload(page)
    assert study.keep_outline(draw(study)).problem == ""
    (made,) = study.corrections.values()
    closed()
    script.upload(page, "other.nii", fake_volume.head_nifti(slices=16))
    assert "<h3>Outline</h3>" in script.html(page)  # another volume, another outline
    closed()
    again = script.upload(page)
    assert again is not study and list(again.corrections.values()) == [made]
    assert "<h3>Corrected outline</h3>" in script.html(page)
    assert "Corrected by Dr Day" in script.html(page)

    page.button(key="volume_set_aside").click().run()
    closed()
    script.upload(page)
    assert "<h3>Outline</h3>" in script.html(page)
    page.button(key="volume_take_up").click().run()
    assert not page.exception and "<h3>Corrected outline</h3>" in script.html(page)


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
    script.upload(page)
    assert ('data-testid="outline"' in script.html(page)) == bool(words)
    assert words in script.html(page)
    buttons = {button.key for button in page.button}
    assert ("volume_largest" in buttons) == bool(words)


def test_a_release_without_a_decoder_shows_no_outline_but_lets_one_draw(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(*args: object, **more: object) -> VolumePrediction:
        told = fake_volume.predict_volume(*args, **more)  # type: ignore[arg-type]
        return replace(told, slices=tuple(replace(s, segmentation=None) for s in told.slices))

    monkeypatch.setattr(volume_work, "predict_volume", bare)
    study = script.upload(page)
    assert 'data-testid="outline"' not in script.html(page)
    assert any("This model draws no outline" in text.value for text in page.caption)
    assert study.keep_outline(draw(study)).problem == ""
    page.run()
    assert not page.exception and "<h3>Drawn outline</h3>" in script.html(page)
    assert page.button(key="volume_set_aside").label == "Without the outline"
