"""DICOM on the Diagnose page in a real browser: grey values, sides, letters, volumes, identity."""

from __future__ import annotations

import base64
import contextlib
import zipfile
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut

from tests.imaging import patient
from tests.pages.browser import settle

UPLOAD = '[data-testid="stFileUploaderDropzoneInput"]'
SIDE = 48


@pytest.fixture(scope="module")
def url(fake_url: str) -> str:
    return fake_url


def _open(page: Any, url: str, *paths: Path) -> None:
    page.goto(url)
    settle(page)
    page.set_input_files(UPLOAD, [str(path) for path in paths])
    page.wait_for_selector(".viewer")


def _show(page: Any, name: str) -> None:
    """Go to a scan of the worklist and wait until it is painted with its answer."""
    page.locator(".list .row", has_text=name).click()
    page.locator('.viewer [data-out="name"]', has_text=name).wait_for()
    page.locator(".viewer [data-set=source] option").first.wait_for(state="attached")
    settle(page)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def _canvas(page: Any) -> np.ndarray:
    """Read the pane with the overlay back: ``(height, width, 3)`` uint8."""
    width, height, data = page.locator('canvas[data-pane="overlay"]').evaluate(
        """(pane) => {
          const { data } = pane.getContext("2d").getImageData(0, 0, pane.width, pane.height);
          let text = "";
          for (let i = 0; i < data.length; i += 8192)
            text += String.fromCharCode(...data.subarray(i, i + 8192));
          return [pane.width, pane.height, btoa(text)];
        }"""
    )
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)[..., :3]


def _grey_of_pixels(page: Any, size: tuple[int, int], aspect: float = 1.0) -> np.ndarray:
    """Return the grey that the canvas shows at the centre of every pixel, fitted to the pane."""
    shown = _canvas(page)
    height, width = shown.shape[:2]
    zoom = min(width / size[1], height / (size[0] * aspect))
    columns = (np.arange(size[1]) + 0.5 - size[1] / 2) * zoom + width / 2
    rows = (np.arange(size[0]) + 0.5 - size[0] / 2) * zoom * aspect + height / 2
    found = shown[rows.astype(int)[:, None], columns.astype(int)]
    assert (found == found[..., :1]).all(), "not grey"
    return found[..., 0].astype(float)


def _pixels() -> np.ndarray:
    """Every value of 12 bits that the windows below tell apart, in a slice that is no blank."""
    return np.random.default_rng(5).integers(0, 4096, (SIDE, SIDE)).astype(np.uint16)


def _table() -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [1000, 700, 12]
    item["LUTDescriptor"].VR = "US"
    item.LUTData = [int(value) for value in np.sqrt(np.linspace(0, 1, 1000)) * 4095]
    item["LUTData"].VR = "US"
    item.LUTExplanation = "ROOT"
    return item


WINDOWS: dict[str, dict[str, Any]] = {
    "linear": {"WindowCenter": "1800", "WindowWidth": "900"},
    "exact": {"WindowCenter": "1800", "WindowWidth": "900", "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": "1800", "WindowWidth": "900", "VOILUTFunction": "SIGMOID"},
    "table": {"VOILUTSequence": [_table()]},
    "negative": {
        "WindowCenter": ["1500", "600"],
        "WindowWidth": ["2001", "300"],
        "WindowCenterWidthExplanation": ["WIDE", "NARROW"],
        "PhotometricInterpretation": "MONOCHROME1",
    },
}


def _written(folder: Path) -> dict[str, Path]:
    paths = {}
    for number, (name, more) in enumerate(WINDOWS.items()):
        series = f"1.2.3.4.{number}"
        dataset = patient.header(SeriesInstanceUID=series, InstanceNumber=number, **more)
        paths[name] = folder / name
        paths[name].write_bytes(patient.to_bytes(patient.with_pixels(dataset, _pixels(), 12)))
    return paths


