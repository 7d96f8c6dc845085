"""Choose a release's rule for volumes on validation patients.

Candidates are compared by how well their value tells scans with a tumor from tumor-free runs of
slices of patients left out (log loss of a logistic curve fitted to the other patients). None may
average over more slices than the shortest tumor of the training patients fills. With a handful
of patients many candidates are equally good; of those within one standard error of the best
(L. Breiman et al., Classification and Regression Trees, 1984) the rule is taken that one odd slice
among many sways least: neighbouring slices before scattered ones, more before fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainscan.data.dataset import Record
from brainscan.inference.conformal import conformal_edge
from brainscan.inference.decision import SENSITIVITIES, OperatingPoint
from brainscan.inference.release import Release
from brainscan.inference.volume_rule import RuleKind, VolumeRule
from brainscan.training.calibrate import SPECIFICITY
from brainscan.training.volume_scans import FREE_SHARE, ScanPart, scan_parts, shortest_tumor

SHARES = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40)
_ORDER: tuple[RuleKind, ...] = ("maximum", "top_mean", "run_mean")
CANDIDATES = (
    VolumeRule("maximum", 1.0, ()),
    *(VolumeRule(kind, share, ()) for kind in _ORDER[1:] for share in SHARES),
)
_FEWEST_PATIENTS = 3
_RIDGE = 0.01  # keeps the logistic curve finite where the classes do not overlap


@dataclass(frozen=True, eq=False)
class _Judged:
    """Scan parts as arrays: ``(n,)`` each; the weights of each class sum to one half."""

    parts: Sequence[ScanPart]
    tumor: np.ndarray = field(init=False)
    patient: np.ndarray = field(init=False)
    weights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        tumor = np.array([part.tumor for part in self.parts], bool)
        patient = np.array([part.patient for part in self.parts], object)
        object.__setattr__(self, "tumor", tumor)
        object.__setattr__(self, "patient", patient)
        weights = np.zeros(len(tumor))
        for label in (True, False):
            weights[tumor == label] = _equal_patients(patient[tumor == label])
        for label in (True, False):
            weights[tumor == label] /= 2 * weights[tumor == label].sum()
        object.__setattr__(self, "weights", weights)

    def values(self, rule: VolumeRule) -> np.ndarray:
        return np.array([part.value(rule) for part in self.parts])


def fit_volume_rule(
    release: Release, records: Sequence[Record], probabilities: np.ndarray, known: Iterable[Record]
) -> dict[str, Any] | None:
    """Return the manifest's ``"volume_rule"``, or ``None`` where there is nothing to fit it on.

    Parameters
    ----------
    release
        Its operating points of single slices are the last resort of the volume's.
    records, probabilities
        Validation slices and their ``(n,)`` calibrated tumor probabilities.
    known
        Training slices, for their labels alone.
    """
    parts = scan_parts(records, probabilities)
    shortest = shortest_tumor([*known, *records])
    patients = {part.patient for part in parts}
    if shortest is None or len(patients) < _FEWEST_PATIENTS or all(p.tumor for p in parts):
        return None
    judged = _Judged(parts)
    losses = np.array([_losses(judged, candidate) for candidate in CANDIDATES])
    chosen = _choose(losses, shortest)
    points = tuple(_point(judged, chosen, release, s) for s in SENSITIVITIES)
    rule = VolumeRule(chosen.kind, chosen.share, points)
    scans = sum(part.tumor for part in parts)
    return {
        **rule.to_json(),
        "chosen": (
            "Of the candidates with no larger share of the slices than the shortest tumour of the "
            f"training and validation scans fills ({shortest:.3f}), those within one standard "
            "error of the smallest loss; of these neighbouring slices before scattered ones, and "
            "more before fewer."
        ),
        "threshold_rule": _sentence(points, len(patients), scans, len(parts) - scans),
        "shortest_tumor": shortest,
        "candidates": [
            {"kind": one.kind, "share": one.share, "loss": float(loss.mean()),
             "auroc": _auroc(judged, one)}
            for one, loss in zip(CANDIDATES, losses, strict=True)
        ],
        "validation": {"patients": len(patients), "tumor": scans, "no_tumor": len(parts) - scans},
        "test": {},
    }  # fmt: skip


def _equal_patients(patient: np.ndarray) -> np.ndarray:
    """Return weights with which the scans of each patient weigh one together."""
    _, index, counts = np.unique(patient.astype(str), return_inverse=True, return_counts=True)
    weights: np.ndarray = 1.0 / counts[index]
    return weights


def _losses(judged: _Judged, rule: VolumeRule) -> np.ndarray:
    """Return each patient's log loss under a logistic curve fitted to the others."""
    values = np.clip(judged.values(rule), 1e-6, 1 - 1e-6)
    logit = np.log(values / (1 - values))
    sign = np.where(judged.tumor, -1.0, 1.0)
    found = []
    for patient in sorted(set(judged.patient)):
        inside = judged.patient == patient
        slope, offset = _logistic(logit[~inside], sign[~inside], judged.weights[~inside])
        cost = np.logaddexp(0, sign[inside] * (slope * logit[inside] + offset))
        found.append(float(np.average(cost, weights=judged.weights[inside])))
    return np.array(found)


