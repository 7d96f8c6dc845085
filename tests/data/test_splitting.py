"""Group-safe splits: no group is cut, strata are even, the manifest can be read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainscan.data.dataset import Dataset, Record, open_dataset
from brainscan.data.splitting import balanced_folds, manifest_path, write_split
from brainscan.errors import DatasetError
from tests.data.pictures import picture, save


def test_no_group_is_cut_and_strata_are_even() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 150, 900)
    strata = [f"s{group % 3}" for group in groups]
    folds = balanced_folds(groups, strata, 4)
    assert all(len(set(folds[groups == group])) == 1 for group in np.unique(groups))
    for stratum in set(strata):
        counts = np.bincount(folds[np.array(strata) == stratum], minlength=4)
        assert counts.max() - counts.min() <= 0.1 * counts.mean()


def test_a_rare_stratum_is_spread_too() -> None:
    strata = ["common"] * 200 + ["rare"] * 8
    folds = balanced_folds(np.arange(208), strata, 4)
    np.testing.assert_array_equal(np.bincount(folds[200:]), [2, 2, 2, 2])
    np.testing.assert_array_equal(np.bincount(folds[:200]), [50, 50, 50, 50])


def test_the_split_is_the_same_every_time_and_no_fold_is_empty() -> None:
    groups = np.array([0] * 50 + [1, 2, 3])
    strata = ["a"] * 53
    first = balanced_folds(groups, strata, 4)
    np.testing.assert_array_equal(first, balanced_folds(groups, strata, 4))
    assert set(first) == {0, 1, 2, 3}


def test_fewer_groups_than_folds_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"2 group\(s\).*3 folds"):
        balanced_folds(np.array([0, 0, 1]), ["a"] * 3, 3)


def test_manifest_path_of_folder_and_file(tmp_path: Path) -> None:
    assert manifest_path(tmp_path / "new") == tmp_path / "new" / "manifest.csv"
    assert (tmp_path / "new").is_dir()
    assert manifest_path(tmp_path / "x" / "my.CSV") == tmp_path / "x" / "my.CSV"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("mine")
    for target in (tmp_path, tmp_path / "manifest.csv"):
        with pytest.raises(DatasetError, match="not overwritten"):
            manifest_path(target)
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match="cannot be created"):
        manifest_path(tmp_path / "file" / "below")


def _dataset(root: Path) -> Dataset:
    for name in ("a", "b", "c"):
        save(root / "images" / f"{name}.png", picture(1))
    save(root / "masks" / "a.png", np.zeros((9, 9), np.uint8))
    rows = [
        "file,label,source,patient,sequence,mask",
        "images/a.png,glioma,east,P1,flair,masks/a.png",
        "images/b.png,notumor,west,P2,,",
        "images/c.png,uncertain,west,P2,,",
    ]
    (root / "manifest.csv").write_text("\n".join(rows))
    return open_dataset(root)


@pytest.mark.parametrize("place", ["split.csv", "../above.csv"])
def test_a_written_split_reads_back(tmp_path: Path, place: str) -> None:
    dataset = _dataset(tmp_path / "data")
    path = tmp_path / "data" / place
    groups, fold = np.array([0, 1, 1]), np.array([0, 1, 1])
    assert write_split(dataset, dataset.records, groups, fold, path)
    again = open_dataset(path)
    keys = [(r.path.resolve(), r.label, r.type, r.source, r.sequence) for r in again.records]
    assert keys == [
        (r.path.resolve(), r.label, r.type, r.source, r.sequence) for r in dataset.records
    ]
    assert [r.group for r in again.records] == ["g00000", "g00001", "g00001"]
    assert [r.fold for r in again.records] == ["1", "2", "2"]
    assert again.records[0].mask is not None and again.records[1].mask is None


def test_a_manifest_elsewhere_keeps_paths_of_the_dataset(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path / "data")
    path = tmp_path / "elsewhere.csv"
    elsewhere = tmp_path / "other" / path.name
    elsewhere.parent.mkdir()
    usable = write_split(dataset, dataset.records, np.arange(3), np.arange(3), elsewhere)
    assert not usable
    assert "\nimages/a.png,glioma" in elsewhere.read_text()
    (tmp_path / "data" / "moved.csv").write_text(elsewhere.read_text())
    assert len(open_dataset(tmp_path / "data" / "moved.csv").records) == 3


def test_every_label_survives(tmp_path: Path) -> None:
    cases = [("tumor", "meningioma"), ("tumor", None), ("no_tumor", None), (None, None)]
    records = []
    for k, (label, kind) in enumerate(cases):
        path = save(tmp_path / f"{k}.png", picture(1))
        records.append(Record(path, path.name, label, kind))  # type: ignore[arg-type]
    dataset = Dataset(tmp_path, tuple(records), "class folders")
    write_split(dataset, records, np.arange(4), np.arange(4), tmp_path / "manifest.csv")
    assert [(r.label, r.type) for r in open_dataset(tmp_path).records] == cases
