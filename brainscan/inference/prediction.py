"""What a model says about one slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.inference.conformal import type_set
from brainscan.inference.decision import Decision as Decision
from brainscan.inference.decision import OperatingPoint, with_disagreement


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A map on the network's coarse grid, and the way back to the slice it came from.

    Attributes
    ----------
    grid
        ``(rows, cols)`` float32 in [0, 1]. For ``kind="evidence"`` the probability of tumor
        tissue, never rescaled. For ``kind="gradcam"`` the positive part of the class
        activation divided by its maximum; all zero where nothing speaks for the class.
    geometry
        Crop, scale and padding that took the slice to the network's input.
    kind
        ``"evidence"`` or ``"gradcam"``.
    peak
        Largest value in the unit of the logit, before any scaling. Zero or less means there
        is no positive evidence: no cell is more likely tumor than not.
    """

    grid: np.ndarray
    geometry: Geometry
    kind: Literal["evidence", "gradcam"]
    peak: float

    @classmethod
    def of_gradcam(cls, activation: np.ndarray, geometry: Geometry) -> HeatMap:
        """Return a Grad-CAM map of an ``(n, n)`` activation, cut at zero, divided by its peak.

        A map without a positive value stays empty: stretching it would show noise as evidence.
        """
        peak = float(activation.max())
        if peak <= 0:
            return cls(np.zeros(activation.shape, np.float32), geometry, "gradcam", peak)
        scaled = np.maximum(activation, 0) / np.float32(peak)
        return cls(scaled.astype(np.float32), geometry, "gradcam", peak)

    @property
    def has_evidence(self) -> bool:
        """Whether anything in the map speaks for the class."""
        return self.peak > 0.0

    def on_slice(self) -> np.ndarray:
        """Return the map in the slice's geometry: ``(height, width)`` float32 in [0, 1]."""
        return self.geometry.to_slice(self.grid)

    def mask(self, threshold: float) -> np.ndarray:
        """Return where the map on the slice reaches ``threshold``: ``(height, width)`` bool."""
        return self.on_slice() >= threshold


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one slice.

    Attributes
    ----------
    tumor_probability
        Calibrated probability in [0, 1] that the slice shows a tumor.
    decision
        ``"tumor"``, ``"no_tumor"`` or ``"indeterminate"``.
    type_probabilities
        Type name to probability given that there is a tumor; sums to one. Empty for a
        model that knows no types.
    evidence
        Where the model sees tumor tissue.
    gradcam
        Class name (``"tumor"`` and the types) to Grad-CAM map.
    threshold
        Operating threshold on ``tumor_probability``: at or above it the slice is not called
        tumor-free.
    band
        ``(low, high)``: probabilities in ``[low, high)`` are indeterminate. Empty when
        ``low == high``.
    model
        Name and version of the release, for example ``"resnet50 1.0.0"``.
    sha256
        Hex digest of the input file.
    elapsed_ms
        Wall time of preprocessing, forward pass and maps, in milliseconds.
    warnings
        Sentences the reader should see beside the answer.
    type_set
        Types that the slice may well show, the most probable first. Empty for a tumor-free
        slice or a model without types; otherwise at least the most probable type.
    sensitivity
        Sensitivity that ``threshold`` was chosen for; ``None`` where the release records none.
    refusal
        Sentence with which the input gate refused the slice that was read all the same; ``None``
        when the gate accepted it, or there is no gate.
    types_learned
        Whether the types were learned on slices of this sequence, as far as the file tells it.
        Otherwise ``type`` is ``None`` and ``type_set`` holds every type.
    """

    tumor_probability: float
    decision: Decision
    type_probabilities: dict[str, float]
    evidence: HeatMap
    gradcam: dict[str, HeatMap]
    threshold: float
    band: tuple[float, float]
    model: str
    sha256: str
    elapsed_ms: float
    warnings: tuple[str, ...] = field(default=())
    type_set: tuple[str, ...] = ()
    sensitivity: float | None = None
    refusal: str | None = None
    types_learned: bool = True

    def __post_init__(self) -> None:
        if self.decision == "no_tumor" or not self.type_probabilities:
            object.__setattr__(self, "type_set", ())
        elif not self.type_set:
            found = type_set(self.type_probabilities, None, learned=self.types_learned)
            object.__setattr__(self, "type_set", found)

    @property
    def type(self) -> str | None:
        """Most probable type; ``None`` for a tumor-free slice, or where types mean nothing."""
        return self.type_set[0] if self.type_set and self.types_learned else None

    def at(self, point: OperatingPoint, quantiles: Mapping[str, float] | None) -> Prediction:
        """Return the answer as it reads at another operating point of the same release.

        Parameters
        ----------
        point
            Where to decide.
        quantiles
            Of the release, see :func:`brainscan.inference.conformal.type_set`.
        """
        decision = point.decide(self.tumor_probability)
        return replace(
            self,
            decision=decision,
            threshold=point.threshold,
            band=point.band,
            sensitivity=point.sensitivity,
            type_set=type_set(self.type_probabilities, quantiles, learned=self.types_learned),
            warnings=with_disagreement(self.warnings, decision, self.evidence.has_evidence),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the plain values of the answer, ready for ``json.dumps``."""
        return {
            "tumor_probability": round(self.tumor_probability, 6),
            "decision": self.decision,
            "type": self.type,
            "type_set": list(self.type_set),
            "types_learned": self.types_learned,
            "type_probabilities": {k: round(v, 6) for k, v in self.type_probabilities.items()},
            "sensitivity": self.sensitivity,
            "threshold": self.threshold,
            "band": list(self.band),
            "has_evidence": self.evidence.has_evidence,
            "model": self.model,
            "sha256": self.sha256,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "warnings": list(self.warnings),
            "refusal": self.refusal,
        }
