"""What a model says about one slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from brainscan.inference.conformal import type_set
from brainscan.inference.consistency import contradiction, with_contradiction
from brainscan.inference.decision import Decision as Decision
from brainscan.inference.decision import OperatingPoint, with_disagreement
from brainscan.inference.heatmap import HeatMap as HeatMap
from brainscan.inference.segmentation import Segmentation


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
    segmentation
        Outline of the tumor as the network draws it; ``None`` for a release without a decoder.
        What goes with the decision is :meth:`mask`.
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
    segmentation: Segmentation | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.decision == "no_tumor" or not self.type_probabilities:
            object.__setattr__(self, "type_set", ())
        elif not self.type_set:
            found = type_set(self.type_probabilities, None, learned=self.types_learned)
            object.__setattr__(self, "type_set", found)
        object.__setattr__(self, "warnings", self._consistent(self.warnings))

    def _consistent(self, warnings: tuple[str, ...]) -> tuple[str, ...]:
        """Return warnings with the one, if any, on decision, outline and evidence."""
        if self.segmentation is None:
            return tuple(warnings)
        sentence = contradiction(
            self.decision,
            outlined=self.segmentation.outlined,
            meets=self.segmentation.meets(self.evidence),
            evident=self.evidence.has_evidence,
        )
        return with_contradiction(warnings, sentence)

    def mask(self) -> np.ndarray | None:
        """Return the outlined tumor on the slice: ``(height, width)`` bool.

        Empty where the answer is no tumor: an outline on a slice called tumor-free would say two
        things at once, and the probability is the calibrated one of the two. ``None`` for a
        release without a decoder.
        """
        if self.segmentation is None:
            return None
        mask = self.segmentation.mask
        return np.zeros_like(mask) if self.decision == "no_tumor" else mask

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
            "outline": None
            if self.segmentation is None
            else {
                "network_pixels": int(np.count_nonzero(self.segmentation.mask)),
                "meets_evidence": self.segmentation.meets(self.evidence),
            },
            "model": self.model,
            "sha256": self.sha256,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "warnings": list(self.warnings),
            "refusal": self.refusal,
        }
