"""Whether decisions and type sets keep what the release promised: coverage, measured."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brainscan.evaluation.intervals import Estimate, proportion
from brainscan.evaluation.ratios import mean
from brainscan.evaluation.rows import ImageRow
from brainscan.inference.conformal import type_set
from brainscan.inference.decision import OperatingPoint
from brainscan.inference.release import Release


@dataclass(frozen=True)
class DecisionRule:
    """How a release decided in a run, what it promises and what else could be chosen.

    Attributes
    ----------
    point
        The operating point of the run.
    choices
        All that the release offers.
    quantiles
        Of the type sets, see `brainscan.inference.conformal.type_set`; ``None``: one type only.
    no_tumor_level, type_level
        Promised coverage of tumor-free slices and of type sets; ``None`` where none is.
    """

    point: OperatingPoint
    choices: tuple[OperatingPoint, ...] = ()
    quantiles: Mapping[str, float] | None = None
    no_tumor_level: float | None = None
    type_level: float | None = None

    @classmethod
    def of(cls, release: Release, point: OperatingPoint) -> DecisionRule:
        """Return the rule of a release at one of its operating points."""
        coverage = release.manifest.get("coverage", {})
        return cls(
            point,
            release.operating_points,
            release.type_quantiles,
            coverage.get("no_tumor"),
            coverage.get("type"),
        )

    @property
    def promise(self) -> str:
        """What the release promises of its decisions, as a sentence."""
        sensitivity = self.point.sensitivity if self.point.promised else None
        parts = [
            f"{100 * level:g} % of the {words}"
            for level, words in (
                (sensitivity, "tumour slices are not called tumour-free"),
                (self.no_tumor_level, "tumour-free slices are not called tumour"),
                (self.type_level, "type sets hold the true type"),
            )
            if level is not None
        ]
        if not parts:
            return "This release promises no coverage; what its decisions cover is measured here."
        return (
            f"The release promises of slices like its validation slices: at least "
            f"{', '.join(parts)}. Other scanners and patients may differ; that is measured here."
        )


@dataclass(frozen=True)
class DecisionFigures:
    """Coverage of the three outcomes over some labelled images.

    Attributes
    ----------
    name
        Which images.
    tumor_covered
        Share of the tumor images not called tumor-free: their set holds the truth.
    no_tumor_covered
        Share of the tumor-free images not called tumor.
    specificity
        Share of the tumor-free images called tumor-free.
    indeterminate
        Share left undecided.
    type_covered
        Share of the tumor images of known type, found or missed, whose type set holds it.
    type_set_size
        Mean number of types in these sets.
    """

    name: str
    tumor_covered: Estimate
    no_tumor_covered: Estimate
    specificity: Estimate
    indeterminate: Estimate
    type_covered: Estimate
    type_set_size: Estimate

    def named(self) -> list[tuple[str, Estimate]]:
        """Return the figures with their names, those of the types where there are any."""
        found = [
            ("Tumour images not called tumour-free", self.tumor_covered),
            ("Tumour-free images not called tumour", self.no_tumor_covered),
            ("Tumour-free images called tumour-free", self.specificity),
            ("Left indeterminate", self.indeterminate),
        ]
        if self.type_covered.defined:
            found += [
                ("Type sets that hold the true type", self.type_covered),
                ("Types in a set, mean", self.type_set_size),
            ]
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "tumor_covered": self.tumor_covered.to_json(),
            "no_tumor_covered": self.no_tumor_covered.to_json(),
            "specificity": self.specificity.to_json(),
            "indeterminate": self.indeterminate.to_json(),
            "type_covered": self.type_covered.to_json(),
            "type_set_size": self.type_set_size.to_json(),
        }


@dataclass(frozen=True)
class Decisions:
    """Coverage at the operating point of the run, in parts, and at the other sensitivities.

    Attributes
    ----------
    promise
        Sentence: what the release promises of slices like its validation slices.
    overall
        Over all labelled images with a prediction.
    parts
        By source, where there are several, and by sequence.
    choices
        At each sensitivity that the release offers; the type sets do not depend on it, so their
        figures are those of ``overall``.
    """

    promise: str
    overall: DecisionFigures
    parts: tuple[DecisionFigures, ...]
    choices: tuple[DecisionFigures, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "promise": self.promise,
            "overall": self.overall.to_json(),
            "parts": [part.to_json() for part in self.parts],
            "sensitivities": [choice.to_json() for choice in self.choices],
        }


def measure_decisions(
    rows: Sequence[ImageRow], units: Sequence[Hashable], rule: DecisionRule
) -> Decisions:
    """Measure decisions against labels.

    Parameters
    ----------
    rows, units
        All images with label and prediction, and their resampling units.
    rule
        How was decided.
    """

    def figures(name: str, chosen: Sequence[int], point: OperatingPoint) -> DecisionFigures:
        mine = [rows[i] for i in chosen]
        types = _type_figures(mine, [units[i] for i in chosen], rule.quantiles)
        return _figures(name, mine, point, types)

    several = len({row.source for row in rows}) > 1
    parts: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        if several:
            parts.setdefault(row.source, []).append(number)
        if row.sequence and row.stratum != row.source:
            parts.setdefault(row.stratum, []).append(number)
    overall = figures("All", range(len(rows)), rule.point)
    types = (overall.type_covered, overall.type_set_size)
    return Decisions(
        promise=rule.promise,
        overall=overall,
        parts=tuple(figures(name, parts[name], rule.point) for name in sorted(parts)),
        choices=tuple(
            _figures(f"Sensitivity {point.sensitivity:g}", rows, point, types)
            for point in rule.choices
        ),
    )


def _figures(
    name: str,
    rows: Sequence[ImageRow],
    point: OperatingPoint,
    types: tuple[Estimate, Estimate],
) -> DecisionFigures:
    answers = [(row.label, point.decide(row.probability or 0.0)) for row in rows]
    tumor = [answer for label, answer in answers if label == "tumor"]
    free = [answer for label, answer in answers if label == "no_tumor"]
    undecided = sum(answer == "indeterminate" for _, answer in answers)
    none = "There is no image without tumour."
    return DecisionFigures(
        name=name,
        tumor_covered=proportion(
            sum(answer != "no_tumor" for answer in tumor), len(tumor), "There is no tumour image."
        ),
        no_tumor_covered=proportion(sum(a != "tumor" for a in free), len(free), none),
        specificity=proportion(sum(a == "no_tumor" for a in free), len(free), none),
        indeterminate=proportion(undecided, len(answers), "There is no labelled image."),
        type_covered=types[0],
        type_set_size=types[1],
    )


def _type_figures(
    rows: Sequence[ImageRow], units: Sequence[Hashable], quantiles: Mapping[str, float] | None
) -> tuple[Estimate, Estimate]:
    """Return coverage and mean size of the type sets of tumor images of a known type."""
    typed = [i for i, row in enumerate(rows) if row.type in dict(row.types)]
    if quantiles is None:
        nothing = Estimate.undefined(len(typed), "This release names one type, not a set.")
        return nothing, nothing
    if not typed:
        nothing = Estimate.undefined(0, "There is no tumour image of a type the model knows.")
        return nothing, nothing
    sets = [type_set(dict(rows[i].types), quantiles) for i in typed]
    held = sum(rows[i].type in found for i, found in zip(typed, sets, strict=True))
    none = "There is no such image."
    size = mean([len(found) for found in sets], [units[i] for i in typed], none)
    return proportion(held, len(typed), none), size
