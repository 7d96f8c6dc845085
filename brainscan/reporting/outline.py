"""The mask that is exported, and whose it is: the model's, a reader's, or a level of evidence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from brainscan.imaging.correction import Correction
from brainscan.imaging.volume import Volume
from brainscan.inference.prediction import Prediction
from brainscan.inference.volume_prediction import VolumePrediction

EVIDENCE_THRESHOLD = 0.5
"""Evidence from which on a place is more likely tumor tissue than not."""

By = Literal["model", "person", "evidence"]


@dataclass(frozen=True, eq=False)
class Outline:
    """A mask together with what must be said wherever it goes.

    Attributes
    ----------
    mask
        ``(height, width)`` bool on the slice, or ``(i, j, k)`` bool in canonical order.
    by
        ``"model"``: the outline of its decoder. ``"person"``: a reader corrected it.
        ``"evidence"``: the model draws no outline, this is where its evidence reaches
        :data:`EVIDENCE_THRESHOLD`.
    model
        Name and version of the release.
    author, when
        Who corrected it and when (ISO 8601, UTC); empty otherwise.
    """

    mask: np.ndarray = field(repr=False)
    by: By
    model: str
    author: str = ""
    when: str = ""

    @classmethod
    def of_slice(cls, prediction: Prediction, correction: Correction | None = None) -> Outline:
        """Return the mask of a slice: the correction, else the outline, else the evidence.

        Raises
        ------
        ValueError
            If the correction is for a slice of another size.
        """
        if correction is None:
            mask = prediction.mask()
            if mask is None:
                return cls._evident(prediction.evidence.on_slice(), prediction.model)
            return cls.drawn(mask, prediction.model)
        _require_shape(correction.mask, prediction.evidence.on_slice().shape)
        return cls.drawn(correction.mask, prediction.model, correction)

    @classmethod
    def of_volume(
        cls, volume: Volume, prediction: VolumePrediction, correction: Correction | None = None
    ) -> Outline:
        """Return the mask of a volume, chosen as for a slice.

        Raises
        ------
        ValueError
            If the correction is for a volume of another size.
        """
        if correction is None:
            mask = prediction.mask_volume(volume)
            if mask is None:
                return cls._evident(prediction.evidence_volume(volume), prediction.model)
            return cls.drawn(mask, prediction.model)
        _require_shape(correction.mask, volume.shape)
        return cls.drawn(correction.mask, prediction.model, correction)

    @classmethod
    def drawn(cls, mask: np.ndarray, model: str, correction: Correction | None = None) -> Outline:
        """Return an outline that is known to be one.

        Parameters
        ----------
        mask
            Bool; the correction's own where there is one.
        model
            The one that answered.
        correction
            What a reader did.
        """
        if correction is None:
            return cls(mask, "model", model)
        return cls(mask, "person", correction.model, correction.author, correction.when)

    @classmethod
    def _evident(cls, evidence: np.ndarray, model: str) -> Outline:
        return cls(evidence >= EVIDENCE_THRESHOLD, "evidence", model)

    def placed(self, mask: np.ndarray) -> Outline:
        """Return the same outline on another grid, or of a single slice of its volume.

        Parameters
        ----------
        mask
            Bool, this one's mask on that grid.
        """
        return replace(self, mask=mask)

    @property
    def correction(self) -> Correction | None:
        """What a reader did; ``None`` for a model's own mask."""
        if self.by != "person":
            return None
        return Correction(self.mask, self.author, self.when, self.model)

    @property
    def label(self) -> str:
        """Whose the mask is, in a name of at most 64 characters, as DICOM labels allow."""
        made = self.correction
        if made is None:
            evident = f"Evidence >= {EVIDENCE_THRESHOLD:g}"
            return evident if self.by == "evidence" else "Tumour outline by a model"
        return f"Tumour outline, {made.verb}{'' if self.model else ' by a reader'}"

    @property
    def sentence(self) -> str:
        """Whose the mask is."""
        if self.correction is not None:
            return self.correction.sentence
        if self.by == "model":
            return f"Outlined by {self.model}. Not checked by a person."
        return (
            f"Where the evidence of {self.model} is at least {EVIDENCE_THRESHOLD}. The model "
            "draws no outline, and this is none."
        )


def _require_shape(mask: np.ndarray, shape: tuple[int, ...]) -> None:
    if mask.shape != shape:
        msg = f"The correction must have shape {shape}, got {mask.shape}."
        raise ValueError(msg)
