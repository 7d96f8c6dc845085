"""Copies on both sides of a split, and copies with different labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from brainscan.data.dataset import Record
from brainscan.data.links import Links
from brainscan.data.survey import Survey

_TESTS = ("test", "testing", "validation", "val")


def is_test(fold: str) -> bool:
    """Whether a fold's name says that figures are measured on it."""
    return fold.lower() in _TESTS


@dataclass(frozen=True)
class FoldTwins:
    """Images of one fold that have a copy in another fold.

    Attributes
    ----------
    fold
        The fold taken as the test side.
    n
        Its images.
    byte_identical, pixel_identical
        How many have a copy elsewhere with the same bytes, the same decoded pixels.
    near_plain
        How many have a copy elsewhere that matches as it is (compressed, resized, brightness).
    near
        How many have a copy elsewhere when mirroring, cropping and turning are counted too.
    linked
        How many belong to a group of near-duplicates that reaches into another fold.
    same_group
        How many belong to a group (patient) named by the dataset that reaches into another fold.
    """

    fold: str
    n: int
    byte_identical: int
    pixel_identical: int
    near_plain: int
    near: int
    linked: int
    same_group: int = 0


@dataclass(frozen=True)
class Conflict:
    """Copies that carry different classes.

    Attributes
    ----------
    kind
        ``"pixels"`` when equal pictures disagree, ``"near"`` when only near-duplicates do.
    classes
        The classes found.
    files
        Names of all images of the group.
    """

    kind: Literal["pixels", "near"]
    classes: tuple[str, ...]
    files: tuple[str, ...]


def class_of(record: Record) -> str:
    """Return the finest class known: a type, ``"tumor"``, ``"no_tumor"`` or ``"unlabelled"``."""
    return record.type or record.label or "unlabelled"


def fold_twins(links: Links, given: Sequence[str | None] = ()) -> tuple[FoldTwins, ...]:
    """Count images with a copy in another fold, each fold taken as the test side.

    Where folds are named as splits (``Testing``, ``val`` ...) only test and validation sides are
    given; the other folds are what a model is trained on. A dataset with fewer than two folds
    has no twins. ``given`` names the group (patient) of each image where the dataset does.
    """
    if len(links.folds) < 2:
        return ()
    named = [name for name in links.folds if is_test(name)]
    folds_of_group: dict[str, set[int]] = {}
    for group, number in zip(given, links.fold_of.tolist(), strict=bool(given)):
        if group and number >= 0:
            folds_of_group.setdefault(group, set()).add(number)
    crossing = np.array([len(folds_of_group.get(group or "", ())) > 1 for group in given], bool)
    inside = np.zeros((int(links.groups.max()) + 1, len(links.folds)), bool)
    known = links.fold_of >= 0
    inside[links.groups[known], links.fold_of[known]] = True
    result = []
    for number, fold in enumerate(links.folds):
        if named and fold not in named:
            continue
        own = links.fold_of == number
        others = np.arange(len(links.folds)) != number

        def elsewhere(holds: np.ndarray, own: np.ndarray = own, others: np.ndarray = others) -> int:
            return int(holds[own][:, others].any(axis=1).sum())

        result.append(
            FoldTwins(
                fold=fold,
                n=int(own.sum()),
                byte_identical=elsewhere(links.byte_folds),
                pixel_identical=elsewhere(links.pixel_folds),
                near_plain=elsewhere(links.plain_folds),
                near=elsewhere(links.near_folds),
                linked=elsewhere(inside[links.groups]),
                same_group=int(crossing[own].sum()) if given else 0,
            )
        )
    return tuple(result)


def conflicts(seen: Survey, links: Links) -> tuple[Conflict, ...]:
    """Find groups of copies with different labels, or with different tumor types.

    A tumor whose type is not given agrees with every type; an image without a label agrees with
    everything. Conflicts between equal pictures come first. Those between near-duplicates need
    a look: neighbouring slices of one patient can be near-duplicates and differ rightly.
    """
    records = [image.record for image in seen.images]
    equal = {
        int(links.groups[indices[0]])
        for indices in _members(links.pixel_groups).values()
        if _disagree([records[index] for index in indices])
    }
    found: list[Conflict] = []
    for group, indices in _members(links.groups).items():
        together = [records[index] for index in indices]
        if not _disagree(together):
            continue
        classes = {class_of(record) for record in together} - {"unlabelled"}
        kind: Literal["pixels", "near"] = "pixels" if group in equal else "near"
        files = tuple(record.name for record in together)
        found.append(Conflict(kind, tuple(sorted(classes)), files))
    return tuple(sorted(found, key=lambda conflict: conflict.kind, reverse=True))


def _members(groups: np.ndarray) -> dict[int, list[int]]:
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(int(group), []).append(index)
    return members


def _disagree(records: list[Record]) -> bool:
    labels = {record.label for record in records} - {None}
    types = {record.type for record in records} - {None}
    return len(labels) > 1 or len(types) > 1
