"""Fixtures that run the app in a real browser; they skip where no Chromium is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brainscan.ui import training_shown
from tests.imaging import patient
from tests.imaging.test_volume_orientation import affines
from tests.pages.browser import FLAGS, ROOT, Console, chromium_path, serve


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium, shared by all page tests of the session."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium found: set CHROMIUM to its path to run the browser tests")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory, chromium: Any) -> Iterator[str]:
    """The address of the real app."""
    with serve(log=tmp_path_factory.mktemp("server") / "streamlit.log") as address:
        yield address


@pytest.fixture(scope="session")
def fake_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gets a line for every run of the script and every question to the network."""
    return tmp_path_factory.mktemp("fake") / "log.txt"


@pytest.fixture(scope="session")
def fake_url(chromium: Any, fake_log: Path) -> Iterator[str]:
    """The address of the app with stand-ins for the released models."""
    script = ROOT / "tests" / "pages" / "fake_app.py"
    with serve(script, env={"FAKE_MODEL_LOG": str(fake_log)}) as address:
        yield address


@pytest.fixture(scope="session")
def volume_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The patient with a marker on the left, in four orientations and two formats."""
    folder = tmp_path_factory.mktemp("volumes")
    made = []
    for name in ("RAS", "PIR", "oblique"):
        made.append(folder / f"{name}.nii.gz")
        made[-1].write_bytes(patient.nifti_bytes(affines()[name]))
    made.append(patient.classic_series(folder / "sagittal", patient.SAGITTAL, backwards=True))
    return made


@pytest.fixture(scope="session")
def volume_viewer_url(chromium: Any, volume_files: list[Path]) -> Iterator[str]:
    env = {"VOLUME_VIEWER_FILES": os.pathsep.join(map(str, volume_files))}
    with serve(ROOT / "tests/pages/volume_viewer_app.py", env=env) as address:
        yield address


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh browser page of 1280 x 800 with ``page.console_errors`` as a list."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="dark", accept_downloads=True
    )
    fresh = context.new_page()
    fresh.set_default_timeout(60_000)
    fresh.console_errors = Console(fresh).errors
    yield fresh
    context.close()


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and no released models."""
    root = tmp_path / "runs"
    monkeypatch.setenv("BRAINSCAN_RUNS", str(root))
    monkeypatch.setattr(training_shown, "list_releases", lambda: [])
    return root
