"""Stability as figures over a sample of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainscan.data.names import display_name
from brainscan.data.record import Record
from brainscan.evaluation.intervals import Estimate, GroupBootstrap, proportion, resampling_units
from brainscan.evaluation.perturbations import PERTURBATIONS
from brainscan.evaluation.ratios import mean
from brainscan.evaluation.stability_scan import ScanStability
from brainscan.evaluation.statistics import Ranking

_UNANSWERED = "No image has an answer."


@dataclass(frozen=True)
class PerturbationFigures:
    """Figures of one change, or of all together.

    Attributes
    ----------
    key, name
        Of the perturbation.
    n
        Images with an answer when unchanged.
    unanswered
        Images of these without an answer when changed. They count as changed answers and
        decisions, and are in none of the other figures.
    mean_change
        Mean absolute change of the tumor probability.
    answer_changed
        Share with another answer at the threshold.
    decision_changed
        Share with another decision, the indeterminate band included.
    auroc, auroc_unchanged, auroc_change
        Under the change, unchanged on the same images, and the difference.
    peak_agreement
        Share of images with evidence whose evidence still peaks in the same place.
    """

    key: str
    name: str
    n: int
    unanswered: int
    mean_change: Estimate
    answer_changed: Estimate
    decision_changed: Estimate
    auroc: Estimate
    auroc_unchanged: Estimate
    auroc_change: Estimate
    peak_agreement: Estimate

    def to_json(self) -> dict[str, Any]:
        names = (
            "mean_change", "answer_changed", "decision_changed", "auroc", "auroc_unchanged",
            "auroc_change", "peak_agreement",
        )  # fmt: skip
        plain = {"key": self.key, "name": self.name, "n": self.n, "unanswered": self.unanswered}
        return plain | {name: getattr(self, name).to_json() for name in names}


@dataclass(frozen=True)
class StabilityResult:
    """Figures over a sample of a dataset.

    Attributes
    ----------
    model
        Name and version of the release.
    images, available
        Images drawn, and images there were to draw from.
    seed
        Of the draw.
    refused
        Images drawn that have no answer even unchanged; in no figure.
    any_answer_changed, any_decision_changed
        Share of images with another answer, or decision, under at least one change.
    mean_range
        Mean distance between an image's smallest and largest probability.
    perturbations
        Figures of each change.
    notes
        Sentences for the reader of the figures.
    """

    model: str
    images: int
    available: int
    seed: int
    refused: int
    any_answer_changed: Estimate
    any_decision_changed: Estimate
    mean_range: Estimate
    perturbations: tuple[PerturbationFigures, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the plain values, ready for ``json.dumps``."""
        return {
            "model": self.model,
            "images": self.images,
            "available": self.available,
            "seed": self.seed,
            "refused": self.refused,
            "any_answer_changed": self.any_answer_changed.to_json(),
            "any_decision_changed": self.any_decision_changed.to_json(),
            "mean_range": self.mean_range.to_json(),
            "perturbations": [part.to_json() for part in self.perturbations],
            "notes": list(self.notes),
        }


def stability_result(
    outcomes: Sequence[tuple[Record, ScanStability | str]], *, model: str, available: int, seed: int
) -> StabilityResult:
    """Compute the figures.

    Parameters
    ----------
    outcomes
        Each image with what was found, or with the reason why it has no answer.
    model, available, seed
        As in :class:`StabilityResult`.
    """
    found = [(record, item) for record, item in outcomes if isinstance(item, ScanStability)]
    scans = [item for _, item in found]
    units, notes = resampling_units(
        [record.group for record, _ in found],
        [record.source for record, _ in found],
        [item.sha256 for item in scans],
    )
    parts = tuple(
        _figures(number, change.key, change.name, found, units)
        for number, change in enumerate(PERTURBATIONS)
    )
    n = len(scans)
    none = _UNANSWERED
    return StabilityResult(
        model=model,
        images=len(outcomes),
        available=available,
        seed=seed,
        refused=len(outcomes) - n,
        any_answer_changed=proportion(
            sum(any(scan.answer_flips(answer) for answer in scan.under) for scan in scans), n, none
        ),
        any_decision_changed=proportion(sum(bool(scan.changed) for scan in scans), n, none),
        mean_range=mean([scan.high - scan.low for scan in scans], units, _UNANSWERED),
        perturbations=parts,
        notes=(*_refusals(outcomes), *_unanswered(scans), *notes),
    )


