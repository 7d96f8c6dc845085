"""A training in progress, watched and stopped in a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.browser import serve, settle
from tests.runs.folders import make_run, set_state


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, chromium: Any
) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """The real app with a run that a stand-in process seems to train."""
    runs = tmp_path_factory.mktemp("served") / "runs"
    trainer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    make_run(runs, "done")
    folder = make_run(runs, "live", epochs=2, planned=10, state="running", pid=trainer.pid)
    set_state(folder, "running", pid=trainer.pid, epoch=2, epochs=10, step=1, steps=60, eta_s=95.0)
    try:
        with serve(env={"BRAINSCAN_RUNS": str(runs)}) as address:
            yield address, runs, trainer
    finally:
        trainer.kill()
        trainer.wait()


def test_live_in_a_browser(page: Any, served: tuple[str, Path, subprocess.Popen[bytes]]) -> None:
    """The first request of the server goes straight to the page: the frame must be there too."""
    address, runs, trainer = served
    page.set_default_timeout(120_000)  # machines that train are slow to draw
    page.goto(f"{address}/training")
    settle(page, 120_000)
    page.get_by_test_id("research-use").wait_for()
    page.get_by_text("epoch 3 of 10 · step 1 of 60 · 1 min 35 s left").wait_for()
    charts = page.locator(".st-key-training-charts .js-plotly-plot")
    charts.nth(4).wait_for()
    assert charts.count() == 5
    page.get_by_role("tab", name="Log").click()

    set_state(
        runs / "live", "running", pid=trainer.pid, epoch=2, epochs=10, step=30, steps=60, eta_s=60
    )
    page.get_by_text("step 30 of 60 · 1 min 00 s left").wait_for()  # nobody pressed anything
    assert page.get_by_role("tab", name="Log").get_attribute("aria-selected") == "true"

    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stop this training?").wait_for()
    page.wait_for_timeout(4500)  # two refreshes of the live part
    page.get_by_role("button", name="Stop training").click()
    page.get_by_text("was interrupted (its process is gone) after 2 of 10 epochs").wait_for()
    assert page.get_by_role("button", name="Resume").is_visible()
    trainer.wait(timeout=10)
    missing = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    # Streamlit asks below the page's address first when the visit begins there.
    assert [error for error in page.console_errors if error != missing] == []
