"""What a dataset holds, and what would flatter a model measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from brainscan.data.border import BorderFigure, border_figures
from brainscan.data.dataset import Dataset
from brainscan.data.duplicates import SIMILARITY
from brainscan.data.leaks import Conflict, FoldTwins, class_of, conflicts, fold_twins
from brainscan.data.links import Links, link, united
from brainscan.data.survey import Survey, survey
from brainscan.errors import Cancelled

Progress = Callable[[str, int, int], None]
"""Called with the stage (one of :data:`STAGES`), steps of it done and in all."""

STAGES = {
    "reading": "reading the files",
    "comparing": "comparing the pictures",
    "border": "looking at borders",
}
"""The stages of an audit in their order, and what each does."""


@dataclass(frozen=True)
class Tally:
    """Sums over the readable images.

    Attributes
    ----------
    classes, sources, folds
        Images of each class, source and fold (``""`` where none is given).
    classes_by_source
        Source to images of each class.
    formats_by_class, modes_by_class
        Class to images of each format, of each colour mode.
    sizes_by_class
        Class to the most frequent sizes as ``"width x height"`` with their number of images.
    sides_by_class
        Class to the smallest, median and largest longer side in pixels.
    bytes_by_class
        Class to the smallest, median and largest file in bytes.
    """

    classes: dict[str, int]
    sources: dict[str, int]
    folds: dict[str, int]
    classes_by_source: dict[str, dict[str, int]]
    formats_by_class: dict[str, dict[str, int]]
    modes_by_class: dict[str, dict[str, int]]
    sizes_by_class: dict[str, dict[str, int]]
    sides_by_class: dict[str, tuple[int, int, int]]
    bytes_by_class: dict[str, tuple[int, int, int]]


@dataclass(frozen=True, eq=False)
class Audit:
    """The result of :func:`audit_dataset`.

    Attributes
    ----------
    dataset
        What was audited.
    seen
        Every readable file.
    links
        Duplicates and groups.
    safe_groups
        ``(n,)`` int64: groups of near-duplicates joined with the groups (patients) that the
        dataset gives. A split must not cut through one.
    tally
        Balance of classes, sources, sizes and formats.
    twins
        Copies across folds, each fold (or the test split) taken as the test side.
    conflicts
        Copies with different classes.
    border
        What rim and file alone predict.
    threshold
        Similarity from which pictures counted as near-duplicates.
    """

    dataset: Dataset
    seen: Survey
    links: Links
    safe_groups: np.ndarray
    tally: Tally
    twins: tuple[FoldTwins, ...]
    conflicts: tuple[Conflict, ...]
    border: tuple[BorderFigure, ...]
    threshold: float

    def without_pictures(self) -> Audit:
        """Return the audit without thumbnails and rims, which take most of its memory."""
        seen = self.seen
        empty = replace(seen, whole=seen.whole[:0].copy(), head=seen.head[:0].copy())
        return replace(self, seen=replace(empty, rim=seen.rim[:0].copy()))

    @property
    def strata(self) -> list[str]:
        """Source and class of each readable image: what a split balances."""
        return [f"{i.record.stratum} {class_of(i.record)}" for i in self.seen.images]

    @property
    def linked_given_groups(self) -> int:
        """Given groups (patients) that share a near-duplicate with another given group."""
        names: dict[int, set[str]] = {}
        for image, group in zip(self.seen.images, self.links.groups, strict=True):
            if image.record.group:
                names.setdefault(int(group), set()).add(image.record.group)
        return len(set().union(*(found for found in names.values() if len(found) > 1)))


def audit_dataset(
    dataset: Dataset,
    *,
    threshold: float = SIMILARITY,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Audit:
    """Audit a dataset: one pass over its files, then every pair of pictures.

    Memory grows linearly with the number of images, by about 40 KB each; pairs are never kept.

    Parameters
    ----------
    dataset
        Labelled or not. Volumes are left out with a warning.
    threshold
        Similarity in (0, 1] from which two pictures count as near-duplicates.
    progress
        Called often, from the calling thread; may raise to stop the work.
    cancel
        Asked as often; the audit stops soon after it returns true.

    Raises
    ------
    DatasetError
        When there is nothing but volumes.
    Cancelled
        When ``cancel`` returned true before the end.
    """

    def stage(name: str) -> Callable[[int, int], None]:
        def step(done: int, total: int) -> None:
            if cancel is not None and cancel():
                raise Cancelled(f"The audit was stopped while {STAGES[name]}. Nothing was kept.")
            if progress is not None:
                progress(name, done, total)

        return step

    dataset = dataset.images_only("The audit")
    seen = survey(dataset, stage("reading"))
    links = link(seen, threshold=threshold, progress=stage("comparing"))
    given = [image.record.group for image in seen.images]
    safe_groups = united(links.groups, given)
    border = border_figures(seen.images, seen.rim, safe_groups, stage("border"))
    return Audit(
        dataset=dataset,
        seen=seen,
        links=links,
        safe_groups=safe_groups,
        tally=_tally(seen),
        twins=fold_twins(links, given),
        conflicts=conflicts(seen, links),
        border=border,
        threshold=threshold,
    )


def _tally(seen: Survey) -> Tally:
    images = seen.images
    classes = [class_of(image.record) for image in images]
    sides = [max(image.width, image.height) for image in images]
    sizes = [f"{image.width} x {image.height}" for image in images]
    return Tally(
        classes=_counts(classes),
        sources=_counts([image.record.source for image in images]),
        folds=_counts([image.record.fold or "" for image in images]),
        classes_by_source=_by([image.record.source for image in images], classes),
        formats_by_class=_by(classes, [image.format for image in images]),
        modes_by_class=_by(classes, [image.mode for image in images]),
        sizes_by_class={
            name: dict(list(found.items())[:5]) for name, found in _by(classes, sizes).items()
        },
        sides_by_class=_range(classes, sides),
        bytes_by_class=_range(classes, [image.bytes for image in images]),
    )


def _counts(values: list[str]) -> dict[str, int]:
    """Count values, most frequent first, then by name."""
    counted = Counter(values)
    return {name: counted[name] for name in sorted(counted, key=lambda n: (-counted[n], n))}


def _by(keys: list[str], values: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return {key: _counts(found[key]) for key in sorted(found)}


def _range(keys: list[str], values: list[int]) -> dict[str, tuple[int, int, int]]:
    found: dict[str, list[int]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return {
        key: (min(found[key]), int(np.median(found[key])), max(found[key])) for key in sorted(found)
    }
