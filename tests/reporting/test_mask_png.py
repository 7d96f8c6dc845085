"""Masks as PNG: one bit a pixel on the slice's grid, and text that says whose it is."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from brainscan.notice import RESEARCH_USE
from brainscan.reporting.mask_exports import SLICE_KINDS, slice_file
from brainscan.reporting.mask_png import mask_png
from brainscan.reporting.outline import Outline
from tests.reporting import masks
from tests.reporting.dicom import answers


def test_every_pixel_by_two_readers() -> None:
    scan = masks.awkward_scan()
    file = slice_file("png", scan, masks.outlined(scan))
    assert (file.name, file.mime) == ("a-mask.png", "image/png")
    image = Image.open(io.BytesIO(file.data))
    assert image.mode == "1" and image.size == (31, 23)
    np.testing.assert_array_equal(np.asarray(image), masks.awkward_mask())
    again = cv2.imdecode(np.frombuffer(file.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(again, masks.awkward_mask() * np.uint8(255))
    assert file == slice_file("png", scan, masks.outlined(scan))


def test_the_text_names_model_and_use() -> None:
    scan = masks.awkward_scan()
    text = Image.open(io.BytesIO(slice_file("png", scan, masks.outlined(scan)).data)).text
    assert text["Title"] == "Tumour outline" and text["Disclaimer"] == RESEARCH_USE
    assert text["Description"] == f"Outlined by {answers.MODEL}. Not checked by a person."
    assert (text["Source"], text["Source-SHA256"]) == (answers.MODEL, scan.sha256)
    assert text["Pixel spacing"] == "0.5 mm between rows, 0.75 mm between columns"
    assert "Author" not in text and "Creation Time" not in text
    bare = slice_file("png", masks.awkward_scan(None), masks.outlined(scan))
    assert "Pixel spacing" not in Image.open(io.BytesIO(bare.data)).text


def test_a_correction_names_author_and_time() -> None:
    scan = masks.awkward_scan()
    file = slice_file("png", scan, masks.outlined(scan), masks.correction())
    image = Image.open(io.BytesIO(file.data))
    np.testing.assert_array_equal(np.asarray(image), masks.awkward_mask()[::-1])
    assert image.text["Author"] == "Zoë Lind" and image.text["Creation Time"] == masks.WHEN
    assert "corrected by Zoë Lind" in image.text["Description"]


def test_a_tumor_free_slice_is_empty_and_without_a_decoder_it_is_evidence() -> None:
    scan = masks.awkward_scan()
    free = slice_file("png", scan, masks.outlined(scan, decision="no_tumor", probability=0.1))
    assert not np.asarray(Image.open(io.BytesIO(free.data))).any()
    evidence = np.where(masks.awkward_mask(), 0.5, 0.499).astype(np.float32)
    level = slice_file("png", scan, answers.prediction(scan, evidence))
    image = Image.open(io.BytesIO(level.data))
    np.testing.assert_array_equal(np.asarray(image), masks.awkward_mask())
    assert image.text["Title"] == "Tumour mask"
    assert "draws no outline, and this is none" in image.text["Description"]


def test_what_does_not_fit_is_refused() -> None:
    scan = masks.awkward_scan()
    with pytest.raises(ValueError, match=r"shape \(23, 31\), got \(2, 2\)"):
        slice_file("png", scan, masks.outlined(scan), masks.correction(np.ones((2, 2), bool)))
    with pytest.raises(ValueError, match=r"shape \(23, 31\), got \(31, 23\)"):
        mask_png(scan, Outline(masks.awkward_mask().T, "model", "m 1"))
    with pytest.raises(ValueError, match="kind must be one of coco, yolo, got 'nifti'"):
        slice_file("nifti", scan, masks.outlined(scan))
    assert list(SLICE_KINDS) == ["png", "coco", "yolo"]
