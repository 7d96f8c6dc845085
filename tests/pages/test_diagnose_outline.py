"""Outlines on the Diagnose page in a real browser: drawn, corrected, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.notice import RESEARCH_USE
from tests.pages.diagnose_page import (
    asks_before_leaving,
    mask_file,
    out,
    outlined,
    place_of,
    slide,
    stroke,
    upload,
)


@pytest.fixture(scope="module")
def url(fake_url: str) -> str:
    return fake_url


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    found = {name: folder / name for name in ("lesion.png", "plain.png")}
    found["lesion.png"].write_bytes(phantom_png(phantom_slice(13, lesion="meningioma")))
    found["plain.png"].write_bytes(phantom_png(phantom_slice(12, lesion="none")))
    return found


def test_outline_is_drawn_measured_and_switched(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    upload(page, url, files["lesion.png"])
    words = page.get_by_test_id("outline").inner_text()
    assert words.startswith("Outline") and "Uncertain border" in words and " px" in words
    shown = outlined(page)
    page.keyboard.press("u")
    assert outlined(page) != shown
    page.keyboard.press("u")
    slide(page, "data-set=fill", 0.5)
    assert outlined(page) != shown
    slide(page, "data-set=fill", 0.12)
    assert outlined(page) == shown
    page.keyboard.press("t")
    empty = outlined(page)
    assert empty != shown and out(page, "outlined") == ""
    page.keyboard.press("t")
    assert outlined(page) == shown and "px" in out(page, "outlined")
    assert page.console_errors == []


def test_correction_is_painted_saved_exported_and_taken_back(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    upload(page, url, files["lesion.png"], files["plain.png"])
    before, _ = mask_file(page)
    page.keyboard.press("d")
    start = outlined(page)
    stroke(page, (0.45, 0.5), (0.5, 0.5))
    page.mouse.move(5, 5)
    painted = outlined(page)
    page.keyboard.press("Control+z")
    assert outlined(page) == start
    page.keyboard.press("Control+Shift+z")
    assert outlined(page) == painted
    # The right button windows, the middle one moves: neither paints.
    stroke(page, (0.3, 0.3), (0.35, 0.3), button="right")
    stroke(page, (0.3, 0.3), (0.35, 0.3), button="middle")
    page.keyboard.press("r")
    page.mouse.move(5, 5)
    assert outlined(page) == painted

    # Another scan and another page do not lose the strokes.
    page.keyboard.press("j")
    page.locator('.viewer [data-out="note"]', has_text="Unsaved strokes on lesion.png").wait_for()
    page.keyboard.press("k")
    page.locator(".editbar").wait_for()
    page.get_by_role("link", name="Training").click()
    page.locator(".viewer").wait_for(state="detached")
    page.get_by_role("link", name="Diagnose").click()
    page.locator(".editbar").wait_for()
    assert outlined(page) == painted
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    assert not asks_before_leaving(page)
    page.keyboard.press("d")
    stroke(page, (0.45, 0.5), (0.5, 0.5))
    assert asks_before_leaving(page)
    page.get_by_label("Your name").fill("A. Reader")
    page.get_by_role("button", name="Save outline").click()
    page.get_by_test_id("outline").get_by_text("Corrected by A. Reader").wait_for()
    page.locator(".editbar").wait_for(state="hidden")
    assert asks_before_leaving(page)  # it is kept, and the page ends what keeps it
    after, said = mask_file(page)
    assert said["Author"] == "A. Reader" and said["Disclaimer"] == RESEARCH_USE
    added = np.argwhere(after & ~before)
    assert len(added) > 50 and not (before & ~after).any()
    assert abs(added[:, 0].mean() - 127.5) < 2  # painted at half the height of the slice

    page.keyboard.press("j")
    page.locator('.viewer [data-out="name"]', has_text="plain.png").wait_for()
    page.keyboard.press("k")
    page.get_by_test_id("outline").get_by_text("Corrected by A. Reader").wait_for()
    page.get_by_role("button", name="Back to the model's outline").click()
    page.get_by_test_id("outline").get_by_text("Corrected by").wait_for(state="detached")
    assert np.array_equal(mask_file(page)[0], before)
    assert asks_before_leaving(page)  # set aside is not given up
    assert page.console_errors == []


def test_drawing_from_nothing_at_any_zoom_and_leaving_asks_first(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    upload(page, url, files["plain.png"])
    assert "Nothing is outlined." in page.get_by_test_id("outline").inner_text()
    page.keyboard.press("1")
    for _ in range(9):
        page.keyboard.press("+")
    page.keyboard.press("d")
    for _ in range(4):
        page.keyboard.press("[")
    stroke(page, (0.5, 0.5))
    assert out(page, "outlined") == "Editing the outline\n4 px"
    page.keyboard.press("e")
    stroke(page, (0.2, 0.2), (0.8, 0.2))
    page.keyboard.press("Escape")
    page.get_by_text("Discard your strokes?").wait_for()
    page.get_by_role("button", name="Keep editing").click()
    page.keyboard.press("Enter")
    page.get_by_test_id("outline").get_by_text("Corrected by unnamed reader").wait_for()
    mask, _ = mask_file(page)
    # A brush of one pixel's radius in the middle of the slice, on the corner of four pixels.
    assert np.argwhere(mask).tolist() == [[127, 127], [127, 128], [128, 127], [128, 128]]
    page.keyboard.press("d")
    stroke(page, (0.5, 0.3))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    page.locator(".editbar").wait_for(state="hidden")
    assert np.array_equal(mask_file(page)[0], mask)

    # Of two pieces the one under the pointer goes, by key or by click; where none is, that is said.
    page.keyboard.press("d")
    stroke(page, (0.5, 0.3))
    page.get_by_role("button", name="Take away a piece").click()
    stroke(page, (0.2, 0.2))
    page.get_by_text("There is no outline under the pointer.").wait_for()
    stroke(page, (0.5, 0.5))
    page.keyboard.press("Control+z")
    page.locator('canvas[data-pane="overlay"]').hover(position=place_of(page, 0.5, 0.3))
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.locator(".editbar").wait_for(state="hidden")
    assert np.array_equal(mask_file(page)[0], mask)
    assert page.console_errors == []
