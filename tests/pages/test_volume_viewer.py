"""The volume viewer in a real browser: what stands where, and what moves it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brainscan.notice import RESEARCH_USE
from tests.imaging import patient
from tests.imaging.test_volume_orientation import affines
from tests.pages.browser import ROOT, serve, settle

# The pixels of a plane's canvas that pass a test, as [mean x, mean y, count], x and y in [0, 1].
PIXELS = """([canvas, kind]) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const tests = {
    bright: (r, g, b) => r > 235 && g > 235 && b > 235,
    // The outline's own blue is no colour of the evidence.
    coloured: (r, g, b) => Math.max(r, g, b) - Math.min(r, g, b) > 60 && !tests.outline(r, g, b),
    outline: (r, g, b) => b > r + 90 && g > r + 60,
  };
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < width * height; at += 1) {
    if (!tests[kind](data[4 * at], data[4 * at + 1], data[4 * at + 2])) continue;
    count += 1;
    x += at % width;
    y += Math.floor(at / width);
  }
  return [x / Math.max(count, 1) / width, y / Math.max(count, 1) / height, count];
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The patient with a marker on the left, in four orientations and two formats."""
    folder = tmp_path_factory.mktemp("volumes")
    made = []
    for name in ("RAS", "PIR", "oblique"):
        made.append(folder / f"{name}.nii.gz")
        made[-1].write_bytes(patient.nifti_bytes(affines()[name]))
    made.append(patient.classic_series(folder / "sagittal", patient.SAGITTAL, backwards=True))
    return made


@pytest.fixture(scope="module")
def url(chromium: Any, files: list[Path]) -> Iterator[str]:
    env = {"VOLUME_VIEWER_FILES": os.pathsep.join(map(str, files))}
    with serve(ROOT / "tests/pages/volume_viewer_app.py", env=env) as address:
        yield address


def _open(page: Any, url: str, file: int = 0, answer: str = "") -> None:
    page.goto(f"{url}/?file={file}&answer={answer}")
    page.locator(".view[data-index]").nth(2).wait_for()
    if not answer:
        page.locator(".thumb").first.wait_for()
    settle(page)
    _drawn(page)


def _drawn(page: Any) -> None:
    """Wait until what was asked for is on the canvases."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def _pixels(page: Any, plane: str, kind: str) -> list[float]:
    _drawn(page)
    canvas = page.locator(f".view[data-plane={plane}] > canvas").element_handle()
    found: list[float] = page.evaluate(PIXELS, [canvas, kind])
    return found


def _index(page: Any, plane: str) -> int:
    _drawn(page)
    return int(page.locator(f".view[data-plane={plane}]").get_attribute("data-index"))


def _out(page: Any, name: str, plane: str = "axial") -> str:
    _drawn(page)
    return str(page.locator(f".view[data-plane={plane}] [data-out={name}]").inner_text())


@pytest.mark.parametrize(
    "file",
    [0, pytest.param(1, marks=pytest.mark.slow), 2, 3],
    ids=("RAS", "PIR", "oblique", "DICOM"),
)
def test_the_marker_is_on_the_patients_left(page: Any, url: str, file: int) -> None:
    _open(page, url, file)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.keyboard.press("t")
    for plane, right in (("axial", True), ("coronal", True), ("sagittal", False)):
        x, y, count = _pixels(page, plane, "bright")
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
    _open(page, url)
    page.keyboard.press("c")
    page.keyboard.press("t")
    over = {plane: _pixels(page, plane, "coloured") for plane in ("axial", "coronal", "sagittal")}
    page.keyboard.press("o")
    for plane, (x, y, count) in over.items():
        assert _pixels(page, plane, "coloured")[2] == 0
        under = _pixels(page, plane, "bright")
        assert count > 20
        assert abs(x - under[0]) < 0.05 and abs(y - under[1]) < 0.05, plane


def test_it_opens_at_the_most_suspicious_slice_and_stays_where_the_reader_went(
    page: Any, url: str
) -> None:
    _open(page, url, answer="none")
    middle = _index(page, "axial")
    assert middle == 18
    page.get_by_text("Answer", exact=True).click()
    page.locator(".thumb").first.wait_for()
    assert abs(_index(page, "axial") - 23) <= 2
    assert float(_out(page, "score").split()[-1]) > 0.9
    page.reload()
    page.locator(".view[data-index]").nth(2).wait_for()
    page.keyboard.press("ArrowUp")
    page.get_by_text("Answer", exact=True).click()
    page.locator(".thumb").first.wait_for()
    assert _index(page, "axial") == middle + 1


