"""What a release's rule for volumes does on scans of patients it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from brainscan.data.dataset import Record
from brainscan.evaluation.intervals import proportion
from brainscan.inference.decision import OperatingPoint
from brainscan.inference.volume_rule import VolumeRule
from brainscan.training.volume_scans import ScanPart, scan_parts


def measure_volume_rule(
    entry: dict[str, Any], records: Sequence[Record], probabilities: np.ndarray, folds: list[str]
) -> dict[str, Any] | None:
    """Return what the rule of a manifest does on scans of other patients.

    Parameters
    ----------
    entry
        The manifest's ``"volume_rule"``.
    records, probabilities
        Slices, and their ``(n,)`` calibrated tumor probabilities; NaN where not read.
    folds
        Where the records come from.

    Returns
    -------
    dict
        Shares with Wilson intervals, which take scans of one patient for independent. ``None``
        where the records hold no scan.
    """
    parts = scan_parts(records, probabilities)
    if not parts:
        return None
    rule = VolumeRule.from_json(entry)
    default = rule.operating_point()
    sequences = sorted({part.sequence for part in parts})
    return {
        "folds": folds,
        "patients": len({part.patient for part in parts}),
        "by_sensitivity": [
            {"sensitivity": point.sensitivity, **_outcome(rule, point, parts)}
            for point in rule.points
        ],
        "by_sequence": [
            {"name": name, **_outcome(rule, default, [p for p in parts if p.sequence == name])}
            for name in sequences
        ],
    }


def _outcome(rule: VolumeRule, point: OperatingPoint, parts: Sequence[ScanPart]) -> dict[str, Any]:
    said = [(part.tumor, point.decide(part.value(rule))) for part in parts]
    tumor = [decision for truth, decision in said if truth]
    free = [decision for truth, decision in said if not truth]
    every = [decision for _, decision in said]

    def share(decision: str, among: list[Any], negated: bool = False) -> dict[str, Any]:
        count = among.count(decision)
        count = len(among) - count if negated else count
        return proportion(count, len(among), "There is no such scan.").to_json()

    return {
        "kept": share("no_tumor", tumor, negated=True),
        "called": share("tumor", tumor),
        "cleared": share("no_tumor", free),
        "false_alarms": share("tumor", free),
        "indeterminate": share("indeterminate", every),
    }
