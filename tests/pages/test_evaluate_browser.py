"""The Evaluate page in a real browser: uploads, downloads, errors, cancelling."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.volume_stub import write_volume
from tests.pages.browser import ROOT, serve, settle
from tests.pages.evaluation_scans import labelled_scans, labelled_volumes

_OWN_404 = "the server responded with a status of 404"  # Streamlit probes below a page's address


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled_scans(tmp_path_factory.mktemp("data") / "phantoms")


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return labelled_volumes(tmp_path_factory.mktemp("data") / "volumes")


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that makes the stand-in network wait while it exists."""
    return tmp_path_factory.mktemp("hold") / "hold"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, chromium: Any, hold: Path) -> Iterator[str]:
    """The address of the real app with the stand-in network."""
    log = tmp_path_factory.mktemp("server") / "streamlit.log"
    script = ROOT / "tests" / "pages" / "evaluation_app.py"
    with serve(script, env={"BRAINSCAN_TEST_HOLD": str(hold)}, log=log) as address:
        yield f"{address}/evaluate"


def _open(page: Any, url: str) -> None:
    page.goto(url)
    settle(page)
    page.get_by_test_id("layouts").wait_for()


def _zip(scans: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(scans.rglob("*.png")):
            archive.write(path, f"phantoms/{path.relative_to(scans).as_posix()}")
        archive.writestr("../evil.png", b"evil")
    return stream.getvalue()


def test_a_zip_is_evaluated_and_its_figures_downloaded(page: Any, url: str, scans: Path) -> None:
    _open(page, url)
    page.get_by_text("ZIP archive").first.click()
    page.locator("input[type=file]").set_input_files(
        {"name": "phantoms.zip", "mimeType": "application/zip", "buffer": _zip(scans)}
    )
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_test_id("figures-moving").wait_for()
    settle(page)
    assert "16 in the figures" in page.get_by_test_id("stMain").inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON").click()
    values = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert values["dataset"]["name"] == "phantoms"
    assert values["metrics"]["ranking"]["auroc"]["n"] == 16
    assert any("evil.png" in warning for warning in values["dataset"]["warnings"])
    assert [e for e in page.console_errors if _OWN_404 not in e] == []


def test_the_error_of_a_bad_zip_goes_when_a_good_one_is_chosen(
    page: Any, url: str, scans: Path
) -> None:
    _open(page, url)
    page.get_by_text("ZIP archive").first.click()
    box = page.locator("input[type=file]")
    box.set_input_files({"name": "a.zip", "mimeType": "application/zip", "buffer": b"no archive"})
    page.get_by_role("button", name="Evaluate", exact=True).click()
    error = page.get_by_text("not a ZIP archive")
    error.wait_for()
    settle(page)
    box.set_input_files({"name": "b.zip", "mimeType": "application/zip", "buffer": _zip(scans)})
    page.get_by_text("b.zip").wait_for()
    error.wait_for(state="detached")


def test_a_folder_can_be_uploaded_and_an_error_looked_at(
    page: Any, url: str, volumes: Path
) -> None:
    _open(page, url)
    page.get_by_text("Upload a folder").first.click()
    page.locator("input[type=file]").set_input_files(str(volumes))
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_test_id("figures-moving").wait_for()
    settle(page)
    slider = page.locator(".st-key-evaluation_threshold").get_by_role("slider")
    slider.focus()
    before = page.get_by_test_id("figures-moving").inner_text()
    slider.press("Home")
    page.wait_for_function(
        "before => document.querySelector('[data-testid=figures-moving]').innerText !== before",
        arg=before,
    )
    assert "2 images and 2 volumes" in page.get_by_test_id("stMain").inner_text()
    page.get_by_text("Errors", exact=True).click()
    page.get_by_test_id("stImage").nth(1).wait_for()
    assert [e for e in page.console_errors if _OWN_404 not in e] == []


def test_a_run_shows_its_progress_and_can_be_cancelled_within_a_volume(
    page: Any, url: str, tmp_path: Path, hold: Path
) -> None:
    write_volume(tmp_path / "yes" / "a.nii.gz")
    hold.touch()
    _open(page, url)
    box = page.get_by_label("Path of the folder, or of its manifest.csv")
    box.fill(str(tmp_path))
    box.press("Enter")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("volume 1 of 1, slice").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Stopping").wait_for()
    hold.unlink()
    page.get_by_text("was cancelled").wait_for()
    page.get_by_test_id("layouts").wait_for()
