"""The Dataset page: form, audit, result, errors; once in AppTest and once in a real browser."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from brainscan.data.dataset import open_dataset
from brainscan.data.survey import survey
from brainscan.errors import Cancelled
from brainscan.notice import RESEARCH_USE
from brainscan.ui import dataset_pictures, dataset_run
from brainscan.ui.dataset_pictures import picture_url
from brainscan.ui.jobs import Handle, Job
from tests.data.pictures import cropped, picture, recompressed, save
from tests.pages.browser import ROOT, settle

_PAGE = ROOT / "pages" / "dataset.py"
_OWN_404 = "the server responded with a status of 404"  # Streamlit probes below a page's address
_SECTIONS = (
    "Copies",
    "Label conflicts",
    "Classes and sources",
    "Sizes and modes",
    "Border alone",
    "Group-safe split",
)


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """Training and Testing with copies, a label conflict and a file that is no picture."""
    root = tmp_path / "leaky"
    for seed in range(16):
        folder = "glioma" if seed < 8 else "notumor"
        save(root / "Training" / folder / f"p{seed}.png", picture(seed))
    testing = root / "Testing"
    save(testing / "glioma" / "same.png", picture(0))
    save(testing / "glioma" / "again.jpg", recompressed(picture(1)))
    save(testing / "notumor" / "mirrored.png", picture(9)[:, ::-1])
    save(testing / "notumor" / "cropped.png", cropped(picture(10), 0.15))
    save(testing / "notumor" / "fresh.png", picture(30))
    save(root / "Training" / "glioma" / "conflict.png", picture(15))
    (root / "Training" / "glioma" / "broken.png").write_bytes(b"no picture")
    return root


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(_PAGE), default_timeout=120).run()


def _audit(app: AppTest, path: Path) -> AppTest:
    app.text_input(key="dataset_path").set_value(str(path)).run()
    app.button(key="dataset_start").click().run()
    job = dataset_run.current(app.session_state)
    assert job is not None
    job.wait(120)
    return app.run()


def _html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_empty_page_says_what_it_finds(app: AppTest) -> None:
    assert not app.exception
    assert app.button(key="dataset_start").disabled
    assert not app.button(key="dataset_synthetic").disabled
    assert "Label conflicts" in _html(app)


def test_the_verdict_comes_first_and_every_section_stands(app: AppTest, leaky: Path) -> None:
    _audit(app, leaky)
    assert not app.exception
    html = _html(app)
    assert "1 of 5 test images is also in training, byte for byte; 4 (80.0 %)" in html
    assert html.index("1 picture carries two labels") < html.index("byte for byte")
    assert html.index("byte for byte") < html.index("bs-tiles")
    assert "equal pixels counted once" in html and "1 between equal pictures" in html
    for section in _SECTIONS:
        app.segmented_control(key="dataset_section").set_value(section).run()
        assert not app.exception, section
        shown = _html(app)
        expected = {
            "Copies": "mirrored.png",
            "Label conflicts": "Equal pictures",
            "Classes and sources": "balance-source",
            "Sizes and modes": "144 x 160",
            "Group-safe split": "<th>Groups</th>",
        }
        assert expected.get(section, "") in shown
    app.segmented_control(key="dataset_section").set_value("Border alone").run()
    assert "cannot be measured" in app.info[0].value


def test_a_safe_split_is_written_once(app: AppTest, leaky: Path) -> None:
    _audit(app, leaky)
    app.segmented_control(key="dataset_section").set_value("Group-safe split").run()
    app.slider(key="dataset_folds").set_value(3).run()
    app.button(key="dataset_write").click().run()
    assert "manifest.csv written: 3 folds" in app.success[0].value.replace("\\", "")
    fold = {record.name: record.fold for record in open_dataset(leaky).records}
    assert set(fold.values()) == {"1", "2", "3"} and len(fold) == 22
    assert fold["Testing/notumor/mirrored.png"] == fold["Training/notumor/p9.png"]
    app.button(key="dataset_write").click().run()
    assert "not overwritten" in app.error[0].value


@pytest.mark.parametrize("case", ["missing", "empty", "file"])
def test_what_cannot_be_audited_is_a_sentence(app: AppTest, tmp_path: Path, case: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    _audit(app, tmp_path / case)
    words = {"missing": "does not exist", "empty": "holds no image", "file": "is a file"}
    assert words[case] in app.error[0].value
    assert app.button(key="dataset_start") is not None


def test_a_folder_that_may_not_be_read_is_a_sentence(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("brainscan.ui.evaluation_intake.open_dataset", refuse)
    _audit(app, tmp_path)
    assert "cannot be read (Permission denied)" in app.error[0].value.replace("\\", "")


def test_unreadable_files_alone_are_listed(app: AppTest, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    _audit(app, tmp_path)
    assert not app.exception
    assert "nothing to compare" in _html(app)
    assert "bad.png" in str(app.dataframe[0].value)


def test_one_class_without_a_split(app: AppTest, tmp_path: Path) -> None:
    for seed in range(4):
        save(tmp_path / "only" / "yes" / f"{seed}.png", picture(seed))
    _audit(app, tmp_path / "only")
    assert not app.exception
    assert "All 4 images show different pictures." in _html(app)
    assert "No image is a copy" in app.success[0].value


def test_an_error_goes_when_other_images_are_chosen(
    app: AppTest, leaky: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    _audit(app, tmp_path / "empty")
    assert app.error
    app.text_input(key="dataset_path").set_value(str(leaky)).run()
    assert not app.error and not app.exception


def test_a_running_audit_can_be_cancelled(app: AppTest) -> None:
    entered = threading.Event()

    def work(handle: Handle) -> Any:
        handle.begin(dataset_run.STAGES["reading"])
        handle.report(1, 10)
        entered.set()
        if handle.cancelled.wait(60):
            raise Cancelled("stopped")

    job: Any = Job("scans", work)
    app.session_state["dataset_job"] = job
    assert entered.wait(60)
    app.run()
    assert "Step 1 of 3: Reading the files, 1 of 10" in app.get("progress")[0].proto.text
    job.cancel()
    job.wait(60)
    app.run()
    assert "cancelled" in app.info[0].value
    assert app.button(key="dataset_start") is not None


def test_a_picture_that_has_gone_or_changed_is_not_shown(leaky: Path) -> None:
    root = leaky / "Training" / "notumor"
    images = survey(open_dataset(root)).images
    save(root / "p8.png", picture(99))
    (root / "p9.png").unlink()
    dataset_pictures._store.clear()  # type: ignore[attr-defined]
    urls = {image.record.name: picture_url(image) for image in images}
    assert urls["p8.png"] is None and urls["p9.png"] is None
    assert str(urls["p10.png"]).startswith("data:image/jpeg;base64,")


def test_audit_in_a_browser_with_downloads(page: Any, app_url: str, leaky: Path) -> None:
    page.goto(f"{app_url}/dataset")
    settle(page)
    box = page.get_by_label("Path of the folder, or of its manifest.csv")
    box.fill(str(leaky))
    box.press("Enter")
    page.get_by_role("button", name="Audit", exact=True).click()
    page.get_by_test_id("pairs").wait_for()
    settle(page)
    pictures = page.get_by_test_id("pairs").locator("img")
    assert pictures.count() == 8
    assert pictures.first.evaluate("image => image.naturalWidth") == 144
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON").click()
    values = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert values["notice"] == RESEARCH_USE and values["verdict"]["level"] == "conflict"
    page.get_by_role("radio", name="Group-safe split").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="manifest.csv").click()
    lines = Path(waiting.value.path()).read_text("utf-8").splitlines()
    assert lines[0] == "file,label,source,group,fold,sequence,mask" and len(lines) == 23
    assert [e for e in page.console_errors if _OWN_404 not in e] == []
