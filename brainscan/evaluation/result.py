"""What an evaluation found: every image, and every figure computed from them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from brainscan.data.dataset import TYPES
from brainscan.evaluation import curves
from brainscan.evaluation.breakdown import Breakdown, breakdowns, hit_rate
from brainscan.evaluation.decisions import DecisionRule, Decisions, measure_decisions
from brainscan.evaluation.evaluated import Evaluated
from brainscan.evaluation.facts import ThresholdFigures
from brainscan.evaluation.intervals import Estimate, proportion
from brainscan.evaluation.metrics import (
    ConfusionFigures,
    RankingFigures,
    confusion_figures,
    ranking_figures,
)
from brainscan.evaluation.outline_figures import Outlines, measure_outlines
from brainscan.evaluation.volumes import VolumeFigures, volume_figures
from brainscan.inference.decision import OperatingPoint

BINARY = ("no_tumor", "tumor")


class EvaluationResult(Evaluated):
    """The outcome of `brainscan.evaluation.evaluate.evaluate`.

    Figures are computed when first asked for and kept. Images without a label, and images
    without a prediction, are listed in ``rows`` and counted in no figure. Volumes have figures
    of their own; slices and volumes are never counted in one figure.
    """

    @cached_property
    def volume_figures(self) -> VolumeFigures:
        """Figures over whole volumes."""
        return volume_figures(self.volumes)

    @cached_property
    def outlines(self) -> Outlines | None:
        """Figures on outlines; ``None`` where none could be compared with a mask."""
        return measure_outlines(self.rows, self.units, self.volumes)

    @cached_property
    def indeterminate(self) -> Estimate:
        """Share of the images with a prediction that the model leaves undecided."""
        undecided = sum(row.decision == "indeterminate" for row in self.rows)
        return proportion(undecided, self.predicted, "No image has a prediction.")

    @cached_property
    def decided_accuracy(self) -> Estimate:
        """Accuracy over the labelled images that the model does decide."""
        rows = [self.rows[i] for i in self.counted if self.rows[i].decision != "indeterminate"]
        right = sum(row.decision == row.label for row in rows)
        return proportion(right, len(rows), "No labelled image was decided.")

    @cached_property
    def truth(self) -> np.ndarray:
        """``(n,)`` bool, tumor or not, of the `counted` images."""
        return np.array([self.rows[i].label == "tumor" for i in self.counted], bool)

    @cached_property
    def probability(self) -> np.ndarray:
        """``(n,)`` float64 tumor probability of the `counted` images."""
        return np.array([self.rows[i].probability for i in self.counted], float)

    @cached_property
    def _typed(self) -> tuple[int, ...]:
        """`counted` rows, no tumor or a tumor of a given type, on which a type could be named.

        A false alarm that may name no type would otherwise pass for a right "no tumor".
        """
        return tuple(
            i
            for i in self.counted
            if self.rows[i].types_learned
            and (self.rows[i].label == "no_tumor" or self.rows[i].type)
        )

    @cached_property
    def _type_names(self) -> tuple[str, ...]:
        """Types of model and dataset; empty when either has none."""
        present = {self.rows[i].type for i in self._typed} - {None}
        if not present or not self.model.types:
            return ()
        return tuple(name for name in TYPES if name in present or name in self.model.types)

    @cached_property
    def ranking(self) -> RankingFigures:
        """AUROC and the other figures that need no threshold."""
        return ranking_figures(self.truth, self.probability, self.units_of(self.counted))

    @cached_property
    def at_model_threshold(self) -> ThresholdFigures:
        """Figures at the model's own threshold."""
        return self.at_threshold(self.model.threshold)

    def at_threshold(self, threshold: float) -> ThresholdFigures:
        """Return the figures at a threshold in [0, 1], without touching the network."""
        if not 0.0 <= threshold <= 1.0:
            msg = f"threshold must lie in [0, 1], got {threshold}"
            raise ValueError(msg)
        binary = confusion_figures(
            self.truth.astype(int),
            (self.probability >= threshold).astype(int),
            BINARY,
            self.units_of(self.counted),
        )
        return ThresholdFigures(threshold, binary, self._classes_at(threshold))

    def _classes_at(self, threshold: float) -> ConfusionFigures | None:
        if not self._type_names:
            return None
        classes = ("no_tumor", *self._type_names)
        rows = [self.rows[i] for i in self._typed]
        answers = [
            row.best_type if row.answer(threshold) == "tumor" else "no_tumor" for row in rows
        ]
        return confusion_figures(
            np.array([classes.index(row.type or "no_tumor") for row in rows], int),
            np.array([classes.index(answer or "no_tumor") for answer in answers], int),
            classes,
            self.units_of(self._typed),
        )

    @cached_property
    def types(self) -> ConfusionFigures | None:
        """Which type, over the tumor images of a given type, whether found or missed."""
        if not self._type_names:
            return None
        numbers = tuple(i for i in self._typed if self.rows[i].type)
        names = self._type_names
        rows = [self.rows[i] for i in numbers]
        return confusion_figures(
            np.array([names.index(row.type or "") for row in rows], int),
            np.array([names.index(row.best_type or "") for row in rows], int),
            names,
            self.units_of(numbers),
        )

    @cached_property
    def hit_rate(self) -> Estimate:
        """Share of masked tumor images whose evidence has its maximum inside the mask."""
        return hit_rate(self.rows)

    @cached_property
    def by_source(self) -> tuple[Breakdown, ...]:
        """Figures of every source."""
        return self._broken_down(lambda row: row.source)

    @cached_property
    def by_sequence(self) -> tuple[Breakdown, ...]:
        """Figures of every sequence of every source; images without a sequence are left out."""
        return self._broken_down(lambda row: row.stratum if row.sequence else None)

    def _broken_down(self, key: Any) -> tuple[Breakdown, ...]:
        if not self.labelled:
            return ()
        return breakdowns(self.rows, self.units, self.model.threshold, key)

    @cached_property
    def decisions(self) -> Decisions:
        """What the three outcomes and the type sets cover."""
        model = self.model
        rule = model.rule or DecisionRule(OperatingPoint(model.threshold, model.band))
        rows = [self.rows[number] for number in self.counted]
        return measure_decisions(rows, self.units_of(self.counted), rule)

    @cached_property
    def roc(self) -> curves.Curve | None:
        return curves.roc_curve(self.truth, self.probability)

    @cached_property
    def precision_recall(self) -> curves.Curve | None:
        return curves.precision_recall_curve(self.truth, self.probability)

    @cached_property
    def reliability(self) -> curves.Reliability:
        return curves.reliability(self.truth, self.probability)

    def compute(self) -> None:
        """Compute every figure now, so that nobody waits for one later."""
        if self.volumes:
            _ = self.volume_figures
        _ = self.outlines
        if not self.counted:
            return
        for figure in (
            "ranking", "at_model_threshold", "types", "by_source", "by_sequence", "roc",
            "precision_recall", "reliability", "decisions",
        ):  # fmt: skip
            getattr(self, figure)

    def errors_at(self, threshold: float) -> list[int]:
        """Return the numbers of the wrong rows at a threshold, the most severe first."""
        found: list[tuple[float, int]] = []
        for number in self.counted:
            kind = self.rows[number].error(threshold)
            if kind is not None:
                found.append((-self.rows[number].severity(kind), number))
        return [number for _, number in sorted(found)]
