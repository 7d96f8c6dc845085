"""One sentence for every kind of dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainscan.data.audit import audit_dataset
from brainscan.data.dataset import open_dataset
from brainscan.data.verdict import Verdict, leaks, verdict
from tests.data.pictures import picture, recompressed, save


def _verdict(folder: Path) -> Verdict:
    return verdict(audit_dataset(open_dataset(folder)))


def _manifest(folder: Path, *lines: str) -> None:
    for line in lines:
        name, seed = line.partition(",")[0], int(line[1])
        save(folder / name, recompressed(picture(seed)) if "c" in name else picture(seed))
    (folder / "manifest.csv").write_text("\n".join(["file,label,patient,fold", *lines]))


def test_different_pictures_without_a_split(tmp_path: Path) -> None:
    for seed in range(3):
        save(tmp_path / f"{seed}.png", picture(seed))
    said = _verdict(tmp_path)
    assert (said.level, said.sentence) == ("clean", "All 3 images show different pictures.")


def test_copies_without_a_split(tmp_path: Path) -> None:
    save(tmp_path / "a.png", picture(1))
    save(tmp_path / "b.png", picture(1)[:, ::-1])
    said = _verdict(tmp_path)
    assert said.level == "copies"
    assert said.sentence.startswith("1 of 2 images is a copy of another:")


def test_a_picture_with_two_labels_comes_before_its_copies(tmp_path: Path) -> None:
    for seed, name in ((1, "glioma/a"), (1, "meningioma/b"), (2, "glioma/c")):
        save(tmp_path / f"{name}.png", picture(seed))
    said = _verdict(tmp_path)
    assert said.level == "conflict"
    assert said.sentence == (
        "1 picture carries two labels: glioma and meningioma. Correct it before anything else."
    )
    assert said.detail.startswith("1 of 3 images is a copy of another")


def test_pictures_with_several_labels_come_before_a_leak(tmp_path: Path) -> None:
    _manifest(
        tmp_path,
        *("p1.png,glioma,A,train", "p1b.png,meningioma,B,test", "p1d.png,notumor,C,train"),
        *("p2.png,notumor,D,train", "p2b.png,glioma,E,train"),
    )
    said = _verdict(tmp_path)
    assert said.level == "conflict"
    assert said.sentence == (
        "2 pictures carry several labels: glioma and meningioma and no tumour; glioma and no "
        "tumour. Correct them before anything else."
    )
    assert "is also in training" in said.detail


def test_near_duplicates_with_two_labels_are_no_verdict(tmp_path: Path) -> None:
    save(tmp_path / "glioma" / "a.png", picture(1))
    save(tmp_path / "notumor" / "b.jpg", recompressed(picture(1)))
    found = audit_dataset(open_dataset(tmp_path))
    assert [one.kind for one in found.conflicts] == ["near"]
    assert verdict(found).level == "copies"


def test_a_clean_split(tmp_path: Path) -> None:
    _manifest(tmp_path, "p1.png,glioma,A,1", "p2.png,notumor,B,2")
    said = _verdict(tmp_path)
    assert said.level == "clean"
    assert said.sentence == "No copy of the 2 images was found in another fold."


def test_near_copies_across_folds(tmp_path: Path) -> None:
    _manifest(tmp_path, "p1.png,glioma,A,1", "p1c.png,glioma,B,2", "p3.png,notumor,C,2")
    said = _verdict(tmp_path)
    assert said.level == "leak"
    assert said.sentence.startswith("2 (66.7 %) of 3 images have a copy in another fold")


def test_a_patient_on_both_sides_is_a_leak_without_any_copy(tmp_path: Path) -> None:
    _manifest(tmp_path, "p1.png,glioma,A,train", "p2.png,notumor,A,test", "p3.png,glioma,B,test")
    found = audit_dataset(open_dataset(tmp_path))
    said, leaked = verdict(found), leaks(found)
    assert leaked is not None and (leaked.n, leaked.near, leaked.same_group) == (2, 0, 1)
    assert said.level == "leak"
    assert said.detail == "1 belongs to a group (patient) that is also in training."


@pytest.mark.parametrize("split", [True, False])
def test_nothing_readable(tmp_path: Path, split: bool) -> None:
    folder = tmp_path / "Training" / "glioma" if split else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bad.png").write_bytes(b"")
    assert _verdict(tmp_path).level == "nothing"


def test_a_copy_of_a_validation_image_is_not_said_to_be_in_training(tmp_path: Path) -> None:
    _manifest(tmp_path, "p1.png,glioma,A,Testing", "p1b.png,glioma,B,val", "p2.png,notumor,C,train")
    said = _verdict(tmp_path)
    assert said.sentence.startswith(
        "2 of 2 test and validation images are also in another part of the split, byte for byte;"
    )


def _patients(folder: Path, *rows: tuple[str, int, str]) -> Verdict:
    for name, seed, _ in rows:
        save(folder / name, recompressed(picture(seed)) if "c" in name else picture(seed))
    lines = [f"{name},glioma,{patient}" for name, _, patient in rows]
    (folder / "manifest.csv").write_text("\n".join(["file,label,patient", *lines]))
    return _verdict(folder)


def test_slices_of_one_patient_that_are_alike_are_no_copies(tmp_path: Path) -> None:
    said = _patients(tmp_path, ("a.png", 1, "A"), ("ac.png", 1, "A"), ("b.png", 2, "B"))
    assert said.sentence == (
        "1 of 3 images looks like another one of its group (patient): a neighbouring slice, or "
        "the same one saved again."
    )
    assert said.detail == "Keep groups together when you split."


def test_copies_of_two_patients_are_told_apart_from_neighbours(tmp_path: Path) -> None:
    said = _patients(
        tmp_path,
        *(("a.png", 1, "A"), ("ac.png", 1, "A"), ("b.png", 2, "B"), ("bc.png", 2, "D")),
        *(("e.png", 3, "E"), ("e2.png", 3, "E")),  # equal pixels are copies wherever they lie
    )
    assert said.sentence.startswith("2 of 6 images are copies of others")
    assert said.detail.startswith("Write a group-safe split before you train. 1 of 6 images looks")


def test_a_dataset_of_one_fold_has_no_split_to_check(tmp_path: Path) -> None:
    _manifest(tmp_path, "p1.png,glioma,A,4", "p2.png,notumor,B,4")
    said = _verdict(tmp_path)
    assert said.detail == "Only one fold is named (4): there is no split to check."
