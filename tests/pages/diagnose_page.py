"""What the browser tests of the Diagnose page do and read, as a person at it would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.pages.browser import settle

UPLOAD = '[data-testid="stFileUploaderDropzoneInput"]'


def upload(page: Any, url: str, *paths: Path) -> None:
    page.goto(url)
    settle(page)
    page.set_input_files(UPLOAD, [str(path) for path in paths])
    page.wait_for_selector(".viewer")
    page.wait_for_function("document.querySelector('[data-testid=stSpinner]') === null")
    settle(page)


def painted(page: Any, pane: str = "overlay") -> str:
    """Return a digest of what a pane of the viewer shows."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    canvas = page.locator(f'canvas[data-pane="{pane}"]')
    return str(canvas.evaluate("c => c.toDataURL()"))


def out(page: Any, name: str) -> str:
    return str(page.locator(f'.viewer [data-out="{name}"]').first.inner_text())


def slide(page: Any, name: str, value: float) -> None:
    page.locator(f".viewer [{name}]").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", value
    )


def outlined(page: Any) -> str:
    """Return a digest of what is drawn over the slice."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return str(page.locator(".viewer .layer").evaluate("c => c.toDataURL()"))


def asks_before_leaving(page: Any) -> bool:
    """Return whether the browser would ask before it reloads or closes the page."""
    settle(page)
    event = "new Event('beforeunload', { cancelable: true })"
    return not page.evaluate(f"() => window.dispatchEvent({event})")


def place_of(page: Any, x: float, y: float) -> dict[str, float]:
    """Return a place of the pane, given as shares of it, in its pixels."""
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    return {"x": x * box["width"], "y": y * box["height"]}


def stroke(page: Any, *ways: tuple[float, float], button: str = "left") -> None:
    """Drag through places given as shares of the pane."""
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ways]
    page.mouse.move(*places[0])
    page.mouse.down(button=button)
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up(button=button)


def mask_file(page: Any) -> tuple[np.ndarray, dict[str, str]]:
    """Return the mask that the page gives away, and what its file says."""
    # Tests without a browser do not need it.
    from playwright.sync_api import TimeoutError as TooLate

    settle(page)  # a panel that is just being drawn anew may open or close
    panel = page.locator("details", has_text="Outline as a file")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    button = page.get_by_role("button", name="Mask PNG")
    try:
        with page.expect_download(timeout=15_000) as download:
            button.click()
    except TooLate:  # the page was drawn anew under the click: a person clicks again
        settle(page)
        with page.expect_download() as download:
            button.click()
    with Image.open(download.value.path()) as image:
        return np.asarray(image.convert("L")) > 0, dict(image.text)  # type: ignore[attr-defined]
