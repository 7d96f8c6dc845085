"""Layouts of labelled scans."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.data.dataset import combine, open_dataset, parse_label
from brainscan.errors import DatasetError


def image(path: Path, value: int = 80) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((40, 40), value, np.uint8)).save(path)
    return path


def manifest(root: Path, text: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "manifest.csv").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("glioma", ("tumor", "glioma")),
        ("Meningioma_Tumor", ("tumor", "meningioma")),
        ("pituitary tumor", ("tumor", "pituitary")),
        ("notumor", ("no_tumor", None)),
        ("no_tumor", ("no_tumor", None)),
        ("No", ("no_tumor", None)),
        ("YES", ("tumor", None)),
        ("tumor_unspecified", ("tumor", None)),
        ("uncertain", (None, None)),
    ],
)
def test_class_names(name: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_label(name) == expected


def test_unknown_class_name() -> None:
    with pytest.raises(KeyError):
        parse_label("cat")


def test_class_folders(tmp_path: Path) -> None:
    image(tmp_path / "glioma" / "a.png")
    image(tmp_path / "notumor" / "deep" / "b.png")
    image(tmp_path / "holiday" / "c.png")
    (tmp_path / "pituitary").mkdir()
    dataset = open_dataset(tmp_path)
    assert [(r.name, r.label, r.type) for r in dataset.records] == [
        ("glioma/a.png", "tumor", "glioma"),
        ("notumor/deep/b.png", "no_tumor", None),
    ]
    assert dataset.layout == "class folders"
    assert dataset.types == ("glioma",)
    assert any("pituitary holds no image" in warning for warning in dataset.warnings)
    assert any("holiday" in warning for warning in dataset.warnings)


def test_kaggle_layout_keeps_the_split_as_fold(tmp_path: Path) -> None:
    image(tmp_path / "Training" / "yes" / "a.png")
    image(tmp_path / "Testing" / "no" / "a.png")
    dataset = open_dataset(tmp_path)
    assert {(r.fold, r.label) for r in dataset.records} == {
        ("Training", "tumor"),
        ("Testing", "no_tumor"),
    }
    assert len(dataset.select(folds=["Testing"]).records) == 1
    with pytest.raises(DatasetError, match="Folds found: Testing, Training"):
        dataset.select(folds=["9"])


def test_plain_folder_is_unlabelled(tmp_path: Path) -> None:
    image(tmp_path / "x" / "a.png")
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "unlabelled"
    assert not dataset.labelled


def test_manifest_with_all_columns(tmp_path: Path) -> None:
    image(tmp_path / "i" / "a.png")
    image(tmp_path / "m" / "a.png")
    manifest(
        tmp_path,
        "file,label,patient,sequence,fold,mask,source\n"
        "i/a.png,glioma,P1,flair,4,m/a.png,site\n"
        "i/a.png,uncertain,P1,flair,4,,site\n",
    )
    first, second = open_dataset(tmp_path).records
    assert (first.label, first.type, first.group, first.fold) == ("tumor", "glioma", "P1", "4")
    assert first.mask == tmp_path / "m" / "a.png"
    assert first.stratum == "site flair"
    assert second.label is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("picture,label\na.png,glioma\n", "must have the columns file and label"),
        ("file,label\n", "lists no image"),
        ("file,label\nmissing.png,glioma\n", "not there: missing.png"),
        ("file,label\na.png,cat\n", "Line 2 of manifest.csv has the label 'cat'"),
        ("file,label\n../../etc/passwd,glioma\n", "not inside the dataset's folder"),
        ("file,label\n/etc/passwd,glioma\n", "not inside the dataset's folder"),
        ("file,label,mask\na.png,glioma,gone.png\n", "not there: gone.png"),
    ],
)
def test_bad_manifests_say_what_is_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    image(tmp_path / "a.png")
    manifest(tmp_path, text)
    with pytest.raises(DatasetError, match=sentence):
        open_dataset(tmp_path)


def test_binary_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(DatasetError, match="CSV UTF-8"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("make", ["nothing", "empty", "empty classes", "file"])
def test_unusable_paths(tmp_path: Path, make: str) -> None:
    path = tmp_path / "set"
    if make != "nothing":
        path.mkdir()
    if make == "empty classes":
        (path / "yes").mkdir()
        (path / "no").mkdir()
    if make == "file":
        path = image(tmp_path / "a.png")
    sentence = {
        "nothing": "does not exist",
        "empty": "holds no image",
        "empty classes": "class folder yes holds no image",
        "file": "Give a folder",
    }[make]
    with pytest.raises(DatasetError, match=sentence):
        open_dataset(path)


def test_fingerprint_follows_content_and_labels_not_order(tmp_path: Path) -> None:
    image(tmp_path / "yes" / "a.png", 10)
    image(tmp_path / "no" / "b.png", 20)
    first = open_dataset(tmp_path).fingerprint()
    assert open_dataset(tmp_path).fingerprint() == first
    image(tmp_path / "no" / "b.png", 21)
    assert open_dataset(tmp_path).fingerprint() != first


def test_combining_keeps_groups_apart_and_labels_the_tumor_free(tmp_path: Path) -> None:
    for name in ("one", "two"):
        image(tmp_path / name / "a.png")
        manifest(tmp_path / name, "file,label,group\na.png,yes,g1\n")
    image(tmp_path / "healthy" / "h.png")
    joined = combine(
        [open_dataset(tmp_path / "one"), open_dataset(tmp_path / "two")],
        [open_dataset(tmp_path / "healthy")],
    )
    assert [record.group for record in joined.records] == ["one/g1", "two/g1", None]
    assert [record.label for record in joined.records] == ["tumor", "tumor", "no_tumor"]
    assert joined.records[2].name == "healthy/h.png"
