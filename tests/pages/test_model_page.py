"""The Model page: the chosen release's card, its states, downloads and the search."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from streamlit.testing.v1 import AppTest

from brainscan.reporting.card import model_card
from brainscan.ui import model_choice, model_errors, model_gallery
from brainscan.ui.model_html import block_html, prose, table_html
from tests.pages.browser import ROOT
from tests.reporting.releases import figure, full_manifest, minimal_manifest, write_release

PAGE = ROOT / "pages" / "model.py"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for releases of the test's own."""
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv(model_errors.DATA, raising=False)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def opened() -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=120).run()
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def test_without_a_release_the_page_says_how_to_make_one(models: Path) -> None:
    app = opened()
    assert "no released model" in app.info[0].value
    assert not app.get("download_button")


def test_the_whole_card_is_shown(models: Path) -> None:
    folder = write_release(models, full_manifest())
    app = opened()
    shown = html(app)
    assert shown.count('class="bs-chapter"') == 20
    for words in ("resnet50 9.9.9", "Chosen on 200 made-up slices", "doi:10.1148/ryai.240300"):
        assert words in shown
    assert "data:image/png;base64" in shown  # the synthetic case, drawn from its seed
    assert "Synthetic" in app.caption[-1].value
    assert len(app.dataframe) == 1 and len(app.dataframe[0].value) == 24
    assert "BRAINSCAN_DATA" in app.caption[0].value
    # These weights are not there, and the reader is told.
    assert "figures below may not be this model" in app.error[0].value
    downloaded = [button.proto.label for button in app.get("download_button")]
    assert downloaded == ["Card", "JSON"]
    assert model_card(full_manifest(), folder).startswith("# resnet50 9.9.9")


def test_the_reader_chooses_among_releases_and_broken_ones_are_named(models: Path) -> None:
    write_release(models, full_manifest())
    write_release(models, minimal_manifest())
    (models / "torn").mkdir()
    (models / "torn" / "manifest.json").write_text("{")
    app = opened()
    assert "torn" in app.warning[0].value
    assert app.selectbox[0].options == ["ResNet50 9.9.9", "mine 0.1"]
    app.selectbox[0].select("mine 0.1").run()
    assert not app.exception
    assert "mine 0.1" in html(app)
    assert "measured on no test set" in app.info[0].value


def test_the_search_can_fail_with_a_sentence(models: Path) -> None:
    write_release(models, minimal_manifest())
    app = opened()
    button = next(b for b in app.button if b.key == "model_search_start")
    button.click().run()
    job = next(iter(app.session_state["model_search_jobs"].values()))
    job.wait(60)
    app.run()
    assert job.state == "failed"
    assert any("missing" in error.value for error in app.error)


def test_the_outcome_of_a_search_replaces_the_stored_cases(models: Path) -> None:
    class Done:
        state, running, error = "finished", False, None
        result: ClassVar[dict[str, Any]] = {"slices": 4, "seed": 9, "cases": [], "by_lesion": []}

    write_release(models, full_manifest())
    app = AppTest.from_file(str(PAGE), default_timeout=120)
    release = model_choice.open_release("resnet50")
    app.session_state["model_search_jobs"] = {model_gallery._key(release): Done()}
    app.run()
    assert not app.exception
    assert "4 drawings were tried, from seed 9" in html(app)
    assert "no drawing that the model answers wrongly" in html(app)
    assert "bs-gallery" not in html(app).replace(".bs-gallery", "")


def test_pictures_are_shown_only_of_the_very_file_that_was_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(model_errors.DATA, str(tmp_path))
    assert model_errors.data_folder("lgg") is None
    assert model_errors.data_folder("..") is None
    folder = tmp_path / "lgg"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.png").write_bytes(b"slice")
    (tmp_path / "secret.png").write_bytes(b"slice")
    digest = hashlib.sha256(b"slice").hexdigest()
    assert model_errors.data_folder("lgg") == folder
    assert model_errors.file_of(folder, {"file": "a/1.png", "sha256": digest}) == b"slice"
    for row in (
        {"file": "a/1.png", "sha256": "0" * 64},
        {"file": "../secret.png", "sha256": digest},
        {"file": "a", "sha256": digest},
        {"file": "none.png", "sha256": digest},
        {"file": "\0", "sha256": digest},
        {},
    ):
        assert model_errors.file_of(folder, row) is None


def test_names_cannot_smuggle_markup_into_the_page() -> None:
    from brainscan.reporting.card_parts import Figure, Table, Text

    assert block_html(Text("<b>x</b>")) == "<p>&lt;b&gt;x&lt;/b&gt;</p>"
    assert prose("**a** and `b`") == "<strong>a</strong> and <code>b</code>"
    found = table_html(Table("<i>", ("M", "V"), (("<script>", Figure(0.9, 0.8, 0.95, 3)),)))
    assert "<script>" not in found and "<i>" not in found.replace('<i class="bs-whisker">', "")


def test_intervals_are_drawn_where_they_lie() -> None:
    from brainscan.reporting.card_parts import Figure, Table

    drawn = table_html(Table("t", ("M", "V"), (("a", Figure(0.9, 0.8, 0.95, 12)),)))
    assert "left:80.0%;width:15.0%" in drawn and "left:90.0%" in drawn
    off = table_html(Table("t", ("M", "V"), (("a", Figure(1.4)),)))
    assert '<i class="bs-whisker"></i>' in off


def test_a_changed_release_is_read_anew(models: Path) -> None:
    folder = write_release(models, full_manifest())
    release = model_choice.open_release("resnet50")
    first = model_choice.card_of(release)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["metrics"]["brain-mri"]["metrics"]["by_sequence"][0]["auroc"] = figure(0.123)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    again = model_choice.card_of(model_choice.open_release("resnet50"))
    assert again is not first
    assert again.headline[0].figure.value == 0.123
    assert "was altered" in model_choice.state_of(release)
