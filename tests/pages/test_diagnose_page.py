"""The Diagnose page in a real browser, with a stand-in for the released models."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.release import list_models
from brainscan.notice import RESEARCH_USE
from tests.pages.browser import settle

UPLOAD = '[data-testid="stFileUploaderDropzoneInput"]'


@pytest.fixture(scope="module")
def log(fake_log: Path) -> Path:
    return fake_log


@pytest.fixture(scope="module")
def url(fake_url: str) -> str:
    return fake_url


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files as a person has them: two scans, a text named .jpg, a 16-bit slice."""
    folder = tmp_path_factory.mktemp("files")
    found = {}
    for name, lesion, seed in (("lesion.png", "meningioma", 13), ("plain.png", "none", 12)):
        found[name] = folder / name
        found[name].write_bytes(phantom_png(phantom_slice(seed, lesion=lesion)))  # type: ignore[arg-type]
    found["notes.jpg"] = folder / "notes.jpg"
    found["notes.jpg"].write_text("These are notes about a patient, not a picture.")
    deep = phantom_slice(13, lesion="meningioma").pixels.astype(np.uint16) * 200
    found["deep.png"] = folder / "deep.png"
    cv2.imwrite(str(found["deep.png"]), deep)
    return found


def _upload(page: Any, url: str, *paths: Path) -> None:
    page.goto(url)
    settle(page)
    page.set_input_files(UPLOAD, [str(path) for path in paths])
    page.wait_for_selector(".viewer")
    page.wait_for_function("document.querySelector('[data-testid=stSpinner]') === null")
    settle(page)


