"""The Volume page in a real browser, from the sample to the answer and what one takes away."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from tests.pages.browser import settle


@pytest.fixture(scope="module")
def url(fake_url: str) -> str:
    """The address of the page, with stand-ins for the network."""
    return f"{fake_url}/volume"


def _download(page: Any, button: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return Path(waiting.value.path()).read_bytes()


def _mask(page: Any) -> np.ndarray:
    found = nib.Nifti1Image.from_bytes(gzip.decompress(_download(page, "Mask NIfTI")))
    return np.asanyarray(found.dataobj) > 0


def _correct_and_take_away(page: Any) -> None:
    """Draw on a slice and save: measures and files follow, and go back again."""
    page.get_by_text("Outline as a file").click()
    before = _mask(page)
    page.keyboard.press("d")
    page.locator(".volume .editbar").wait_for()
    box = page.locator(".view[data-plane=axial]").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=3)
    page.mouse.up()
    page.locator(".volume .editbar [data-edit-name]").fill("Dr Day")
    page.get_by_role("button", name="Save outline").click()
    page.get_by_text("Corrected outline").wait_for()
    page.get_by_text("Corrected by Dr Day").first.wait_for()
    page.locator(".volume .editbar").wait_for(state="hidden")
    after = _mask(page)
    drawn = np.argwhere(after & ~before)
    assert len(drawn) > 20 and not (before & ~after).any()
    assert len({at for _, _, at in drawn}) == 1  # one slice alone
    page.get_by_role("button", name="Back to the model's outline").click()
    page.get_by_role("heading", name="Outline", exact=True).wait_for()


def test_from_the_sample_to_the_files_one_takes_away(page: Any, url: str) -> None:
    page.goto(url)
    settle(page)
    page.get_by_role("button", name="Try a sample").click()
    page.get_by_text("Tumour suspected").wait_for()
    page.get_by_text("drawing by BrainScan, not a patient").first.wait_for()
    page.locator(".volume .thumb").first.wait_for()

    with zipfile.ZipFile(io.BytesIO(_download(page, "Key slices"))) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
        assert len(pictures) >= 2
        assert Image.open(archive.open(pictures[0])).width > 100
    evidence = nib.Nifti1Image.from_bytes(gzip.decompress(_download(page, "Evidence NIfTI")))
    assert 0.5 < np.asanyarray(evidence.dataobj).max() <= 1.0

    view = page.locator(".view[data-plane=axial]")
    view.locator("canvas").first.hover()
    before = view.get_attribute("data-index")
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "([before]) => [...document.querySelectorAll('*')].some((host) => host.shadowRoot"
        "?.querySelector('.view[data-plane=axial]')?.dataset.index > before)",
        arg=[before],
    )
    with page.expect_download() as waiting:
        page.keyboard.press("p")
    assert waiting.value.suggested_filename.endswith(".png")

    _correct_and_take_away(page)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Try a sample").wait_for()
    path = page.get_by_placeholder("/data/study")
    path.fill("/nowhere/at/all")
    path.press("Enter")
    page.get_by_text("There is nothing at /nowhere/at/all").wait_for()
    assert [error for error in page.console_errors if "404" not in error] == []
