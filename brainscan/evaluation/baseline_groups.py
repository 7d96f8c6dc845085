"""Which images of a labelled set stay on one side when baselines are learned from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from brainscan.data.look import Look, near_clusters
from brainscan.evaluation.rows import ImageRow


def held_together(
    rows: Sequence[ImageRow], looks: Sequence[Look]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Decide which images stay on one side: a given group, otherwise near copies.

    A source whose images all carry one group name tells no groups apart; its images are held
    together by near copies, like those without a group. A group is the dataset's: it may hold
    images of several sources.

    Returns
    -------
    groups
        ``(n,)`` int64.
    notes
        Sentences on what was done.
    """
    names: dict[str, set[str | None]] = {}
    for row in rows:
        names.setdefault(row.source, set()).add(row.group)
    homes = Counter(group for found in names.values() for group in found)
    grouped = [
        row.group is not None and (len(names[row.source]) > 1 or homes[row.group] > 1)
        for row in rows
    ]
    numbers: dict[Hashable, int] = {}
    clusters = np.arange(len(rows)) if all(grouped) else near_clusters(looks)
    groups = np.array(
        [
            numbers.setdefault(row.group if own else int(cluster), len(numbers))
            for row, own, cluster in zip(rows, grouped, clusters, strict=True)
        ],
        np.int64,
    )
    count = len(rows) - sum(grouped)
    if not count:
        return groups, ("Whole groups were held out; no image was answered by its own group.",)
    which = "No image" if count == len(rows) else f"{len(rows) - count} of {len(rows)} images"
    note = (
        f"{which} had a usable group (such as a patient); the others were held together with their "
        "near copies only, so that slices of one patient may have answered one another."
    )
    return groups, (note,)
