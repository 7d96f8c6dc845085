"""Parts of an evaluation's result: which model answered, and the figures at one threshold."""

from __future__ import annotations

from dataclasses import dataclass

from brainscan.evaluation.decisions import DecisionRule
from brainscan.evaluation.metrics import ConfusionFigures


@dataclass(frozen=True)
class ModelFacts:
    """Which release answered. ``types`` is empty for a model that knows no tumor types."""

    name: str
    version: str
    architecture: str
    types: tuple[str, ...]
    threshold: float
    band: tuple[float, float]
    manifest_sha256: str
    data_fingerprint: str
    rule: DecisionRule | None = None

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, eq=False)
class ThresholdFigures:
    """Figures at one threshold on the tumor probability.

    Attributes
    ----------
    threshold
        A probability at or above it counts as tumor; indeterminate images are counted too.
    binary
        Tumor against no tumor.
    classes
        No tumor and the types, each image given ``no_tumor`` below the threshold and its most
        probable type above. Tumor images without a given type are left out. ``None`` when
        the model or the dataset has no types.
    """

    threshold: float
    binary: ConfusionFigures
    classes: ConfusionFigures | None