def _painted(page: Any, pane: str = "overlay") -> str:
    """Return a digest of what a pane of the viewer shows."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    canvas = page.locator(f'canvas[data-pane="{pane}"]')
    return str(canvas.evaluate("c => c.toDataURL()"))


def _out(page: Any, name: str) -> str:
    return str(page.locator(f'.viewer [data-out="{name}"]').first.inner_text())


def _slide(page: Any, name: str, value: float) -> None:
    page.locator(f".viewer [{name}]").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", value
    )


def test_uploaded_slice_gets_an_answer(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["lesion.png"])
    assert page.get_by_test_id("decision").inner_text() == "Tumour suspected"
    assert _out(page, "name") == "lesion.png"
    assert _out(page, "size") == "256 × 256 pixels"
    assert _out(page, "model") == "ResNet50 0.0.1"
    assert page.get_by_role("img", name="Tumour probability").count() == 1
    assert page.console_errors == []


def test_released_model_answers(page: Any, app_url: str, files: dict[str, Path]) -> None:
    if not list_models():
        pytest.skip("no released model in models/")
    _upload(page, app_url, files["lesion.png"])
    words = page.get_by_test_id("decision").inner_text()
    assert words in ("Tumour suspected", "No tumour detected", "Uncertain")
    assert page.locator(".viewer [data-set=source] option").count() >= 2
    assert page.console_errors == []


def test_full_screen_keeps_the_notice_in_sight(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["lesion.png"])
    assert not page.locator(".viewer .notice").is_visible()
    page.keyboard.press("f")
    page.locator(".viewer .notice", has_text=RESEARCH_USE).wait_for()
    page.keyboard.press("f")
    page.locator(".viewer .notice").wait_for(state="hidden")


def test_choice_of_model_survives_another_page(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["lesion.png"])
    page.get_by_test_id("stSelectbox").filter(has_text="Model").locator("input").click()
    page.get_by_role("option", name="Custom CNN 0.0.1").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()
    page.get_by_role("link", name="Training").click()
    page.locator(".viewer").wait_for(state="detached")
    page.get_by_role("link", name="Diagnose").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()


def test_keys_act_on_the_picture(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["lesion.png"])
    with_overlay = _painted(page)
    page.keyboard.press("o")
    without = _painted(page)
    assert without != with_overlay
    page.keyboard.press("i")
    assert _painted(page) != without
    assert "inverted" in _out(page, "zoom")
    page.keyboard.press("i")
    page.keyboard.press("o")
    assert _painted(page) == with_overlay
    before = _out(page, "zoom")
    page.keyboard.press("+")
    assert _out(page, "zoom") != before
    page.keyboard.press("r")
    assert _out(page, "zoom") == before and _painted(page) == with_overlay
    page.keyboard.press("s")
    plain = page.locator('canvas[data-pane="plain"]')
    assert plain.is_visible()
    page.keyboard.press("s")
    assert not plain.is_visible()
    page.keyboard.press("?")
    assert page.locator(".viewer .help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".viewer .help").is_visible()
    assert page.console_errors == []


def test_overlay_and_window_run_neither_script_nor_network(
    page: Any, url: str, files: dict[str, Path], log: Path
) -> None:
    _upload(page, url, files["lesion.png"])
    page.wait_for_timeout(500)
    ran = log.read_text()
    shown = {_painted(page)}
    for name, value in (
        ("data-set=opacity", 0.9),
        ("data-set=threshold", 0.6),
        ("data-window=width", 90),
        ("data-window=level", 60),
    ):
        _slide(page, name, value)
        shown.add(_painted(page))
    page.locator(".viewer [data-set=colormap]").select_option("viridis")
    shown.add(_painted(page))
    page.locator(".viewer [data-set=source]").select_option("gradcam:tumor")
    shown.add(_painted(page))
    assert len(shown) == 7
    assert _out(page, "window") == "W 90 L 60"
    assert "largest" in _out(page, "unit")
    page.wait_for_timeout(700)
    assert log.read_text() == ran


def test_next_and_previous_need_no_network_and_keep_the_settings(
    page: Any, url: str, files: dict[str, Path], log: Path
) -> None:
    _upload(page, url, files["lesion.png"], files["plain.png"])
    page.get_by_text("Waiting", exact=True).first.wait_for(state="detached")
    _slide(page, "data-set=opacity", 0.8)
    asked = log.read_text().count("network")
    page.keyboard.press("j")
    page.locator('.viewer [data-out="name"]', has_text="plain.png").wait_for()
    assert _out(page, "position") == "2 / 2"
    assert _out(page, "opacity") == "80 %"
    page.keyboard.press("k")
    page.locator('.viewer [data-out="name"]', has_text="lesion.png").wait_for()
    assert log.read_text().count("network") == asked


def test_text_named_jpg_gets_a_sentence_beside_a_good_scan(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    _upload(page, url, files["notes.jpg"], files["lesion.png"])
    assert _out(page, "problem").startswith("notes.jpg contains text, not an image.")
    page.keyboard.press("j")
    page.locator('.viewer [data-out="name"]', has_text="lesion.png").wait_for()
    page.get_by_test_id("decision").wait_for()
    assert _out(page, "problem") == ""
    assert page.locator(".list .row").count() == 2
    assert page.get_by_text("Traceback").count() == 0
    assert page.console_errors == []


def test_probe_reads_the_file_s_own_values(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["deep.png"])
    stored = cv2.imread(str(files["deep.png"]), cv2.IMREAD_UNCHANGED)
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2 + 1)
    page.wait_for_timeout(200)
    words = _out(page, "probe").split()
    x, y, value = int(words[1]), int(words[3]), int(words[5])
    assert (x, y) == (128, 128)
    assert value == stored[y, x] > 255


def test_mouse_zooms_moves_and_windows(page: Any, url: str, files: dict[str, Path]) -> None:
    _upload(page, url, files["lesion.png"])
    page.keyboard.press("o")
    fitted, zoom = _painted(page), _out(page, "zoom")
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert _out(page, "zoom") != zoom
    zoomed = _painted(page)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=3)
    page.mouse.up()
    assert _painted(page) not in (zoomed, fitted)
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x - 100, y, steps=3)
    page.mouse.up(button="right")
    assert _out(page, "window") != "W 256 L 128"
    page.keyboard.press("r")
    assert _painted(page) == fitted


def test_sample_is_labelled_synthetic_and_results_can_be_taken_away(
    page: Any, url: str, tmp_path: Path
) -> None:
    page.goto(url)
    settle(page)
    page.get_by_role("button", name="Try a sample").click()
    page.wait_for_selector(".viewer")
    page.get_by_text("Synthetic slice: a drawing by BrainScan").wait_for()
    page.get_by_text("Waiting", exact=True).first.wait_for(state="detached")
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(table) == 5 and {line["notice"] for line in table} == {RESEARCH_USE}
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    document = json.loads(Path(download.value.path()).read_text())
    assert document["notice"] == RESEARCH_USE and len(document["results"]) == 5
    with page.expect_download() as download:
        page.keyboard.press("p")
    saved = cv2.imdecode(np.frombuffer(Path(download.value.path()).read_bytes(), np.uint8), 1)
    assert download.value.suggested_filename == "synthetic-1-glioma-brainscan.png"
    assert saved is not None and saved.shape[0] > 256
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Drop brain MRI scans here").wait_for()
    assert page.console_errors == []


def test_order_by_probability_moves_with_the_keys(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    _upload(page, url, files["plain.png"], files["lesion.png"])
    page.get_by_text("Waiting", exact=True).first.wait_for(state="detached")
    page.get_by_test_id("stSelectbox").filter(has_text="Order").locator("input").click()
    page.get_by_role("option", name="Probability").click()
    page.locator('.viewer [data-out="position"]', has_text="2 / 2").wait_for()
    assert page.locator(".list .name").all_inner_texts() == ["lesion.png", "plain.png"]
    page.locator(".list .row").first.click()
    page.locator('.viewer [data-out="name"]', has_text="lesion.png").wait_for()


def test_other_model_answers_for_itself(
    page: Any, url: str, files: dict[str, Path], log: Path
) -> None:
    _upload(page, url, files["deep.png"])
    asked = log.read_text().count("network")
    page.get_by_test_id("stSelectbox").filter(has_text="Model").locator("input").click()
    page.get_by_role("option", name="Custom CNN 0.0.1").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()
    assert log.read_text().count("network") == asked + 1


def _outlined(page: Any) -> str:
    """Return a digest of what is drawn over the slice."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return str(page.locator(".viewer .layer").evaluate("c => c.toDataURL()"))


