"""Volumes in datasets: a NIfTI file, a DICOM series or a multi-frame file is one record."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from brainscan.commands import contact_sheet
from brainscan.data.audit import audit_dataset
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError, DatasetError
from brainscan.runs.launch import _dataset_problems
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import training_split
from tests.data.pictures import picture, save
from tests.imaging.patient import (
    NAME,
    PATIENT_ID,
    classic_series,
    enhanced_file,
    header,
    nifti_bytes,
    slice_pixels,
    to_bytes,
    with_pixels,
)

AFFINE = np.array([[2.0, 0, 0, -39], [0, 2, 0, -43], [0, 0, 2, -35], [0, 0, 0, 1]])
NIFTI = nifti_bytes(AFFINE)


def put(path: Path, data: bytes = NIFTI) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def single(path: Path, number: int) -> Path:
    """Write one DICOM image of a series of its own."""
    pixels, _ = slice_pixels((1, 0, 0, 0, 1, 0), 4.0)[10]
    return put(path, to_bytes(with_pixels(header(SeriesInstanceUID=f"1.2.{number}"), pixels)))


def manifest(root: Path, text: str) -> Path:
    put(root / "manifest.csv", text.encode())
    return root


def test_class_folders_hold_volumes_beside_images(tmp_path: Path) -> None:
    put(tmp_path / "glioma" / "a.nii.gz")
    put(tmp_path / "glioma" / "b.nii", nifti_bytes(AFFINE, compressed=False))
    classic_series(tmp_path / "glioma" / "patient 1")
    classic_series(tmp_path / "glioma" / "patient 2")  # with the same identifiers
    enhanced_file(put(tmp_path / "notumor" / "multi.dcm"))
    save(tmp_path / "notumor" / "c.png", picture(1))
    dataset = open_dataset(tmp_path)
    assert [(r.name, r.label, r.volume and r.volume.kind) for r in dataset.records] == [
        ("glioma/a.nii.gz", "tumor", "nifti"),
        ("glioma/b.nii", "tumor", "nifti"),
        ("glioma/patient 1", "tumor", "series"),
        ("glioma/patient 2", "tumor", "series"),
        ("notumor/c.png", "no_tumor", None),
        ("notumor/multi.dcm", "no_tumor", "series"),
    ]
    assert dataset.volumes == 5
    shapes = {r.volume.read_volume().shape for r in dataset.records if r.volume}
    assert shapes == {(40, 44, 36), (44, 48, 20)}


def test_volumes_are_recognised_by_content(tmp_path: Path) -> None:
    put(tmp_path / "yes" / "scan")
    put(tmp_path / "no" / "broken.nii.gz", b"no volume")
    put(tmp_path / "no" / "notes.txt", b"not a scan")
    first, second = open_dataset(tmp_path).records
    assert first.name == "no/broken.nii.gz"
    assert second.volume is not None and second.volume.kind == "nifti"
    with pytest.raises(BrainScanError, match="damaged"):
        first.volume.read_volume()  # type: ignore[union-attr]


def test_a_series_shares_its_folder_with_another(tmp_path: Path) -> None:
    classic_series(tmp_path / "yes" / "mixed")
    for path in sorted((tmp_path / "yes" / "mixed").iterdir()):
        path.rename(path.with_name(f"a{path.name}"))
    classic_series(tmp_path / "yes" / "mixed", SeriesInstanceUID="1.9")
    names = [record.name for record in open_dataset(tmp_path).records]
    assert len(names) == 2 and len(set(names)) == 2
    assert all(name.startswith("yes/mixed/") for name in names)


def test_dicom_images_that_form_no_volume_stay_single(tmp_path: Path) -> None:
    for number in range(3):
        single(tmp_path / "yes" / f"IM{number}", number)
    dataset = open_dataset(tmp_path)
    assert [record.name for record in dataset.records] == ["yes/IM0", "yes/IM1", "yes/IM2"]
    assert dataset.volumes == 0


def test_a_folder_of_one_series_alone_is_an_unlabelled_volume(tmp_path: Path) -> None:
    dataset = open_dataset(classic_series(tmp_path / "scan"))
    assert [(r.name, r.label, r.volume is None) for r in dataset.records] == [("scan", None, False)]


def test_two_patients_in_one_folder_are_told(tmp_path: Path) -> None:
    classic_series(tmp_path / "yes" / "mixed")
    single(tmp_path / "yes" / "mixed" / "other", 7)
    path = tmp_path / "yes" / "mixed" / "other"
    pixels, _ = slice_pixels((1, 0, 0, 0, 1, 0), 4.0)[10]
    path.write_bytes(to_bytes(with_pixels(header(PatientID="Q", SeriesInstanceUID="1.7"), pixels)))
    dataset = open_dataset(tmp_path)
    assert "mixed: The files belong to 2 different patients" in dataset.warnings[0]
    assert not any(secret in str(dataset) for secret in (NAME, PATIENT_ID))


def test_a_manifest_names_files_series_and_masks(tmp_path: Path) -> None:
    put(tmp_path / "flair.nii.gz")
    put(tmp_path / "mask.nii.gz")
    classic_series(tmp_path / "series")
    enhanced_file(tmp_path / "multi.dcm")
    single(tmp_path / "single.dcm", 3)
    manifest(
        tmp_path,
        "file,label,mask\nflair.nii.gz,glioma,mask.nii.gz\nseries,notumor,\nmulti.dcm,yes,\n"
        "single.dcm,yes,\n",
    )
    dataset = open_dataset(tmp_path)
    assert [(r.name, r.volume and r.volume.kind) for r in dataset.records] == [
        ("flair.nii.gz", "nifti"),
        ("series", "series"),
        ("multi.dcm", "series"),
        ("single.dcm", None),
    ]
    assert dataset.records[0].mask == tmp_path / "mask.nii.gz"
    assert dataset.records[1].path == tmp_path / "series"


def test_a_folder_of_several_series_stands_for_one_and_says_so(tmp_path: Path) -> None:
    classic_series(tmp_path / "study" / "a", SeriesInstanceUID="1.5", SeriesDescription="AX T2")
    classic_series(tmp_path / "study" / "b", SeriesDescription="AX T1 post Gd")
    manifest(tmp_path, "file,label\nstudy,yes\n")
    dataset = open_dataset(tmp_path)
    (warning,) = dataset.warnings
    assert "study holds 2 volumes; “AX T1 post Gd” stands for it" in warning
    assert dataset.records[0].volume is not None
    assert dataset.records[0].volume.name == "AX T1 post Gd"


def test_a_manifest_folder_without_a_volume_is_a_sentence_with_its_line(tmp_path: Path) -> None:
    put(tmp_path / "empty" / "readme.txt", b"nothing")
    manifest(tmp_path, "file,label\nempty,yes\n")
    with pytest.raises(DatasetError, match=r"Line 2 of manifest.csv: The folder empty holds no"):
        open_dataset(tmp_path)


def test_links_count_as_where_they_lead(tmp_path: Path) -> None:
    put(tmp_path / "outside.nii.gz")
    root = tmp_path / "set"
    put(root / "inside.nii.gz")
    (root / "link.nii.gz").symlink_to(root / "inside.nii.gz")
    manifest(root, "file,label\nlink.nii.gz,yes\n")
    assert open_dataset(root).volumes == 1
    (root / "away.nii.gz").symlink_to(tmp_path / "outside.nii.gz")
    manifest(root, "file,label\naway.nii.gz,yes\n")
    with pytest.raises(DatasetError, match="not inside"):
        open_dataset(root)


def test_the_fingerprint_follows_every_file_of_a_series(tmp_path: Path) -> None:
    folder = classic_series(tmp_path / "yes" / "series")
    before = open_dataset(tmp_path).fingerprint()
    assert open_dataset(tmp_path).fingerprint() == before
    first = sorted(folder.iterdir())[3]
    first.write_bytes(first.read_bytes() + b"\0\0")
    assert open_dataset(tmp_path).fingerprint() != before


def test_loose_volumes_beside_class_folders_are_counted(tmp_path: Path) -> None:
    put(tmp_path / "yes" / "a.nii.gz")
    put(tmp_path / "b.nii.gz")
    assert "in no class folder, were left out: 1" in open_dataset(tmp_path).warnings[0]


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    put(tmp_path / "set" / "yes" / "a.nii.gz")
    put(tmp_path / "set" / "no" / "b.nii.gz")
    return tmp_path / "set"


def _draw(dataset: Path, out: Path) -> None:
    parser = argparse.ArgumentParser()
    contact_sheet.add_parser(parser.add_subparsers())
    args = parser.parse_args(["contact_sheet", str(dataset), "--out", str(out)])
    args.run(args)


def test_work_on_images_meets_volumes_alone_with_a_sentence(volumes: Path) -> None:
    said = "set holds 2 volume.* and no single image. {} works on single images"
    with pytest.raises(DatasetError, match=said.format("The audit")):
        audit_dataset(open_dataset(volumes))
    with pytest.raises(DatasetError, match=said.format("Training")):
        training_split(TrainingConfig("resnet50", (str(volumes),)))
    with pytest.raises(DatasetError, match=said.format("The contact sheet")):
        _draw(volumes, volumes / "sheet.png")
    assert "Training works on single images" in _dataset_problems(str(volumes), labelled=True)[0]


def test_work_on_images_leaves_volumes_out_with_a_warning(volumes: Path) -> None:
    save(volumes / "yes" / "1.png", picture(1))
    save(volumes / "no" / "2.png", picture(2))
    audit = audit_dataset(open_dataset(volumes))
    assert [image.record.name for image in audit.seen.images] == ["no/2.png", "yes/1.png"]
    assert audit.dataset.warnings == (
        "The audit works on single images; 2 volume(s) were left out.",
    )
    _draw(volumes, volumes.parent / "sheet.png")
