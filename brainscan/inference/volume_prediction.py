"""What a model says about a whole volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainscan.imaging.orientation import Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.conformal import type_set
from brainscan.inference.decision import Decision
from brainscan.inference.release import Release
from brainscan.inference.slice_score import SliceScore as SliceScore
from brainscan.inference.slice_score import SliceState as SliceState
from brainscan.inference.slice_score import mean_types, reaching, suspicion
from brainscan.inference.volume_consistency import (
    contradictions,
    meets,
    suspicious,
    with_contradictions,
)
from brainscan.inference.volume_rule import VolumeRule


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
        neighbours: those at or above ``slice_threshold``, otherwise the first one alone.
    agreement
        Share of the scored slices that decide alone as the volume does, in [0, 1].
    model, sha256, elapsed_ms, warnings, sensitivity
        As in ``Prediction``; ``sha256`` is the volume's.
    promised
        Whether the validation patients were enough to promise ``sensitivity``.
    types_learned
        As in ``Prediction``.
    ranked
        The slices from which ``key_slices`` are taken at another operating point.
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
    promised: bool = True
    types_learned: bool = True
    ranked: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of_slices(
        cls,
        plane: Plane,
        slices: tuple[SliceScore, ...],
        release: Release,
        rule: VolumeRule,
        sensitivity: float | None,
        *,
        ranked: tuple[int, ...],
        sha256: str,
        elapsed_ms: float,
        warnings: Iterable[str] = (),
        types_learned: bool = True,
    ) -> VolumePrediction:
        """Decide for a volume whose slices are scored.

        Parameters
        ----------
        slices
            Of the plane, in the order of their index; at least one is scored.
        release
            The one that scored them.
        rule
            Of the release.
        sensitivity
            Decide at its operating points for slice and volume; ``None``: the release's own.
        ranked
            From :func:`brainscan.inference.slice_score.key_slices`.
        warnings
            All but those that depend on the decision.
        types_learned
            See the attribute.
        """
        scored = [one for one in slices if one.probability is not None]
        value = rule.value([one.probability or 0.0 for one in scored])
        point = rule.operating_point(sensitivity)
        alone = release.operating_point(sensitivity)
        decision = point.decide(value)
        decisions = [alone.decide(one.probability or 0.0) for one in scored]
        speaking = [
            one for one, said in zip(scored, decisions, strict=True) if said != "no_tumor"
        ] or [max(scored, key=suspicion)]
        shares = mean_types(speaking)
        return cls(
            plane=plane,
            slices=slices,
            tumor_probability=value,
            decision=decision,
            threshold=point.threshold,
            band=point.band,
            slice_threshold=alone.threshold,
            rule=rule.sentence(len(scored)),
            type_probabilities=shares,
            type_set=()
            if decision == "no_tumor"
            else type_set(shares, release.type_quantiles, learned=types_learned),
            key_slices=reaching(ranked, slices, alone.threshold),
            agreement=decisions.count(decision) / len(decisions),
            model=release.title,
            sha256=sha256,
            elapsed_ms=elapsed_ms,
            warnings=with_contradictions(
                warnings, contradictions(decision, plane, scored, decisions, alone.threshold)
            ),
            sensitivity=point.sensitivity,
            promised=point.promised and rule.fitted,
            types_learned=types_learned,
            ranked=ranked,
        )

    def at(self, release: Release, sensitivity: float | None) -> VolumePrediction:
        """Return the answer as it reads at another operating point, without the network.

        Parameters
        ----------
        release
            The one that gave this answer.
        sensitivity
            One of ``release.operating_points``; ``None``: the release's own.

        Raises
        ------
        ModelUnavailable
            When the release offers no threshold for this sensitivity.
        """
        return VolumePrediction.of_slices(
            self.plane,
            self.slices,
            release,
            VolumeRule.of(release),
            sensitivity,
            ranked=self.ranked,
            sha256=self.sha256,
            elapsed_ms=self.elapsed_ms,
            warnings=self.warnings,
            types_learned=self.types_learned,
        )

    @property
    def scored(self) -> tuple[SliceScore, ...]:
        """The slices that the network read."""
        return tuple(one for one in self.slices if one.state == "scored")

    @property
    def type(self) -> str | None:
        """Most probable type; ``None`` for a tumor-free volume, or where types mean nothing."""
        return self.type_set[0] if self.type_set and self.types_learned else None

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

    @property
    def drawn(self) -> tuple[SliceScore, ...]:
        """The slices whose outlines, if any, go with the answer: none where it is no tumor."""
        if self.decision == "no_tumor":
            return ()
        return tuple(suspicious(self.scored, self.slice_threshold))

    @property
    def segmented(self) -> bool:
        """Whether the release outlines tumors."""
        return any(one.segmentation is not None for one in self.scored)

    def mask_volume(self, volume: Volume) -> np.ndarray | None:
        """Return the outlined tumor on the voxels of the volume that was read.

        The masks of the slices that are not called tumor-free by themselves; empty where the
        answer for the volume is no tumor, as :meth:`Prediction.mask` is for a slice.

        Returns
        -------
        numpy.ndarray
            bool, the shape of ``volume.voxels``, canonical order; ``None`` for a release without
            a decoder.
        """
        if not self.segmented:
            return None
        found = np.zeros(volume.shape, bool)
        for one in self.drawn:
            if (outline := one.fresh_segmentation) is not None:
                volume.put_slice(found, self.plane, one.index, outline.mask)
        return found

    def band_volumes(self, volume: Volume) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the inner and the outer mask of the uncertain border, see ``Segmentation.band``.

        Returns
        -------
        tuple of numpy.ndarray
            As :meth:`mask_volume` returns one; equal where the release reads a slice one way.
        """
        if not self.segmented:
            return None
        inner, outer = np.zeros(volume.shape, bool), np.zeros(volume.shape, bool)
        for one in self.drawn:
            if (outline := one.fresh_segmentation) is not None:
                for target, mask in zip((inner, outer), outline.band, strict=True):
                    volume.put_slice(target, self.plane, one.index, mask)
        return inner, outer

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
            "sensitivity_promised": self.promised,
            "threshold": self.threshold,
            "band": list(self.band),
            "plane": self.plane,
            "slices": [
                {
                    "index": one.index,
                    "state": one.state,
                    "probability": None if one.probability is None else round(one.probability, 6),
                    "gate_refused": one.gate_refused,
                }
                for one in self.slices
            ],
            "slice_threshold": self.slice_threshold,
            "key_slices": list(self.key_slices),
            "agreement": round(self.agreement, 4),
            "outline": self._outline_json(),
            "rule": self.rule,
            "model": self.model,
            "sha256": self.sha256,
            "elapsed_ms": round(self.elapsed_ms, 1),
            "warnings": list(self.warnings),
        }

    def _outline_json(self) -> dict[str, Any] | None:
        """Return where the network draws outlines on suspicious slices, whatever is decided."""
        if not self.segmented:
            return None
        found = suspicious(self.scored, self.slice_threshold)
        return {
            "slices": [one.index for one in found if one.outlined],
            "meets_evidence": meets(self.scored, self.slice_threshold),
        }
