"""The input gate: is this picture a brain MR slice at all?

A network answers whatever it is shown. The gate looks at what the network's early stages see
and at a few traits of the picture, and refuses what lies too far from the genuine slices it
was fitted on, or on the side of pictures known to be something else. Fitted by
:mod:`brainscan.training.gate_fit`; here it only reads ``gate.npz`` and needs NumPy alone.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.inference.release import Release

GATE = "gate.npz"
FAMILIES = ("X-ray or CT", "MR of another body part", "page, drawing or photograph")
NO_GATE = "This release has no input gate: nothing checks whether the picture is a brain MR slice."
_LOOKS = (
    "looks like an X-ray or CT image rather than a brain MR slice",
    "looks like an MR image of another part of the body rather than of the brain",
    "looks like a photograph, a drawing or a page rather than a brain MR slice",
)
_UNLIKE = "does not look like a brain MR slice: it is unlike the slices the model was trained on"
_REMEDY = "Choose a slice that shows the brain, without frame, text or several pictures in one."
_UNUSUAL = (
    "The slice is unusual: it was accepted, but lies far from the slices the model was trained "
    "on (another sequence, contrast or level, for example). The answer may be wrong."
)
_ARRAYS = (
    "mean", "scale", "components", "spread", "levels", "offset", "unit", "weights", "bias",
    "limits", "unusual", "family_weights", "family_bias", "family_share",
)  # fmt: skip
_CLIP = 8.0  # standard deviations; a single wild direction must not decide the families
CLIP = 6.0  # the same of a single input value and the linear part


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says of one picture.

    Attributes
    ----------
    refused
        Whether the picture should not be read.
    unusual
        Accepted, but beyond 97 % of the genuine slices the gate was calibrated on.
    distance
        How unlike the genuine slices it is: log of the squared distance over the largest one
        accepted; above 0 it is refused.
    leaning
        How much it leans to pictures of other things: logit above the limit; above 0 it is
        refused.
    family
        Index into :data:`FAMILIES` where the gate can tell what it looks like, else ``None``.
    """

    refused: bool
    unusual: bool
    distance: float
    leaning: float
    family: int | None = None

    def sentence(self, name: str) -> str | None:
        """Return why the picture called ``name`` is refused; ``None`` when it is not."""
        if not self.refused:
            return None
        looks = _UNLIKE if self.family is None else _LOOKS[self.family]
        return f"{name} {looks}. {_REMEDY}"

    def warning(self) -> str | None:
        """Return what to say beside the answer of an unusual slice; else ``None``."""
        return _UNUSUAL if self.unusual and not self.refused else None


@dataclass(frozen=True, eq=False)
class Gate:
    """A fitted gate: standardise, project, measure.

    Attributes
    ----------
    mean, scale
        ``(d,)``: offset and unit of every input value.
    components
        ``(k, d)``: orthonormal principal directions of the genuine slices.
    spread
        ``(k,)``: standard deviation of the genuine slices along each.
    levels
        ``(2,)``: median over genuine slices of the squared length within the directions, in
        units of the spread (Mahalanobis), and outside of them.
    offset, unit
        ``(d,)``: the same as mean and scale, over genuine slices and other pictures.
    weights, bias
        ``(d,)`` and ``()``: logistic part on the values in these units, clipped.
    limits
        ``(2,)``: largest distance and largest logit accepted.
    unusual
        ``()``: distance beyond which an accepted slice is called unusual.
    family_weights, family_bias, family_share
        ``(f, k + 2)``, ``(f,)`` and ``()``: softmax over :data:`FAMILIES`, and the share above
        which a family is named.
    """

    mean: np.ndarray
    scale: np.ndarray
    components: np.ndarray
    spread: np.ndarray
    levels: np.ndarray
    offset: np.ndarray
    unit: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    limits: np.ndarray
    unusual: np.ndarray
    family_weights: np.ndarray
    family_bias: np.ndarray
    family_share: np.ndarray

    @classmethod
    def of(cls, release: Release) -> Gate | None:
        """Read the gate of a release; ``None`` when its manifest lists none.

        Raises
        ------
        ModelUnavailable
            When the file is missing or is no gate.
        """
        if GATE not in release.manifest.get("files", {}):
            return None
        path = release.folder / GATE
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(**{name: stored[name].astype(np.float64) for name in _ARRAYS})
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            msg = (
                f"The input gate {path.name} of the model {release.name} cannot be read ({error}). "
                "Restore the model folder from the repository, or release the model again."
            )
            raise ModelUnavailable(msg) from error

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what ``gate.npz`` holds."""
        return {name: np.asarray(getattr(self, name)).astype(np.float32) for name in _ARRAYS}

    def describe(self, values: np.ndarray) -> np.ndarray:
        """Return what distance and families are judged by.

        Parameters
        ----------
        values
            ``(n, d)``: embeddings and traits side by side.

        Returns
        -------
        numpy.ndarray
            ``(n, k + 2)``: coordinates, clipped, and the logs of the squared lengths within and
            outside of the directions, each over its level.
        """
        centred = (values - self.mean) / self.scale
        within = centred @ self.components.T
        outside = ((centred - within @ self.components) ** 2).sum(axis=1)
        coordinates = within / self.spread
        lengths = np.stack([(coordinates**2).sum(axis=1), outside], axis=1)
        logs = np.log(np.maximum(lengths / self.levels, 1e-6))
        return np.concatenate([np.clip(coordinates, -_CLIP, _CLIP), logs], axis=1)

    def leaning(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n,)``: the logit of ``(n, d)`` values."""
        clipped = np.clip((values - self.offset) / self.unit, -CLIP, CLIP)
        return np.asarray(clipped @ self.weights + self.bias)

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Return ``(n, 2)``: distance (mean of both logs) and logit of ``(n, d)`` values."""
        distance = self.describe(values)[:, -2:].mean(axis=1)
        return np.stack([distance, self.leaning(values)], axis=1)

    def judge(self, values: np.ndarray) -> GateVerdict:
        """Return the verdict on one picture.

        Parameters
        ----------
        values
            ``(d,)``: what :func:`brainscan.inference.gate_traits.gate_values` returns.
        """
        row = np.asarray(values, np.float64)[None]
        described = self.describe(row)[0]
        near = float(described[-2:].mean())
        distance = near - float(self.limits[0])
        leaning = float(self.leaning(row)[0] - self.limits[1])
        if distance <= 0 and leaning <= 0:
            return GateVerdict(False, near > float(self.unusual), distance, leaning)
        logits = self.family_weights @ described + self.family_bias
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = int(np.argmax(shares))
        family = best if shares[best] >= self.family_share else None
        return GateVerdict(True, False, distance, leaning, family)