def test_grey_values_equal_pydicom_and_highdicom(page: Any, url: str, tmp_path: Path) -> None:
    paths = _written(tmp_path)
    _open(page, url, *paths.values())
    page.keyboard.press("o")  # no overlay
    page.keyboard.press("x")  # pixels as they are
    for name, path in paths.items():
        _show(page, name)
        shown = _grey_of_pixels(page, (SIDE, SIDE))
        dataset = pydicom.dcmread(path)
        if name == "table":
            expected = apply_voi_lut(dataset.pixel_array, dataset) / 4095
        else:
            frame = highdicom.imread(path).get_frame(
                1, apply_voi_transform=True, apply_presentation_lut=True
            )
            expected = np.asarray(frame, float)
        np.testing.assert_allclose(shown, expected * 255, atol=0.501, err_msg=name)
        assert len(np.unique(shown)) > 100
    # These files do not say how the patient lies, nor how large a pixel is.
    assert page.locator('.viewer [data-out="orientation"]').inner_text() == "Orientation unknown"
    assert page.locator(".letters b").all_inner_texts() == [""] * 8
    assert not page.locator(".viewer .ruler").is_visible()
    # The other window of the file, and back; whoever drags the table keeps its shape.
    chosen = page.locator(".viewer [data-preset]")
    assert chosen.locator("option").all_inner_texts() == ["WIDE", "NARROW"]
    # Turned around in 12 bits: a window of 1500 +- 1000 that is dark for large lies at 4096 - 1500.
    assert page.locator('.viewer [data-out="window"]').inner_text() == "W 2001 L 2596"
    chosen.select_option(label="NARROW")
    second = highdicom.imread(paths["negative"]).get_frame(
        1, apply_voi_transform=True, voi_transform_selector=1, apply_presentation_lut=True
    )
    page.wait_for_timeout(100)
    np.testing.assert_allclose(_grey_of_pixels(page, (SIDE, SIDE)), second * 255.0, atol=0.501)
    page.locator(".viewer [data-act=full]").click()
    assert chosen.input_value() == ""
    page.keyboard.press("r")
    assert chosen.input_value() == "0"
    assert page.console_errors == []


# Row and column directions (LPS+), spacing, and where the patient's left, anterior, superior
# marker must be seen: right of, and above, the middle of the picture.
MIRRORED = (-1, 0, 0, 0, 1, 0)
FLIPPED = (1, 0, 0, 0, -1, 0)
VIEWS: dict[str, tuple[tuple[float, ...], tuple[float, float], str]] = {
    "axial": (patient.AXIAL, (2.0, 2.0), "RLAP"),
    "mirrored": (MIRRORED, (2.0, 2.0), "LRAP"),
    "flipped": (FLIPPED, (2.0, 2.0), "RLPA"),
    "coronal": (patient.CORONAL, (2.0, 1.25), "RLSI"),
    "sagittal": (patient.SAGITTAL, (1.25, 2.0), "APSI"),
}
AXES = {"L": (0, -1), "R": (0, 1), "P": (1, -1), "A": (1, 1), "I": (2, -1), "S": (2, 1)}


def _slice_through_marker(folder: Path, name: str, number: int) -> Path:
    orientation, spacing, _ = VIEWS[name]
    across, down, normal = patient.directions(orientation)
    marker = patient.MARKER * [-1, -1, 1]
    rows, columns = round(96 / spacing[0]), round(88 / spacing[1])
    corner = normal * (normal @ marker)
    corner = corner - down * spacing[0] * (rows - 1) / 2 - across * spacing[1] * (columns - 1) / 2
    y, x = np.mgrid[:rows, :columns]
    lps = corner + y[..., None] * spacing[0] * down + x[..., None] * spacing[1] * across
    dataset = patient.header(SeriesInstanceUID=f"1.2.3.5.{number}", InstanceNumber=number)
    dataset.ImagePositionPatient = [f"{part:.6f}" for part in corner]
    dataset.ImageOrientationPatient = list(orientation)
    dataset.PixelSpacing = list(spacing)
    dataset.WindowCenter, dataset.WindowWidth = 500, 1000
    pixels = patient.intensity(lps * [-1, -1, 1]).astype(np.uint16)
    path = folder / name
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, pixels)))
    return path


def _centroid(mask: np.ndarray) -> np.ndarray:
    assert mask.any()
    return np.argwhere(mask).mean(axis=0)


def test_the_marker_lies_on_its_side_with_the_letters_and_the_heat_map_on_it(
    page: Any, url: str, tmp_path: Path
) -> None:
    paths = [_slice_through_marker(tmp_path, name, n) for n, name in enumerate(VIEWS)]
    _open(page, url, *paths)
    for name, (_, _, letters) in VIEWS.items():
        _show(page, name)
        edges = page.locator('.letters[data-for="overlay"] b').all_inner_texts()
        assert "".join(edges) == letters, name
        picture = _canvas(page).astype(int)
        colored = (picture.max(axis=2) - picture.min(axis=2)) > 40
        page.keyboard.press("o")
        page.wait_for_timeout(100)
        grey = _canvas(page)[..., 0].astype(int)
        page.keyboard.press("o")
        bright = grey > 240
        height, width = grey.shape
        row, column = _centroid(bright) - [(height - 1) / 2, (width - 1) / 2]
        for letter, towards in zip(letters, (-column, column, -row, row), strict=True):
            axis, sign = AXES[letter]
            assert np.sign(towards) == np.sign(patient.MARKER[axis]) * sign, (name, letter)
        # Equally long in millimetres: 7 mm around the marker is a disc on the screen.
        extent = np.ptp(np.argwhere(bright), axis=0) + 1
        assert abs(extent[0] / extent[1] - 1) < 0.2, name
        # The heat map of a stand-in that calls bright blobs tumour lies on the blob.
        ruler = page.locator(".viewer .ruler")
        mm = float(ruler.inner_text().split()[0])
        pixels_per_mm = ruler.locator("i").bounding_box()["width"] / mm
        assert abs(extent[1] / pixels_per_mm - 14) < 2.5, name
        away = (_centroid(colored) - _centroid(bright)) / pixels_per_mm
        assert np.hypot(*away) < 5, name
    assert page.console_errors == []