def _refusals(outcomes: Sequence[tuple[Record, ScanStability | str]]) -> list[str]:
    reasons = [item for _, item in outcomes if isinstance(item, str)]
    if not reasons:
        return []
    return [
        f"{len(reasons)} image(s) of the sample have no answer even unchanged and are in no "
        f"figure; the first: {reasons[0]}"
    ]


def _unanswered(scans: Sequence[ScanStability]) -> list[str]:
    """Say under which changes images lose their answer, and why the first one does."""
    lost = [answer for scan in scans for answer in scan.under if answer.probability is None]
    counts = Counter(answer.name for answer in lost)
    first = {answer.name: answer.reason for answer in reversed(lost)}
    return [
        f"{name}: {count} image(s) have no answer any more and count as changed; the first: "
        f"{first[name]}"
        for name, count in counts.items()
    ]


def _figures(
    number: int,
    key: str,
    name: str,
    found: Sequence[tuple[Record, ScanStability]],
    units: Sequence[Any],
) -> PerturbationFigures:
    """Compute the figures of one change; ``number`` is its place in ``ScanStability.under``."""
    n = len(found)
    flips = sum(item.answer_flips(item.under[number]) for _, item in found)
    decisions = sum(item.under[number].decision != item.decision for _, item in found)
    peaks = [agrees for _, item in found if (agrees := item.under[number].peak_agrees) is not None]
    answered = [
        (record.label, item.probability, changed, unit)
        for (record, item), unit in zip(found, units, strict=True)
        if (changed := item.under[number].probability) is not None
    ]
    labelled = [entry for entry in answered if entry[0] is not None]
    ranked = _rankings(
        np.array([label == "tumor" for label, *_ in labelled], bool),
        np.array([before for _, before, _, _ in labelled]),
        np.array([after for _, _, after, _ in labelled]),
        [entry[3] for entry in labelled],
    )
    return PerturbationFigures(
        key=key,
        name=name,
        n=n,
        unanswered=n - len(answered),
        mean_change=mean(
            [abs(after - before) for _, before, after, _ in answered],
            [entry[3] for entry in answered],
            _UNANSWERED,
        ),
        answer_changed=proportion(flips, n, _UNANSWERED),
        decision_changed=proportion(decisions, n, _UNANSWERED),
        auroc=ranked[0],
        auroc_unchanged=ranked[1],
        auroc_change=ranked[2],
        peak_agreement=proportion(sum(peaks), len(peaks), "No image has evidence to compare."),
    )


def _rankings(
    truth: np.ndarray, before: np.ndarray, after: np.ndarray, units: Sequence[Any]
) -> tuple[Estimate, Estimate, Estimate]:
    """Return AUROC after and before a change and their difference, resampled in pairs."""
    if truth.all() or not truth.any():
        reason = "No labelled image has an answer."
        if len(truth):
            only = display_name("tumor" if truth.all() else "no_tumor")
            reason = f"Every image with an answer is labelled {only}."
        missing = Estimate.undefined(len(truth), reason)
        return missing, missing, missing
    changed, unchanged = Ranking(truth, after), Ranking(truth, before)
    bootstrap = GroupBootstrap(units)
    once = np.ones(len(truth))
    now, then = float(changed.auroc(once)), float(unchanged.auroc(once))
    # The generator starts anew each time, so both draw the same groups.
    now_samples = bootstrap.of_weights(changed.auroc)
    then_samples = bootstrap.of_weights(unchanged.auroc)
    return (
        bootstrap.estimate(now, now_samples),
        bootstrap.estimate(then, then_samples),
        bootstrap.estimate(now - then, now_samples - then_samples),
    )
