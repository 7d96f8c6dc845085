"""Outlines in the volume viewer in a real browser: drawn, corrected, discarded."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.pages.browser import settle
from tests.pages.volume_viewer_page import index_of, open_viewer, out, pixels, press_and_drag


@pytest.fixture(scope="module")
def url(volume_viewer_url: str) -> str:
    return volume_viewer_url


@pytest.mark.parametrize("file", [2, 3], ids=("oblique", "DICOM"))
def test_the_outline_lies_around_the_marker_in_all_planes(page: Any, url: str, file: int) -> None:
    open_viewer(page, url, file)
    page.keyboard.press("c")
    page.keyboard.press("o")
    around = {plane: pixels(page, plane, "outline") for plane in ("axial", "coronal", "sagittal")}
    page.keyboard.press("t")
    for plane, (x, y, count) in around.items():
        assert pixels(page, plane, "outline")[2] == 0
        under = pixels(page, plane, "bright")
        assert count > 20
        assert abs(x - under[0]) < 0.04 and abs(y - under[1]) < 0.04, plane
    assert page.console_errors == []


def test_the_uncertain_border_adds_to_the_outline(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("c")
    page.keyboard.press("o")
    assert "Outline" in out(page, "outlined")
    plain = pixels(page, "axial", "outline")[2]
    page.get_by_role("button", name="Uncertain border").click()
    with_border = pixels(page, "axial", "outline")[2]
    assert with_border > 1.2 * plain
    page.keyboard.press("u")
    assert pixels(page, "axial", "outline")[2] == plain
    page.locator(".volume [data-set=fill]").evaluate(
        "(e) => { e.value = 0.6; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert pixels(page, "axial", "outline")[2] > with_border
    page.keyboard.press("Home")
    assert out(page, "outlined") == "" and pixels(page, "axial", "outline")[2] == 0


def test_strokes_on_several_slices_are_undone_kept_saved_and_discarded(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("o")
    page.keyboard.press("d")
    bar = page.locator(".volume .editbar")
    bar.wait_for()
    assert out(page, "outlined").startswith("Editing the outline")
    bar.get_by_text("Paint on the axial slices").wait_for()
    here = index_of(page, "axial")
    before = pixels(page, "axial", "outline")[2]
    press_and_drag(page, "axial", across=80)
    drawn = pixels(page, "axial", "outline")[2]
    assert drawn > before + 50
    # The brush's way crosses the other planes, too.
    assert pixels(page, "coronal", "outline")[2] > 20
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    press_and_drag(page, "axial", across=40)
    bar.get_by_text("Unsaved strokes on 2 axial slices").wait_for()
    page.keyboard.press("Control+z")
    bar.get_by_text("Unsaved strokes on 1 axial slice").wait_for()
    page.keyboard.press("Control+z")
    assert index_of(page, "axial") == here  # what is undone comes in sight
    assert abs(pixels(page, "axial", "outline")[2] - before) < 30
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    bar.get_by_text("Unsaved strokes on 2 axial slices").wait_for()

    # Not kept: the reason stands there, and so do the strokes.
    page.keyboard.press("Enter")
    bar.get_by_text("Not kept for the test.").wait_for()
    report = page.get_by_text("2 slices, ").inner_text()
    assert int(report.split()[2]) > 20
    page.get_by_role("button", name="Run again").click()
    settle(page)
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Keep editing").click()
    bar.get_by_label("Your name").fill("keep")
    bar.get_by_role("button", name="Save outline").click()
    bar.wait_for(state="hidden")

    # Erased and discarded: nothing has changed.
    page.keyboard.press("c")
    before = pixels(page, "axial", "outline")[2]
    page.keyboard.press("d")
    # The piece under the pointer goes from all slices at once, and comes back.
    press_and_drag(page, "axial", across=40)
    page.keyboard.press("ArrowUp")
    press_and_drag(page, "axial", across=40)
    bar.get_by_text("Unsaved strokes on 2 axial slices").wait_for()
    page.keyboard.press("Delete")
    bar.get_by_text("Paint on the axial slices").wait_for()
    page.keyboard.press("Control+z")
    bar.get_by_text("Unsaved strokes on 2 axial slices").wait_for()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    bar.get_by_text("Paint on the axial slices").wait_for()
    bar.get_by_role("button", name="Clear slice").click()
    assert pixels(page, "axial", "outline")[2] < before
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Discard", exact=True).click()
    bar.wait_for(state="hidden")
    assert pixels(page, "axial", "outline")[2] == before
    assert page.console_errors == []


def test_a_piece_goes_from_slices_that_nobody_looked_at(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("o")
    page.keyboard.press("c")
    page.keyboard.press("d")
    bar = page.locator(".volume .editbar")
    bar.wait_for()
    x, y, count = pixels(page, "axial", "outline")
    assert count > 20 and pixels(page, "coronal", "outline")[2] > 20
    box = page.locator(".view[data-plane=axial] > canvas").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.keyboard.press("Delete")
    said = bar.get_by_text(re.compile(r"Unsaved strokes on \d+ axial slices"))
    said.wait_for()
    assert int(said.inner_text().split()[3]) > 2
    for plane in ("axial", "coronal", "sagittal"):
        assert pixels(page, plane, "outline")[2] == 0
    page.keyboard.press("Control+z")
    bar.get_by_text("Paint on the axial slices").wait_for()
    assert pixels(page, "coronal", "outline")[2] > 20
    assert page.console_errors == []