def test_wheel_keys_slider_and_drag_move_the_slices(page: Any, url: str) -> None:
    _open(page, url)
    box = page.locator(".view[data-plane=axial]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    start = _index(page, "axial")
    page.mouse.wheel(0, -120)
    page.locator(f".view[data-plane=axial][data-index='{start + 3}']").wait_for()
    for key, expected in (("Home", 0), ("PageUp", 10), ("k", 11), ("ArrowDown", 10), ("End", 35)):
        page.keyboard.press(key)
        assert _index(page, "axial") == expected, key
    assert _out(page, "slice").startswith("36 / 36")
    page.locator(".view[data-plane=coronal] input").evaluate(
        "(e) => { e.value = 7; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert _index(page, "coronal") == 7
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 40, steps=2)
    page.mouse.up()
    after = _index(page, "sagittal"), _index(page, "coronal")
    # To the image's left is to the patient's right; down is posterior.
    assert after[0] > 20 and after[1] < 22  # the middle of 40 and 44


def test_profile_and_thumbnails_jump(page: Any, url: str) -> None:
    _open(page, url)
    box = page.locator(".profile canvas").bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)
    assert _index(page, "axial") < 3
    assert "Not read" in _out(page, "state")
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    assert "probability 0.10" in page.locator(".profile [data-out=tip]").inner_text()
    page.locator(".thumb").first.click()
    assert abs(_index(page, "axial") - 23) <= 2
    page.keyboard.press("Home")
    page.keyboard.press("n")
    keys = sorted(int(b.get_attribute("data-index")) for b in page.locator(".thumb").all())
    assert _index(page, "axial") == keys[0]


def test_scrolling_runs_neither_script_nor_network(page: Any, url: str) -> None:
    traffic: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda _: traffic.append("in")))
    page.on("websocket", lambda ws: ws.on("framesent", lambda _: traffic.append("out")))
    page.on("request", lambda request: traffic.append(request.url))
    _open(page, url)
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
    _drawn(page)
    # Streamlit may say "alive" in between; a run of the script would show in its number.
    assert [entry for entry in traffic[seen:] if entry not in ("in", "out")] == []
    assert len(traffic) - seen <= 1
    assert page.console_errors == []


def test_place_and_window_survive_another_run_and_python_can_ask_for_a_slice_once(
    page: Any, url: str
) -> None:
    _open(page, url)
    page.keyboard.press("Home")
    page.locator(".volume [data-presets]").select_option("full")
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Run 2", exact=True).wait_for()
    settle(page)
    assert _index(page, "axial") == 0
    assert page.locator(".volume [data-presets]").input_value() == "full"
    page.get_by_role("button", name="Go to coronal 4").click()
    page.locator(".view[data-plane=coronal][data-index='3']").wait_for()
    assert page.locator(".volume").get_attribute("data-main") == "coronal"
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Run 4", exact=True).wait_for()
    settle(page)
    assert _index(page, "coronal") == 4


def test_save_tells_python_what_is_shown(page: Any, url: str) -> None:
    _open(page, url)
    page.keyboard.press("2")
    page.keyboard.press("i")
    page.keyboard.press("p")
    page.get_by_test_id("stJson").wait_for()
    index = _index(page, "coronal")
    page.keyboard.press("i")
    text = page.get_by_test_id("stJson").inner_text()
    told = {
        line.split(":")[0].strip(' "'): line.split(":")[-1].strip() for line in text.split("\n")
    }
    assert json.dumps("coronal") in text and told["index"] == str(index)
    assert told["invert"] == told["overlay"] == told["outline"] == "true"
    assert told["band"] == "false"


def test_no_evidence_is_said_and_not_drawn(page: Any, url: str) -> None:
    _open(page, url, answer="empty")
    page.locator(".volume [data-out=note]", has_text="No positive evidence").wait_for()
    assert page.locator(".volume .colorbar").is_hidden()
    page.keyboard.press("c")
    assert [_pixels(page, plane, "coloured")[2] for plane in ("axial", "coronal")] == [0, 0]