def test_identity_is_hidden_until_asked_for_and_results_are_made(
    page: Any, url: str, tmp_path: Path
) -> None:
    _open(page, url, _slice_through_marker(tmp_path, "axial", 0))
    _show(page, "axial")
    answer = page.locator(".st-key-answer")
    panels = answer.get_by_test_id("stExpander")
    panels.filter(has_text="Header").locator("summary").click()
    panels.filter(has_text="Patient name").wait_for()
    assert not [secret for secret in patient.SECRETS if secret in page.content()]
    answer.get_by_text("Hide identity").click()
    answer.get_by_text(patient.PATIENT_ID).wait_for()
    answer.get_by_text("Hide identity").click()
    answer.get_by_text(patient.PATIENT_ID).wait_for(state="detached")
    settle(page)
    panels.filter(has_text="DICOM results").locator("summary").click()
    report_button = answer.get_by_test_id("stDownloadButton").get_by_text("Report")
    _press_until(answer.get_by_role("button", name="Make", exact=True), report_button)
    with page.expect_download() as download:
        report_button.click()
    report = pydicom.dcmread(Path(download.value.path()))
    assert (report.Modality, report.PatientID) == ("SR", patient.PATIENT_ID)
    assert not any(secret in download.value.suggested_filename for secret in patient.SECRETS)
    assert page.console_errors == []


def _press_until(button: Any, awaited: Any) -> None:
    """Press a button, again if need be: a click on what is being drawn anew is lost."""
    from playwright.sync_api import TimeoutError as NotYet  # where there is none, this is not run

    for patience_ms in (20_000, 60_000):
        button.click()
        with contextlib.suppress(NotYet):
            awaited.wait_for(timeout=patience_ms)
            return
    raise AssertionError("The button did nothing, twice.")


def _folder(tmp_path: Path) -> Path:
    return patient.classic_series(tmp_path / "series")


def _zip(tmp_path: Path) -> Path:
    path = tmp_path / "disc.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(_folder(tmp_path).iterdir()):
            archive.write(one, f"Doe/{one.name}")
        archive.writestr("Doe/readme.txt", "a viewer")
    return path


def _nifti(tmp_path: Path) -> Path:
    affine = np.diag([-2.0, -2.0, 2.0, 1.0])
    path = tmp_path / "flair.nii.gz"
    path.write_bytes(patient.nifti_bytes(affine))
    return path


def test_volumes_get_a_card_each(page: Any, url: str, tmp_path: Path) -> None:
    page.goto(url)
    settle(page)
    page.set_input_files(UPLOAD, [str(_zip(tmp_path)), str(_nifti(tmp_path))])
    cards = page.get_by_test_id("volume-card")
    cards.nth(1).wait_for()
    words = [card.split("\n")[0] for card in cards.all_inner_texts()]
    assert words == [f"This is a volume of {count} slices" for count in (36, 20)]
    assert not [secret for secret in patient.SECRETS if secret in page.content()]
    page.get_by_role("button", name="Remove").first.click()
    cards.nth(1).wait_for(state="detached")
    page.get_by_role("button", name="Open on the Volume page").click()
    page.wait_for_url("**/volume")
    settle(page)
    assert page.get_by_text("has encountered an error").count() == 0
    assert page.console_errors == []


def test_a_folder_can_be_dropped(page: Any, url: str, tmp_path: Path) -> None:
    """Drop a real folder, as a file manager does."""
    folder = _folder(tmp_path)
    page.goto(url)
    settle(page)
    box = page.locator('[data-testid="stFileUploaderDropzone"]').bounding_box()
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send(
            "Input.dispatchDragEvent",
            {"type": kind, "x": box["x"] + 40, "y": box["y"] + 40, "data": data},
        )
    card = page.get_by_test_id("volume-card")
    card.wait_for()
    assert "This is a volume of 20 slices" in card.inner_text()
    assert page.console_errors == []
