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
        ("", (None, None)),
        (" ", (None, None)),
    ],
)
def test_class_names(name: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_label(name) == expected


@pytest.mark.parametrize("name", ["cat", "001", "2023", "_"])
def test_unknown_class_name(name: str) -> None:
    with pytest.raises(KeyError):
        parse_label(name)


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


def test_folders_of_patients_are_no_classes(tmp_path: Path) -> None:
    for name in ("001/a.png", "2023/b.png", "c.png"):
        image(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "unlabelled"
    assert {record.name for record in dataset.records} == {"001/a.png", "2023/b.png", "c.png"}


def test_loose_images_beside_class_folders_are_counted(tmp_path: Path) -> None:
    root = tmp_path / "set"
    image(root / "yes" / "a.png")
    assert open_dataset(root).warnings == ()
    image(root / "b.png")
    image(root / "c.png")
    (root / "readme.txt").touch()
    assert open_dataset(root).warnings == (
        "Images that lie in set itself, in no class folder, were left out: 2. "
        "Move them into a class folder to use them.",
    )


def test_loose_images_beside_split_folders_are_counted(tmp_path: Path) -> None:
    root = tmp_path / "set"
    image(root / "Training" / "yes" / "a.png")
    image(root / "Training" / "b.png")
    image(root / "c.png")
    inner, outer = open_dataset(root).warnings
    assert inner.startswith("Images that lie in set/Training itself, in no class folder, were left")
    assert outer.startswith("Images that lie in set itself, in no class folder, were left out: 1.")


def test_current_folder_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image(tmp_path / "set" / "yes" / "a.png")
    monkeypatch.chdir(tmp_path / "set")
    dataset = open_dataset(".")
    assert dataset.root.name == "set"
    assert dataset.records[0].source == "set"
    image(tmp_path / "set" / "b.png")
    manifest(tmp_path / "set", "file,label\nb.png,yes\n")
    assert open_dataset("manifest.csv").root.name == "set"


def test_empty_label_of_a_manifest_is_unknown_but_a_number_is_refused(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    manifest(tmp_path, "file,label\na.png,\n")
    assert open_dataset(tmp_path).records[0].label is None
    manifest(tmp_path, "file,label\na.png,1\n")
    with pytest.raises(DatasetError, match="has the label '1'"):
        open_dataset(tmp_path)


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


def test_a_file_with_two_lines_counts_twice_and_that_is_said(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    lines = ["file,label,fold", "a.png,yes,1", "b.png,no,1", "a.png,yes,2"]
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    found = open_dataset(tmp_path)
    assert [record.fold for record in found.records] == ["1", "1", "2"]
    assert found.warnings == (
        "manifest.csv lists 1 file(s) more than once: a.png. Every line counts as an image.",
    )


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


def test_fingerprint_follows_groups_folds_and_masks(tmp_path: Path) -> None:
    image(tmp_path / "a.png")
    image(tmp_path / "m.png", 1)
    found = []
    for row in ("a.png,yes,,,", "a.png,yes,p1,,", "a.png,yes,,1,", "a.png,yes,,,m.png"):
        manifest(tmp_path, f"file,label,group,fold,mask\n{row}\n")
        found.append(open_dataset(tmp_path).fingerprint())
    image(tmp_path / "m.png", 2)
    found.append(open_dataset(tmp_path).fingerprint())
    assert len(set(found)) == 5


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


def test_combining_folders_of_one_name_keeps_them_apart(tmp_path: Path) -> None:
    roots = [tmp_path / "a" / "set", tmp_path / "b" / "set", tmp_path / "set-2"]
    for root in roots:
        image(root / "a.png")
        manifest(root, "file,label,group\na.png,yes,g1\n")
    joined = combine([open_dataset(root) for root in roots])
    assert [record.name for record in joined.records] == [
        "set/a.png",
        "set-2/a.png",
        "set-2-2/a.png",
    ]
    assert [record.group for record in joined.records] == ["set/g1", "set-2/g1", "set-2-2/g1"]


def test_combining_two_parts_of_one_folder_keeps_its_groups_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        image(tmp_path / f"{name}.png")
        text = f"file,label,group\n{name}.png,yes,g1\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    joined = combine([open_dataset(tmp_path / "a.csv"), open_dataset(tmp_path / "b.csv")])
    assert len({record.group for record in joined.records}) == 1