def _stroke(page: Any, *ways: tuple[float, float], button: str = "left") -> None:
    """Drag through places given as shares of the pane."""
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ways]
    page.mouse.move(*places[0])
    page.mouse.down(button=button)
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up(button=button)


def _mask(page: Any) -> tuple[np.ndarray, dict[str, str]]:
    """Return the mask that the page gives away, and what its file says."""
    settle(page)  # a panel that is just being drawn anew may open or close
    panel = page.locator("details", has_text="Outline as a file")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Mask PNG").click()
    with Image.open(download.value.path()) as image:
        return np.asarray(image.convert("L")) > 0, dict(image.text)  # type: ignore[attr-defined]


def test_outline_is_drawn_measured_and_switched(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    _upload(page, url, files["lesion.png"])
    words = page.get_by_test_id("outline").inner_text()
    assert words.startswith("Outline") and "Uncertain border" in words and " px" in words
    shown = _outlined(page)
    page.keyboard.press("u")
    assert _outlined(page) != shown
    page.keyboard.press("u")
    _slide(page, "data-set=fill", 0.5)
    assert _outlined(page) != shown
    _slide(page, "data-set=fill", 0.12)
    assert _outlined(page) == shown
    page.keyboard.press("t")
    empty = _outlined(page)
    assert empty != shown and _out(page, "outlined") == ""
    page.keyboard.press("t")
    assert _outlined(page) == shown and "px" in _out(page, "outlined")
    assert page.console_errors == []


def test_correction_is_painted_saved_exported_and_taken_back(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    _upload(page, url, files["lesion.png"], files["plain.png"])
    before, _ = _mask(page)
    page.keyboard.press("d")
    start = _outlined(page)
    _stroke(page, (0.45, 0.5), (0.5, 0.5))
    page.mouse.move(5, 5)
    painted = _outlined(page)
    page.keyboard.press("Control+z")
    assert _outlined(page) == start
    page.keyboard.press("Control+Shift+z")
    assert _outlined(page) == painted
    # The right button windows, the middle one moves: neither paints.
    _stroke(page, (0.3, 0.3), (0.35, 0.3), button="right")
    _stroke(page, (0.3, 0.3), (0.35, 0.3), button="middle")
    page.keyboard.press("r")
    page.mouse.move(5, 5)
    assert _outlined(page) == painted

    # Another scan and another page do not lose the strokes.
    page.keyboard.press("j")
    page.locator('.viewer [data-out="note"]', has_text="Unsaved strokes on lesion.png").wait_for()
    page.keyboard.press("k")
    page.locator(".editbar").wait_for()
    page.get_by_role("link", name="Training").click()
    page.locator(".viewer").wait_for(state="detached")
    page.get_by_role("link", name="Diagnose").click()
    page.locator(".editbar").wait_for()
    assert _outlined(page) == painted
    page.get_by_label("Your name").fill("A. Reader")
    page.get_by_role("button", name="Save outline").click()
    page.get_by_test_id("outline").get_by_text("Corrected by A. Reader").wait_for()
    page.locator(".editbar").wait_for(state="hidden")
    after, said = _mask(page)
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
    assert np.array_equal(_mask(page)[0], before)
    assert page.console_errors == []


def test_drawing_from_nothing_at_any_zoom_and_leaving_asks_first(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    _upload(page, url, files["plain.png"])
    assert "Nothing is outlined." in page.get_by_test_id("outline").inner_text()
    page.keyboard.press("1")
    for _ in range(9):
        page.keyboard.press("+")
    page.keyboard.press("d")
    for _ in range(4):
        page.keyboard.press("[")
    _stroke(page, (0.5, 0.5))
    page.keyboard.press("e")
    _stroke(page, (0.2, 0.2), (0.8, 0.2))
    page.keyboard.press("Escape")
    page.get_by_text("Discard your strokes?").wait_for()
    page.get_by_role("button", name="Keep editing").click()
    page.keyboard.press("Enter")
    page.get_by_test_id("outline").get_by_text("Corrected by unnamed reader").wait_for()
    mask, _ = _mask(page)
    # A brush of one pixel's radius in the middle of the slice, on the corner of four pixels.
    assert np.argwhere(mask).tolist() == [[127, 127], [127, 128], [128, 127], [128, 128]]
    page.keyboard.press("d")
    _stroke(page, (0.5, 0.3))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    page.locator(".editbar").wait_for(state="hidden")
    assert np.array_equal(_mask(page)[0], mask)
    assert page.console_errors == []
