"""What a model says about a whole volume."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from brainscan.imaging.orientation import Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.decision import Decision
from brainscan.inference.prediction import HeatMap

SliceState = Literal["scored", "no_brain"]


@dataclass(frozen=True, eq=False)
class SliceScore:
    """What became of one slice of a volume.

    Attributes
    ----------
    index
        Along the canonical axis of the plane, as :meth:`Volume.plane_slice` counts.
    state
        ``"scored"``, or ``"no_brain"`` where there is too little head to read.
    probability
        Calibrated tumor probability in [0, 1] of a scored slice, else ``None``.
    evidence
        Evidence map of a scored slice, else ``None``.
    type_probabilities
        Type name to probability given a tumor; empty where not scored.
    gate_refused
        Whether the input gate would have refused the slice by itself. It is scored all the
        same when the gate accepts the volume: its neighbours vouch for it.
    """

    index: int
    state: SliceState
    probability: float | None = None
    evidence: HeatMap | None = field(default=None, repr=False)
    type_probabilities: dict[str, float] = field(default_factory=dict, repr=False)
    gate_refused: bool = False


@dataclass(frozen=True, eq=False)
class VolumePrediction:
    """The answer for one volume.

    Attributes
    ----------
    plane
        The plane whose slices were scored.
    slices
        One for each slice of that plane, in the order of their index.
    tumor_probability
        What the rule makes of the slices' probabilities, in [0, 1]; it is compared with
        ``threshold`` and ``band`` and not calibrated as a probability of its own.
    decision
        For the whole volume.
    threshold, band
        Operating point of the rule, as in :class:`brainscan.inference.prediction.Prediction`.
    slice_threshold
        Operating threshold of a single slice.
    rule
        A sentence that says how the slices' probabilities become the volume's.
    type_probabilities, type_set
        Over the slices that speak for tumor; as in ``Prediction``.
    key_slices
        Indices of the most suspicious slices, the most suspicious first, no two of them
        neighbours.
    agreement
        Share of the scored slices that decide alone as the volume does, in [0, 1].
    model, sha256, elapsed_ms, warnings, sensitivity
        As in ``Prediction``; ``sha256`` is the volume's.
    """

    plane: Plane
    slices: tuple[SliceScore, ...] = field(repr=False)
    tumor_probability: float
    decision: Decision
    threshold: float
    band: tuple[float, float]
    slice_threshold: float
    rule: str
    type_probabilities: dict[str, float]
    type_set: tuple[str, ...]
    key_slices: tuple[int, ...]
    agreement: float
    model: str
    sha256: str
    elapsed_ms: float
    warnings: tuple[str, ...] = ()
    sensitivity: float | None = None

    @property
    def scored(self) -> tuple[SliceScore, ...]:
        """The slices that the network read."""
        return tuple(one for one in self.slices if one.state == "scored")

    @property
    def type(self) -> str | None:
        """Most probable type; ``None`` for a tumor-free volume or a model without types."""
        if self.decision == "no_tumor" or not self.type_probabilities:
            return None
        return max(self.type_probabilities, key=self.type_probabilities.__getitem__)

    def evidence_volume(self, volume: Volume) -> np.ndarray:
        """Return the evidence on the voxels of the volume that was read.

        Returns
        -------
        numpy.ndarray
            float32 in [0, 1], the shape of ``volume.voxels``, canonical order; zero in slices
            that were not scored.
        """
        found = np.zeros(volume.shape, np.float32)
        for one in self.scored:
            if one.evidence is not None:
                volume.put_slice(found, self.plane, one.index, one.evidence.on_slice())
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the plain values of the answer, ready for ``json.dumps``."""
        return {
            "tumor_probability": round(self.tumor_probability, 6),
            "decision": self.decision,
            "type": self.type,
            "type_set": list(self.type_set),
            "type_probabilities": {k: round(v, 6) for k, v in self.type_probabilities.items()},
            "sensitivity": self.sensitivity,
            "threshold": self.threshold,
            "band": list(self.band),
            "plane": self.plane,
            "slices": [
                {
                    "index": one.index,
                    "state": one.state,
                    "probability": None if one.probability is None else round(one.probability, 6),
                }
                for one in self.slices
            ],
            "slice_threshold": self.slice_threshold,
            "key_slices": list(self.key_slices),
            "agreement": round(self.agreement, 4),
            "rule": self.rule,
            "model": self.model,
            "sha256": self.sha256,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "warnings": list(self.warnings),
        }
