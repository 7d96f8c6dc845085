"""Whole scans among the slices of a dataset, and tumor-free parts of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from brainscan.data.dataset import Record
from brainscan.inference.volume_rule import VolumeRule

FREE_SHARE = 0.25  # of a scan; a shorter run of tumor-free slices says little about a whole scan
_FEWEST = 8  # slices that make a scan
_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True, eq=False)
class ScanPart:
    """A scan with a tumor, or a run of neighbouring tumor-free slices of a scan.

    Attributes
    ----------
    patient, sequence
        Whose scan it is, and of which sequence.
    tumor
        Whether the part shows a tumor: then it is the whole scan.
    probabilities
        ``(n,)`` calibrated tumor probabilities in the order of the slices.
    slices
        Of the whole scan.
    """

    patient: str
    sequence: str
    tumor: bool
    probabilities: np.ndarray = field(repr=False)
    slices: int

    def value(self, rule: VolumeRule) -> float:
        """Return the rule's value, averaged over as many slices as in the whole scan."""
        return rule.value(self.probabilities, self.slices)


@dataclass(frozen=True, eq=False)
class _Slice:
    number: int
    record: Record
    probability: float


def scan_parts(records: Sequence[Record], probabilities: np.ndarray) -> list[ScanPart]:
    """Return the scans with a tumor and the tumor-free runs among some slices.

    A scan is all slices of one patient and sequence, ordered by the last number of the file
    name; slices without patient, sequence or number belong to none. Patients with a tumor have
    no tumor-free scan, so runs of neighbouring tumor-free slices stand for such scans: at least
    a quarter of their scan long, and not across a slice that is missing or not labelled.

    Parameters
    ----------
    records
        ``n`` slices.
    probabilities
        ``(n,)`` calibrated tumor probabilities; NaN where a slice was not read.
    """
    found: list[ScanPart] = []
    for (patient, sequence), slices in _scans(records, probabilities).items():
        if any(one.record.label == "tumor" for one in slices):
            found.append(_part(patient, sequence, True, slices, len(slices)))
        found += [
            _part(patient, sequence, False, run, len(slices))
            for run in _free_runs(slices)
            if len(run) >= FREE_SHARE * len(slices)
        ]
    return found


def shortest_tumor(records: Sequence[Record]) -> float | None:
    """Return the smallest share of a scan's slices that a tumor fills; ``None`` without scans."""
    shares = [
        float(np.mean([one.record.label == "tumor" for one in slices]))
        for slices in _scans(records, np.zeros(len(records))).values()
    ]
    return min((share for share in shares if share > 0), default=None)


def slice_number(record: Record) -> int | None:
    """Return the place of a slice in its scan, the last number of its file's name."""
    found = _NUMBER.search(record.path.stem)
    return int(found[1]) if found else None


def _part(patient: str, sequence: str, tumor: bool, run: list[_Slice], slices: int) -> ScanPart:
    values = np.array([one.probability for one in run])
    return ScanPart(patient, sequence, tumor, values, slices)


def _scans(
    records: Sequence[Record], probabilities: np.ndarray
) -> dict[tuple[str, str], list[_Slice]]:
    found: dict[tuple[str, str], list[_Slice]] = defaultdict(list)
    for record, probability in zip(records, probabilities, strict=True):
        number = slice_number(record)
        if record.group and record.sequence and number is not None and not np.isnan(probability):
            one = _Slice(number, record, float(probability))
            found[record.group, record.sequence].append(one)
    kept = {}
    for key, slices in sorted(found.items()):
        numbers = {one.number for one in slices}
        if len(slices) >= _FEWEST and len(numbers) == len(slices):
            kept[key] = sorted(slices, key=lambda one: one.number)
    return kept


def _free_runs(slices: list[_Slice]) -> list[list[_Slice]]:
    runs: list[list[_Slice]] = []
    last = None
    for one in slices:
        if one.record.label == "no_tumor":
            if runs and last is not None and one.number == last + 1:
                runs[-1].append(one)
            else:
                runs.append([one])
            last = one.number
    return runs
