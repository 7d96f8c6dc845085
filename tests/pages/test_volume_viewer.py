"""The volume viewer in a real browser: what stands where, and what moves it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from brainscan.notice import RESEARCH_USE
from tests.pages.browser import settle
from tests.pages.volume_viewer_page import drawn, index_of, open_viewer, out, pixels


@pytest.fixture(scope="module")
def url(volume_viewer_url: str) -> str:
    return volume_viewer_url


@pytest.mark.parametrize(
    "file",
    [0, pytest.param(1, marks=pytest.mark.slow), 2, 3],
    ids=("RAS", "PIR", "oblique", "DICOM"),
)
def test_the_marker_is_on_the_patients_left(page: Any, url: str, file: int) -> None:
    open_viewer(page, url, file)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.keyboard.press("t")
    for plane, right in (("axial", True), ("coronal", True), ("sagittal", False)):
        x, y, count = pixels(page, plane, "bright")
        assert count > 20, plane
        # The slice is fitted, so its middle is that of the canvas; front and top are up.
        assert (x > 0.5) == right, plane
        assert y < 0.5, plane
        letters = [
            page.locator(f".view[data-plane={plane}] [data-edge={edge}]").inner_text()[0]
            for edge in ("left", "right", "top", "bottom")
        ]
        expected = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}
        assert "".join(letters) == expected[plane]
    assert page.console_errors == []


def test_evidence_is_drawn_over_the_marker(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("c")
    page.keyboard.press("t")
    over = {plane: pixels(page, plane, "coloured") for plane in ("axial", "coronal", "sagittal")}
    page.keyboard.press("o")
    for plane, (x, y, count) in over.items():
        assert pixels(page, plane, "coloured")[2] == 0
        under = pixels(page, plane, "bright")
        assert count > 20
        assert abs(x - under[0]) < 0.05 and abs(y - under[1]) < 0.05, plane


def test_it_opens_at_the_most_suspicious_slice_and_stays_where_the_reader_went(
    page: Any, url: str
) -> None:
    open_viewer(page, url, answer="none")
    middle = index_of(page, "axial")
    assert middle == 18
    page.get_by_text("Answer", exact=True).click()
    page.locator(".thumb").first.wait_for()
    assert abs(index_of(page, "axial") - 23) <= 2
    assert float(out(page, "score").split()[-1]) > 0.9
    page.reload()
    page.locator(".view[data-index]").nth(2).wait_for()
    page.keyboard.press("ArrowUp")
    page.get_by_text("Answer", exact=True).click()
    page.locator(".thumb").first.wait_for()
    assert index_of(page, "axial") == middle + 1


def test_wheel_keys_slider_and_drag_move_the_slices(page: Any, url: str) -> None:
    open_viewer(page, url)
    box = page.locator(".view[data-plane=axial]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    start = index_of(page, "axial")
    page.mouse.wheel(0, -120)
    page.locator(f".view[data-plane=axial][data-index='{start + 3}']").wait_for()
    for key, expected in (("Home", 0), ("PageUp", 10), ("k", 11), ("ArrowDown", 10), ("End", 35)):
        page.keyboard.press(key)
        assert index_of(page, "axial") == expected, key
    assert out(page, "slice").startswith("36 / 36")
    page.locator(".view[data-plane=coronal] input").evaluate(
        "(e) => { e.value = 7; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert index_of(page, "coronal") == 7
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 40, steps=2)
    page.mouse.up()
    after = index_of(page, "sagittal"), index_of(page, "coronal")
    # To the image's left is to the patient's right; down is posterior.
    assert after[0] > 20 and after[1] < 22  # the middle of 40 and 44


def test_profile_and_thumbnails_jump(page: Any, url: str) -> None:
    open_viewer(page, url)
    box = page.locator(".profile canvas").bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)
    assert index_of(page, "axial") < 3
    assert "Not read" in out(page, "state")
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    assert "probability 0.10" in page.locator(".profile [data-out=tip]").inner_text()
    page.locator(".thumb").first.click()
    assert abs(index_of(page, "axial") - 23) <= 2
    page.keyboard.press("Home")
    page.keyboard.press("n")
    keys = sorted(int(b.get_attribute("data-index")) for b in page.locator(".thumb").all())
    assert index_of(page, "axial") == keys[0]


def test_scrolling_runs_neither_script_nor_network(page: Any, url: str) -> None:
    traffic: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda _: traffic.append("in")))
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: traffic.append("out")))
    page.on("request", lambda request: traffic.append(request.url))
    open_viewer(page, url)
    fetched = [entry for entry in traffic if entry.endswith(".bin")]
    assert len(fetched) == 3  # voxels, answer, outline
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Run 2", exact=True).wait_for()
    settle(page)
    assert [entry for entry in traffic if entry.endswith(".bin")] == fetched
    seen = len(traffic)
    for key in (
        ["Home"]
        + ["ArrowUp"] * 20
        + ["1", "2", "3", "e", "i", "o", "o", "t", "t", "u", "x", "+", "n"]
    ):
        page.keyboard.press(key)
    page.get_by_text("Run 2", exact=True).wait_for()
    drawn(page)
    # Streamlit may say "alive" in between; a run of the script would show in its number.
    assert [entry for entry in traffic[seen:] if entry not in ("in", "out")] == []
    assert len(traffic) - seen <= 1
    assert page.console_errors == []


def test_place_and_window_survive_another_run_and_python_can_ask_for_a_slice_once(
    page: Any, url: str
) -> None:
    open_viewer(page, url)
    page.keyboard.press("Home")
    page.locator(".volume [data-presets]").select_option("full")
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Run 2", exact=True).wait_for()
    settle(page)
    assert index_of(page, "axial") == 0
    assert page.locator(".volume [data-presets]").input_value() == "full"
    page.get_by_role("button", name="Go to coronal 4").click()
    page.locator(".view[data-plane=coronal][data-index='3']").wait_for()
    assert page.locator(".volume").get_attribute("data-main") == "coronal"
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Run 4", exact=True).wait_for()
    settle(page)
    assert index_of(page, "coronal") == 4
    page.get_by_role("button", name="Go to a voxel").click()
    page.locator(".view[data-plane=coronal][data-index='3']").wait_for()
    assert (index_of(page, "sagittal"), index_of(page, "axial")) == (5, 4)


def test_save_tells_python_what_is_shown(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("2")
    page.keyboard.press("i")
    page.keyboard.press("p")
    page.get_by_test_id("stJson").wait_for()
    index = index_of(page, "coronal")
    page.keyboard.press("i")
    text = page.get_by_test_id("stJson").inner_text()
    told = {
        line.split(":")[0].strip(' "'): line.split(":")[-1].strip() for line in text.split("\n")
    }
    assert json.dumps("coronal") in text and told["index"] == str(index)
    assert told["invert"] == told["overlay"] == told["outline"] == "true"
    assert told["band"] == "false"


def test_no_evidence_is_said_and_not_drawn(page: Any, url: str) -> None:
    open_viewer(page, url, answer="empty")
    page.locator(".volume [data-out=note]", has_text="No positive evidence").wait_for()
    assert page.locator(".volume .colorbar").is_hidden()
    page.keyboard.press("c")
    assert [pixels(page, plane, "coloured")[2] for plane in ("axial", "coronal")] == [0, 0]


def test_probe_reads_the_file_s_own_values_also_in_full_screen(page: Any, url: str) -> None:
    open_viewer(page, url)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.keyboard.press("t")
    x, y, _ = pixels(page, "axial", "bright")
    box = page.locator(".view[data-plane=axial] > canvas").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    drawn(page)
    words = page.locator(".volume [data-out=probe]").inner_text()
    assert "Value 1000" in words and "Evidence" in words
    assert not page.locator(".volume .notice").is_visible()
    page.keyboard.press("f")
    page.locator(".volume .notice", has_text=RESEARCH_USE).wait_for()
    page.keyboard.press("f")
    page.locator(".volume .notice").wait_for(state="hidden")


def test_axes_that_differ_are_drawn_in_millimetres(page: Any, url: str) -> None:
    """The DICOM series has slices 4 mm apart and pixels of 2 mm; the head is 68 x 80 x 72 mm."""
    open_viewer(page, url, 3)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.locator(".volume [data-presets]").select_option("full")
    drawn(page)
    canvas = page.locator(".view[data-plane=axial] > canvas")
    wide, high = canvas.evaluate(
        """c => {
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          let [l, r, t, b] = [c.width, 0, c.height, 0];
          for (let y = 0; y < c.height; y += 1)
            for (let x = 0; x < c.width; x += 1)
              if (data[4 * (y * c.width + x)] > 40) {
                l = Math.min(l, x); r = Math.max(r, x); t = Math.min(t, y); b = Math.max(b, y);
              }
          return [r - l, b - t];
        }"""
    )
    assert np.isclose(wide / high, 68 / 80, atol=0.08)
