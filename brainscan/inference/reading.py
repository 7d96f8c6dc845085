"""What a release makes of one slice, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.imaging.sequence import PROTON_DENSITY, SequenceGuess
from brainscan.inference.calibration import sigmoid, softmax
from brainscan.inference.gate import GateVerdict
from brainscan.inference.heatmap import HeatMap
from brainscan.inference.release import Release
from brainscan.inference.runtime import RawOutput
from brainscan.inference.segmentation import Segmentation


@dataclass(frozen=True, eq=False)
class Reading:
    """Calibrated answers of the network for one slice.

    Attributes
    ----------
    probability
        Calibrated tumor probability in [0, 1].
    type_probabilities
        Type name to probability given that there is a tumor; empty for a model without types.
    evidence
        Where the model sees tumor tissue.
    geometry
        The way from the network's input back to the slice.
    activation
        ``(n, n, 1 + types)`` float32, Grad-CAM before the ReLU.
    verdict
        Of the input gate; ``None`` for a release without one.
    segmentation
        Outline of the tumor; ``None`` for a release without a decoder.
    """

    probability: float
    type_probabilities: dict[str, float]
    evidence: HeatMap
    geometry: Geometry
    activation: np.ndarray = field(repr=False)
    verdict: GateVerdict | None = None
    segmentation: Segmentation | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls, release: Release, raw: RawOutput, geometry: Geometry, verdict: GateVerdict | None
    ) -> Reading:
        """Turn what the network says of one slice (a batch of one) into calibrated answers."""
        manifest = release.manifest
        types = softmax(raw.type[0].astype(np.float64) / manifest["temperature"]["type"])
        logits = raw.evidence[0] - np.float32(manifest["evidence_offset"])
        rule = release.segmentation
        segmentation = None
        if rule is not None and raw.outline is not None:
            ways = sigmoid(raw.outline[0]).astype(np.float32)
            segmentation = Segmentation(ways, geometry, rule)
        return cls(
            probability=float(sigmoid(raw.tumor[0] / manifest["temperature"]["tumor"])),
            type_probabilities=dict(zip(release.types, types.tolist(), strict=True)),
            evidence=HeatMap(
                sigmoid(logits).astype(np.float32), geometry, "evidence", float(logits.max())
            ),
            geometry=geometry,
            activation=raw.gradcam[0],
            verdict=verdict,
            segmentation=segmentation,
        )

    def gradcam(self) -> dict[str, HeatMap]:
        """Return the Grad-CAM map of ``"tumor"`` and of each type."""
        names = ("tumor", *self.type_probabilities)
        return {
            name: HeatMap.of_gradcam(self.activation[:, :, index], self.geometry)
            for index, name in enumerate(names)
        }


def types_learned(sequence: SequenceGuess | None) -> bool:
    """Return whether the types were learned on scans of a sequence, as far as it is known.

    The labelled types of the public training sets are almost all of T1 slices after contrast
    agent. Where a file does not tell its sequence, as a picture, nothing speaks against it.
    """
    if sequence is None or sequence.label == "T1ce":
        return True
    return sequence.label == "unknown" and not sequence.proton_density


def type_warning(sequence: SequenceGuess | None, release: Release) -> str | None:
    """Return why no type is named; ``None`` where one is, or for a model without types."""
    if sequence is None or types_learned(sequence) or not release.types:
        return None
    name = PROTON_DENSITY if sequence.proton_density else sequence.label
    return (
        f"This is a {name} scan, as far as the file tells. The types were learned on T1 "
        "slices after contrast agent: on other sequences they mean nothing, and none is ruled out."
    )
