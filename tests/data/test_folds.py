"""Group-safe splits."""

from pathlib import Path

import pytest

from brainscan.data.dataset import Dataset, Record
from brainscan.data.folds import hold_out
from brainscan.errors import DatasetError


def dataset(groups: dict[str, int], source: str = "s", label: str = "tumor") -> Dataset:
    records = tuple(
        Record(Path(f"{group}-{i}"), f"{group}-{i}", label, group=group, source=source)  # type: ignore[arg-type]
        for group, count in groups.items()
        for i in range(count)
    )
    return Dataset(Path("root"), records, "manifest")


def test_no_group_is_on_both_sides_and_nothing_is_lost() -> None:
    whole = dataset({f"p{i}": 1 + i % 7 for i in range(40)})
    training, validation = hold_out(whole, 0.2, seed=1)
    sides = [{record.group for record in part.records} for part in (training, validation)]
    assert not sides[0] & sides[1]
    assert len(training.records) + len(validation.records) == len(whole.records)


def test_share_is_reached_and_exceeded_by_less_than_a_group() -> None:
    whole = dataset({f"p{i}": 5 for i in range(40)})
    _, validation = hold_out(whole, 0.15, seed=3)
    assert len(validation.records) == 30  # 15 % of 200, in whole groups of 5


def test_every_source_and_label_is_held_out() -> None:
    parts = [
        dataset({f"{source}{label}{i}": 3 for i in range(10)}, source, label)
        for source in ("a", "b")
        for label in ("tumor", "no_tumor")
    ]
    whole = Dataset(Path("root"), tuple(r for part in parts for r in part.records), "manifest")
    _, validation = hold_out(whole, 0.1, seed=0)
    assert len({(record.source, record.label) for record in validation.records}) == 4


def test_same_seed_same_split_and_another_seed_another() -> None:
    whole = dataset({f"p{i}": 2 for i in range(30)})
    first = hold_out(whole, 0.2, seed=5)[1].records
    assert hold_out(whole, 0.2, seed=5)[1].records == first
    assert hold_out(whole, 0.2, seed=6)[1].records != first


def test_a_single_group_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="cannot be split"):
        hold_out(dataset({"only": 9}), 0.2, seed=0)


def test_unlabelled_images_are_left_out() -> None:
    whole = dataset({"a": 2, "b": 2, "c": 2})
    unknown = Record(Path("x"), "x", None, source="s")
    mixed = Dataset(whole.root, (*whole.records, unknown), "manifest")
    parts = hold_out(mixed, 0.3, seed=0)
    assert all(record.label for part in parts for record in part.records)