def _logistic(logit: np.ndarray, sign: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from scipy.optimize import minimize

    def cost(line: np.ndarray) -> float:
        fit = np.average(np.logaddexp(0, sign * (line[0] * logit + line[1])), weights=weights)
        return float(fit + _RIDGE * line[0] ** 2 / 2)

    return np.asarray(minimize(cost, np.array([1.0, 0.0])).x)


def _auroc(judged: _Judged, rule: VolumeRule) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(judged.tumor, judged.values(rule), sample_weight=judged.weights))


def _choose(losses: np.ndarray, shortest: float) -> VolumeRule:
    """Return the candidate of ``(candidates, patients)`` losses that the module describes."""
    allowed = [
        number
        for number, rule in enumerate(CANDIDATES)
        if rule.kind == "maximum" or rule.share <= shortest
    ]
    mean = losses.mean(axis=1)
    best = min(allowed, key=lambda number: float(mean[number]))
    error = float(losses[best].std(ddof=1) / np.sqrt(losses.shape[1]))
    good = [CANDIDATES[number] for number in allowed if mean[number] <= mean[best] + error]
    return max(good, key=lambda rule: (_ORDER.index(rule.kind), rule.share))


def _point(
    judged: _Judged, rule: VolumeRule, release: Release, sensitivity: float
) -> OperatingPoint:
    """Return threshold and band: conformal over patients, or that of single slices.

    Where the patients are too few to promise the sensitivity, the threshold is that of single
    slices for it, if that is lower than every validation scan with a tumor: then a volume is
    cleared only when no stretch of it looks, on average, like a slice that is not cleared. It
    rests on many more patients and sources. The band ends above the tumor-free runs.
    """
    values, tumor = judged.values(rule), judged.tumor
    weights = [_equal_patients(judged.patient[chosen]) for chosen in (tumor, ~tumor)]
    threshold, promised = conformal_edge(values[tumor], weights[0], sensitivity, newcomer=1.0)
    if not promised:
        offered = [p for p in release.operating_points if p.sensitivity == sensitivity]
        threshold = min([threshold, *(point.threshold for point in offered)])
    last, _ = conformal_edge(-values[~tumor], weights[1], SPECIFICITY, newcomer=1.0)
    high = max(threshold, float(np.nextafter(-last, np.inf)))
    found = values >= threshold
    return OperatingPoint(
        threshold=threshold,
        band=(threshold, high),
        sensitivity=sensitivity,
        promised=promised,
        kept=float(np.average(found[tumor], weights=weights[0])),
        specificity=float(np.average(~found[~tumor], weights=weights[1])),
        indeterminate=float(np.average(found & (values < high), weights=judged.weights)),
        n_tumor=int(tumor.sum()),
        n_no_tumor=int((~tumor).sum()),
    )


def _sentence(points: Sequence[OperatingPoint], patients: int, scans: int, runs: int) -> str:
    promised = [f"{p.sensitivity:.1%}".replace(".0%", "%") for p in points if p.promised]
    held = f"promises sensitivities of {', '.join(promised)}" if promised else "promises nothing"
    return (
        f"Conformal prediction over {patients} validation patients ({scans} scans with a tumour; "
        f"{runs} runs of neighbouring tumour-free slices of the same scans, each at least "
        f"{FREE_SHARE:.0%} of its scan, in place of tumour-free scans) {held}. For the others the "
        "patients are too few: there the threshold is that of single slices, if it is lower than "
        "the value of every one of these scans. The band ends above the runs: above those of "
        f"{SPECIFICITY:.0%} of patients where they are enough to promise that, otherwise above all."
    )
