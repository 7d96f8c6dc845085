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

from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.release import list_models
from brainscan.notice import RESEARCH_USE
from tests.pages.browser import settle
from tests.pages.diagnose_page import out, painted, slide, upload


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


def test_uploaded_slice_gets_an_answer(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["lesion.png"])
    assert page.get_by_test_id("decision").inner_text() == "Tumour suspected"
    assert out(page, "name") == "lesion.png"
    assert out(page, "size") == "256 × 256 pixels"
    assert out(page, "model") == "ResNet50 0.0.1"
    assert page.get_by_role("img", name="Tumour probability").count() == 1
    assert page.console_errors == []


def test_released_model_answers(page: Any, app_url: str, files: dict[str, Path]) -> None:
    if not list_models():
        pytest.skip("no released model in models/")
    upload(page, app_url, files["lesion.png"])
    words = page.get_by_test_id("decision").inner_text()
    assert words in ("Tumour suspected", "No tumour detected", "Uncertain")
    assert page.locator(".viewer [data-set=source] option").count() >= 2
    assert page.console_errors == []


def test_full_screen_keeps_the_notice_in_sight(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["lesion.png"])
    assert not page.locator(".viewer .notice").is_visible()
    page.keyboard.press("f")
    page.locator(".viewer .notice", has_text=RESEARCH_USE).wait_for()
    page.keyboard.press("f")
    page.locator(".viewer .notice").wait_for(state="hidden")


def test_choice_of_model_survives_another_page(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["lesion.png"])
    page.get_by_test_id("stSelectbox").filter(has_text="Model").locator("input").click()
    page.get_by_role("option", name="Custom CNN 0.0.1").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()
    page.get_by_role("link", name="Training").click()
    page.locator(".viewer").wait_for(state="detached")
    page.get_by_role("link", name="Diagnose").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()


def test_keys_act_on_the_picture(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["lesion.png"])
    with_overlay = painted(page)
    page.keyboard.press("o")
    without = painted(page)
    assert without != with_overlay
    page.keyboard.press("i")
    assert painted(page) != without
    assert "inverted" in out(page, "zoom")
    page.keyboard.press("i")
    page.keyboard.press("o")
    assert painted(page) == with_overlay
    before = out(page, "zoom")
    page.keyboard.press("+")
    assert out(page, "zoom") != before
    page.keyboard.press("r")
    assert out(page, "zoom") == before and painted(page) == with_overlay
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
    upload(page, url, files["lesion.png"])
    page.wait_for_timeout(500)
    ran = log.read_text()
    shown = {painted(page)}
    for name, value in (
        ("data-set=opacity", 0.9),
        ("data-set=threshold", 0.6),
        ("data-window=width", 90),
        ("data-window=level", 60),
    ):
        slide(page, name, value)
        shown.add(painted(page))
    page.locator(".viewer [data-set=colormap]").select_option("viridis")
    shown.add(painted(page))
    page.locator(".viewer [data-set=source]").select_option("gradcam:tumor")
    shown.add(painted(page))
    assert len(shown) == 7
    assert out(page, "window") == "W 90 L 60"
    assert "largest" in out(page, "unit")
    page.wait_for_timeout(700)
    assert log.read_text() == ran


def test_next_and_previous_need_no_network_and_keep_the_settings(
    page: Any, url: str, files: dict[str, Path], log: Path
) -> None:
    upload(page, url, files["lesion.png"], files["plain.png"])
    page.get_by_text("Waiting", exact=True).first.wait_for(state="detached")
    slide(page, "data-set=opacity", 0.8)
    asked = log.read_text().count("network")
    page.keyboard.press("j")
    page.locator('.viewer [data-out="name"]', has_text="plain.png").wait_for()
    assert out(page, "position") == "2 / 2"
    assert out(page, "opacity") == "80 %"
    page.keyboard.press("k")
    page.locator('.viewer [data-out="name"]', has_text="lesion.png").wait_for()
    assert log.read_text().count("network") == asked


def test_text_named_jpg_gets_a_sentence_beside_a_good_scan(
    page: Any, url: str, files: dict[str, Path]
) -> None:
    upload(page, url, files["notes.jpg"], files["lesion.png"])
    assert out(page, "problem").startswith("notes.jpg contains text, not an image.")
    page.keyboard.press("j")
    page.locator('.viewer [data-out="name"]', has_text="lesion.png").wait_for()
    page.get_by_test_id("decision").wait_for()
    assert out(page, "problem") == ""
    assert page.locator(".list .row").count() == 2
    assert page.get_by_text("Traceback").count() == 0
    assert page.console_errors == []


def test_probe_reads_the_file_s_own_values(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["deep.png"])
    stored = cv2.imread(str(files["deep.png"]), cv2.IMREAD_UNCHANGED)
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2 + 1)
    page.wait_for_timeout(200)
    words = out(page, "probe").split()
    x, y, value = int(words[1]), int(words[3]), int(words[5])
    assert (x, y) == (128, 128)
    assert value == stored[y, x] > 255


def test_mouse_zooms_moves_and_windows(page: Any, url: str, files: dict[str, Path]) -> None:
    upload(page, url, files["lesion.png"])
    page.keyboard.press("o")
    fitted, zoom = painted(page), out(page, "zoom")
    box = page.locator('canvas[data-pane="overlay"]').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert out(page, "zoom") != zoom
    zoomed = painted(page)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=3)
    page.mouse.up()
    assert painted(page) not in (zoomed, fitted)
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x - 100, y, steps=3)
    page.mouse.up(button="right")
    assert out(page, "window") != "W 256 L 128"
    page.keyboard.press("r")
    assert painted(page) == fitted


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
    upload(page, url, files["plain.png"], files["lesion.png"])
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
    upload(page, url, files["deep.png"])
    asked = log.read_text().count("network")
    page.get_by_test_id("stSelectbox").filter(has_text="Model").locator("input").click()
    page.get_by_role("option", name="Custom CNN 0.0.1").click()
    page.locator('.viewer [data-out="model"]', has_text="Custom CNN 0.0.1").wait_for()
    assert log.read_text().count("network") == asked + 1