def test_probe_reads_the_file_s_own_values_also_in_full_screen(page: Any, url: str) -> None:
    _open(page, url)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.keyboard.press("t")
    x, y, _ = _pixels(page, "axial", "bright")
    box = page.locator(".view[data-plane=axial] > canvas").bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    _drawn(page)
    words = page.locator(".volume [data-out=probe]").inner_text()
    assert "Value 1000" in words and "Evidence" in words
    assert not page.locator(".volume .notice").is_visible()
    page.keyboard.press("f")
    page.locator(".volume .notice", has_text=RESEARCH_USE).wait_for()
    page.keyboard.press("f")
    page.locator(".volume .notice").wait_for(state="hidden")


def test_axes_that_differ_are_drawn_in_millimetres(page: Any, url: str) -> None:
    """The DICOM series has slices 4 mm apart and pixels of 2 mm; the head is 68 x 80 x 72 mm."""
    _open(page, url, 3)
    page.keyboard.press("c")
    page.keyboard.press("o")
    page.locator(".volume [data-presets]").select_option("full")
    _drawn(page)
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


def _press_and_drag(page: Any, plane: str, *, across: float) -> None:
    """Draw a line from a little left of a view's middle."""
    box = page.locator(f".view[data-plane={plane}]").bounding_box()
    x, y = box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y, steps=4)
    page.mouse.up()
    _drawn(page)


@pytest.mark.parametrize("file", [2, 3], ids=("oblique", "DICOM"))
def test_the_outline_lies_around_the_marker_in_all_planes(page: Any, url: str, file: int) -> None:
    _open(page, url, file)
    page.keyboard.press("c")
    page.keyboard.press("o")
    around = {plane: _pixels(page, plane, "outline") for plane in ("axial", "coronal", "sagittal")}
    page.keyboard.press("t")
    for plane, (x, y, count) in around.items():
        assert _pixels(page, plane, "outline")[2] == 0
        under = _pixels(page, plane, "bright")
        assert count > 20
        assert abs(x - under[0]) < 0.04 and abs(y - under[1]) < 0.04, plane
    assert page.console_errors == []


def test_the_uncertain_border_adds_to_the_outline(page: Any, url: str) -> None:
    _open(page, url)
    page.keyboard.press("c")
    page.keyboard.press("o")
    assert "Outline" in _out(page, "outlined")
    plain = _pixels(page, "axial", "outline")[2]
    page.get_by_role("button", name="Uncertain border").click()
    with_border = _pixels(page, "axial", "outline")[2]
    assert with_border > 1.2 * plain
    page.keyboard.press("u")
    assert _pixels(page, "axial", "outline")[2] == plain
    page.locator(".volume [data-set=fill]").evaluate(
        "(e) => { e.value = 0.6; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert _pixels(page, "axial", "outline")[2] > with_border
    page.keyboard.press("Home")
    assert _out(page, "outlined") == "" and _pixels(page, "axial", "outline")[2] == 0


def test_strokes_on_several_slices_are_undone_kept_saved_and_discarded(page: Any, url: str) -> None:
    _open(page, url)
    page.keyboard.press("o")
    page.keyboard.press("d")
    bar = page.locator(".volume .editbar")
    bar.wait_for()
    assert _out(page, "outlined") == "Editing the outline"
    here = _index(page, "axial")
    before = _pixels(page, "axial", "outline")[2]
    _press_and_drag(page, "axial", across=80)
    drawn = _pixels(page, "axial", "outline")[2]
    assert drawn > before + 50
    # The brush's way crosses the other planes, too.
    assert _pixels(page, "coronal", "outline")[2] > 20
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    _press_and_drag(page, "axial", across=40)
    bar.get_by_text("Unsaved strokes on 2 axial slices").wait_for()
    page.keyboard.press("Control+z")
    bar.get_by_text("Unsaved strokes on 1 axial slice").wait_for()
    page.keyboard.press("Control+z")
    assert _index(page, "axial") == here  # what is undone comes in sight
    assert abs(_pixels(page, "axial", "outline")[2] - before) < 30
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
    before = _pixels(page, "axial", "outline")[2]
    page.keyboard.press("d")
    bar.get_by_role("button", name="Clear slice").click()
    assert _pixels(page, "axial", "outline")[2] < before
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Discard", exact=True).click()
    bar.wait_for(state="hidden")
    assert _pixels(page, "axial", "outline")[2] == before
    assert page.console_errors == []
