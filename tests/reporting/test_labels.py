"""COCO and YOLO labels, read back pixel by pixel: by decoders of our own and by pycocotools."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.volume import as_displayed
from brainscan.inference.volume import predict_volume
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.label_sets import LabeledSlice, labels_zip
from brainscan.reporting.labels_coco import CocoLabels
from brainscan.reporting.labels_yolo import yolo_lines
from brainscan.reporting.mask_exports import slice_file, volume_file
from brainscan.reporting.outline import Outline
from tests.imaging import patient
from tests.imaging.bad_inputs import AFFINE
from tests.imaging.polygons import filled, wound
from tests.inference.fake_network import fake_classifier
from tests.reporting import masks
from tests.reporting.dicom import answers


def opened(data: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def coco_pixels(annotation: dict[str, Any], size: tuple[int, int]) -> np.ndarray:
    """Decode an annotation by the definition of the format."""
    shape = annotation["segmentation"]
    if isinstance(shape, list):
        return filled([np.reshape(one, (-1, 2))[:, ::-1] for one in shape], size)
    assert shape["size"] == list(size) and sum(shape["counts"]) == size[0] * size[1]
    values = np.repeat(np.arange(len(shape["counts"])) % 2 == 1, shape["counts"])
    return values.reshape(size, order="F")


def yolo_rings(text: str, size: tuple[int, int]) -> list[np.ndarray]:
    """Decode the lines of a label file to rows and columns."""
    found = []
    for line in text.splitlines():
        number, *values = line.split()
        assert number == "0" and all(0 <= float(value) <= 1 for value in values)
        found.append(np.reshape(values, (-1, 2)).astype(float)[:, ::-1] * size)
    return found


def document_of(mask: np.ndarray) -> dict[str, Any]:
    scan = masks.awkward_scan()
    labels = CocoLabels()
    answer = masks.outlined(scan, mask)
    labels.add(LabeledSlice.of(scan, answer, Outline.of_slice(answer), "a"))
    return labels.document()


def test_coco_annotations_are_the_lesions() -> None:
    mask = masks.awkward_mask()
    document = document_of(mask)
    found = document["annotations"]
    assert [isinstance(one["segmentation"], dict) for one in found] == [False, True, False, False]
    total = np.zeros(mask.shape, int)
    for one in found:
        pixels = coco_pixels(one, mask.shape)
        total += pixels
        assert one["area"] == pixels.sum() and (one["iscrowd"], one["category_id"]) == (0, 1)
        rows, columns = np.nonzero(pixels)
        left, top, width, height = one["bbox"]
        assert (left, top) == (columns.min(), rows.min())
        assert (left + width, top + height) == (columns.max() + 1, rows.max() + 1)
    np.testing.assert_array_equal(total, mask)
    assert [one["id"] for one in found] == [1, 2, 3, 4]
    attributes = {"type": "glioma", "by": "model", "model": answers.MODEL}
    assert found[0]["attributes"] == attributes
    assert RESEARCH_USE in document["info"]["description"]
    assert RESEARCH_USE in document["licenses"][0]["name"]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", ["awkward", "noise"])
def test_pycocotools_reads_the_same_pixels(name: str) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="an independent judge, pycocotools")
    mask = masks.awkward_mask()
    if name == "noise":
        mask = np.random.default_rng(8).random(mask.shape) < 0.55
    judge = coco.COCO()
    judge.dataset = json.loads(json.dumps(document_of(mask)))
    judge.createIndex()
    total = np.zeros(mask.shape, int)
    for one in judge.loadAnns(judge.getAnnIds()):
        pixels = judge.annToMask(one)
        assert pixels.sum() == one["area"]
        total += pixels
    np.testing.assert_array_equal(total, mask)


@pytest.mark.parametrize("name", ["awkward", "noise"])
def test_yolo_lines_are_the_lesions(name: str) -> None:
    mask = masks.awkward_mask()
    if name == "noise":
        mask = np.random.default_rng(8).random(mask.shape) < 0.55
    rings = yolo_rings(yolo_lines(mask), mask.shape)
    np.testing.assert_array_equal(filled(rings, mask.shape), mask)
    np.testing.assert_array_equal(wound(rings, mask.shape), mask.astype(int))
    assert len(rings) == len(document_of(mask)["annotations"])
    assert yolo_lines(np.zeros((3, 4), bool)) == ""


def test_yolo_numbers_are_shares_of_width_and_height() -> None:
    mask = np.zeros((4, 8), bool)
    mask[1:3, 2:8] = True
    assert yolo_lines(mask) == "0 0.25 0.25 1 0.25 1 0.75 0.25 0.75\n"


def test_a_slice_as_a_set_for_a_trainer() -> None:
    scan = masks.awkward_scan(name="Doe MR.1.png")
    answer = masks.outlined(scan)
    coco = slice_file("coco", scan, answer, masks.correction())
    assert coco.name == "Doe MR.1-coco.zip"
    files = opened(coco.data)
    assert sorted(files) == ["NOTICE.txt", "annotations.json", "images/Doe MR.1.png"]
    picture = np.asarray(Image.open(io.BytesIO(files["images/Doe MR.1.png"])))
    np.testing.assert_array_equal(picture, scan.pixels)  # eight bits stay as they are
    document = json.loads(files["annotations.json"])
    [image] = document["images"]
    assert (image["file_name"], image["width"], image["height"]) == ("Doe MR.1.png", 31, 23)
    assert image["spacing_mm"] == [0.5, 0.75] and image["sha256"] == scan.sha256
    assert document["annotations"][0]["attributes"]["author"] == "Zoë Lind"
    assert document["annotations"][0]["attributes"]["when"] == masks.WHEN
    pixels = sum(coco_pixels(one, (23, 31)).astype(int) for one in document["annotations"])
    np.testing.assert_array_equal(pixels, masks.awkward_mask()[::-1])
    yolo = opened(slice_file("yolo", scan, answer, masks.correction()).data)
    assert sorted(yolo) == [
        "NOTICE.txt", "data.yaml", "images/Doe MR.1.png", "labels/Doe MR.1.txt",
    ]  # fmt: skip
    settings = yolo["data.yaml"].decode()
    assert RESEARCH_USE in settings and "corrected by Zoë Lind" in settings
    assert settings.endswith("train: images\nval: images\nnames:\n  0: tumor\n")
    rings = yolo_rings(yolo["labels/Doe MR.1.txt"].decode(), (23, 31))
    np.testing.assert_array_equal(filled(rings, (23, 31)), masks.awkward_mask()[::-1])


def test_slices_of_a_volume_lie_where_their_voxels_do() -> None:
    volume = read_nifti(patient.nifti_bytes(AFFINE), "Doe.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    mask = prediction.mask_volume(volume)
    assert mask is not None and mask.any()
    file = volume_file("coco", volume, prediction)
    assert file.name == f"brainscan-{volume.sha256[:12]}-coco.zip"
    files = opened(file.data)
    document = json.loads(files["annotations.json"])
    assert len(document["images"]) == len(prediction.scored) < volume.depth("axial")
    found = np.zeros(volume.shape, int)
    for image in document["images"]:
        index = int(image["file_name"].removesuffix(".png").rsplit("-", 1)[1]) - 1
        size = image["height"], image["width"]
        shown = np.zeros(size, int)
        for one in document["annotations"]:
            if one["image_id"] == image["id"]:
                shown += coco_pixels(one, size)
        volume.put_slice(found, "axial", index, shown)
        picture = np.asarray(Image.open(io.BytesIO(files[f"images/{image['file_name']}"])))
        values = as_displayed(volume.voxels[:, :, index])
        assert picture.shape == values.shape
        assert np.corrcoef(picture.ravel(), values.ravel())[0, 1] > 0.8
    np.testing.assert_array_equal(found, mask)
    assert "Doe" not in file.name + " ".join(files)


def test_a_reader_may_mark_a_slice_that_was_not_read() -> None:
    volume = read_nifti(patient.nifti_bytes(AFFINE), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    unread = next(one.index for one in prediction.slices if one.state != "scored")
    mask = np.zeros(volume.shape, bool)
    mask[4:9, 6:8, unread] = True
    files = opened(volume_file("yolo", volume, prediction, masks.correction(mask)).data)
    marked = [name for name, data in files.items() if name.startswith("labels/") and data]
    assert [name.removesuffix(".txt").rsplit("-", 1)[1] for name in marked] == [f"{unread + 1:02}"]


def test_only_the_slices_that_a_reader_touched_are_the_readers() -> None:
    volume = read_nifti(patient.nifti_bytes(AFFINE), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    own = prediction.mask_volume(volume)
    assert own is not None
    touched = prediction.scored[0].index
    mask = own.copy()
    mask[1:3, 1:3, touched] ^= True
    made = replace(masks.correction(mask), model=prediction.model)
    images = json.loads(
        opened(volume_file("coco", volume, prediction, made).data)["annotations.json"]
    )["images"]
    whose = {int(one["file_name"][:-4].rsplit("-", 1)[1]) - 1: one["source"] for one in images}
    assert len(whose) > 2
    assert {index for index, source in whose.items() if source["by"] == "person"} == {touched}
    assert whose[touched]["author"] == made.author
    # The decision is the scan's and not of each of its slices.
    assert all(one["scan_decision"] == prediction.decision for one in images)
    assert not any("decision" in one for one in images)


def test_two_slices_of_one_name_are_refused() -> None:
    scan = masks.awkward_scan()
    answer = masks.outlined(scan)
    one = LabeledSlice.of(scan, answer, Outline.of_slice(answer), "a")
    with pytest.raises(ValueError, match=r"Two slices are named images/a\.png"):
        labels_zip("yolo", [one, one])
