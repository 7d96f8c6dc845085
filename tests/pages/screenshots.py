"""Make the screenshots of the README: ``python -m tests.pages.screenshots docs``.

Drives the real app with the released models over synthetic slices and writes one PNG a page.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.imaging.phantom_dataset import write_phantom_dataset
from tests.pages.browser import FLAGS, chromium_path, serve, settle


def main(folder: Path) -> None:
    """Write a PNG for every page."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scans,
        serve() as address,
        sync_playwright() as playwright,
    ):
        folder_of_scans = Path(scans) / "phantoms"
        write_phantom_dataset(folder_of_scans, 24, seed=40)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        page.set_default_timeout(120_000)
        page.goto(address)
        diagnose(page)
        save(page, folder / "diagnose.png")
        page.get_by_role("link", name="Volume").click()
        volume(page)
        save(page, folder / "volume.png")
        page.get_by_role("link", name="Evaluate").click()
        evaluate(page, str(folder_of_scans))
        save(page, folder / "evaluate.png")
        page.get_by_role("link", name="Dataset").click()
        dataset(page)
        save(page, folder / "dataset.png")
        page.get_by_role("link", name="Model").click()
        page.get_by_role("button", name="Card").wait_for()
        save(page, folder / "model.png")
        # The card has a chapter of that name too; the navigation stands before it.
        page.get_by_role("link", name="Training", exact=True).first.click()
        page.locator(".js-plotly-plot").first.wait_for()
        save(page, folder / "training.png")
        browser.close()


def diagnose(page: Any) -> None:
    """Read the synthetic samples."""
    page.get_by_role("button", name="Try a sample").click()
    page.get_by_text("Synthetic slice").wait_for()


def volume(page: Any) -> None:
    """Read the synthetic head."""
    page.get_by_role("button", name="Try a sample").click()
    page.locator(".volume .thumb").first.wait_for()


def evaluate(page: Any, scans: str) -> None:
    """Evaluate a folder of phantoms."""
    box = page.get_by_label("Path of the folder, or of its manifest.csv")
    box.fill(scans)
    box.press("Enter")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_test_id("figures-moving").wait_for()
    page.locator(".js-plotly-plot").nth(2).wait_for()


def dataset(page: Any) -> None:
    """Audit the synthetic set with its planted leak."""
    page.get_by_role("button", name="Try a synthetic set").click()
    page.get_by_test_id("pairs").wait_for()


def save(page: Any, path: Path) -> None:
    """Wait until nothing moves and write the screenshot."""
    settle(page)
    page.wait_for_timeout(2500)
    page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
