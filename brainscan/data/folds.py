"""Splits that keep a patient, or a cluster of copies, on one side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.errors import DatasetError

_MOST = 2.0  # times the share wanted, up to which kin are held out


def unit_of(record: Record, kin: Mapping[str, str]) -> str:
    """Return what must not be parted from a record: its kin, else its group, else itself."""
    return kin.get(record.name) or record.group or record.name


def hold_out(
    dataset: Dataset, share: float, seed: int, kin: Mapping[str, str] | None = None
) -> tuple[Dataset, Dataset]:
    """Split off a validation part, whole groups at a time, from every source and label.

    Images without kin or group are their own group. From each stratum (source and the label that
    is most frequent in the group) groups are drawn in random order until ``share`` of its images is
    reached; a stratum with a single group stays in training.

    Parameters
    ----------
    dataset
        Labelled records; those without a label are dropped.
    share
        Share of each stratum to hold out, in (0, 1).
    seed
        Of the draw.
    kin
        From :func:`brainscan.data.kin.kin_of`: more than the groups that the dataset names.

    Returns
    -------
    training, validation
        Two datasets without a common group.

    Raises
    ------
    DatasetError
        When one side would be empty.
    """
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in dataset.records:
        if record.label is not None:
            groups[unit_of(record, kin or {})].append(record)
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group, members in groups.items():
        strata[_majority(members)].append(group)
    generator = np.random.default_rng(seed)
    held: set[str] = set()
    for stratum in sorted(strata):
        names = sorted(strata[stratum])
        wanted = share * sum(len(groups[name]) for name in names)
        # Near copies can chain through many patients: such a cluster would be all there is.
        small = [name for name in names if len(groups[name]) <= _MOST * wanted] if kin else names
        if small and len(small) < len(names):
            drawn = generator.permutation(small)
        else:
            drawn = generator.permutation(names)[:-1]  # one stays in training
        taken = 0
        for name in drawn:
            if taken >= wanted:
                break
            held.add(str(name))
            taken += len(groups[str(name)])
    training = tuple(r for g, members in groups.items() if g not in held for r in members)
    validation = tuple(r for g, members in groups.items() if g in held for r in members)
    if not training or not validation:
        msg = (
            f"{len(groups)} group(s) cannot be split into training and validation. "
            "Add images of more patients, or give validation images as a fold."
        )
        raise DatasetError(msg)
    return replace(dataset, records=training), replace(dataset, records=validation)


def _majority(members: list[Record]) -> tuple[str, str]:
    counts = Counter((r.source, r.type or r.label or "") for r in members)
    return max(counts, key=lambda key: (counts[key], key))
