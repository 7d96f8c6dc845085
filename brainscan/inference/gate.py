"""The input gate: is this picture a brain MR slice at all?

A network answers whatever it is shown. The gate looks at what the network's early stages see
and at a few traits of the picture, and refuses what lies too far from the genuine slices it
was fitted on, or on the side of pictures known to be something else. Fitted by
:mod:`brainscan.training.gate_fit`; here it only reads ``gate.npz`` and needs NumPy alone.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.imaging.decoding import COLOR_WARNING
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
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
_OUTLINE = 0.08  # of the network's input: what is darker is ground
_DEPTHS = (0.0, 0.06, 0.12, 0.2, 0.35, 0.55, 0.8, 1.0)  # shares of the greatest depth
_SAMPLE = 20_000  # pixels on which the traits of a slice are measured, as good as all of them


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
            ``(d,)``: what :func:`gate_values` returns.
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


def gate_values(
    scan: Scan, image: np.ndarray, geometry: Geometry, embedding: np.ndarray
) -> np.ndarray:
    """Return ``(d,)`` float64: the embedding and the traits of a picture.

    Parameters
    ----------
    scan
        As read.
    image, geometry
        As :func:`brainscan.imaging.preprocessing.preprocess` returns them.
    embedding
        ``(e,)``: what the network gives for the image.
    """
    return np.concatenate([embedding.astype(np.float64), traits(scan, image, geometry)])


def traits(scan: Scan, image: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return ``(42,)`` float64: what preprocessing hides from the network, and its layout.

    Whether the file is clearly coloured; how far the object is from square, and its share of
    the picture; shares of almost black and almost white, mean and spread of the picture's
    border; shares of black and white, mean and spread of the network's input; its mirror
    symmetry; its histogram; how bright and how varied it is at which depth below the outline;
    and the outline's form.
    """
    step = max(1, round((scan.pixels.size / _SAMPLE) ** 0.5))
    sample = scan.pixels[::step, ::step].astype(np.float64)
    low, high = np.percentile(sample, [0.5, 99.5])
    sample = np.clip((sample - low) / max(high - low, 1e-6), 0, 1)
    border = np.concatenate(
        [sample[:2].ravel(), sample[-2:].ravel(), sample[:, :2].ravel(), sample[:, -2:].ravel()]
    )
    rows = slice(geometry.pad_top, geometry.pad_top + geometry.inner_height)
    cols = slice(geometry.pad_left, geometry.pad_left + geometry.inner_width)
    inside = image[rows, cols].astype(np.float32) / np.float32(255)
    plain = [
        float(COLOR_WARNING in scan.warnings),
        abs(float(np.log(geometry.crop_height / geometry.crop_width))),
        geometry.crop_height * geometry.crop_width / scan.pixels.size,
        np.mean(sample < 0.06),
        np.mean(sample > 0.97),
        border.mean(),
        border.std(),
        np.mean(inside < 0.02),
        np.mean(inside > 0.98),
        inside.mean(),
        inside.std(),
        _symmetry(inside),
    ]
    return np.concatenate([np.array(plain, np.float64), _layers(inside)])


def _layers(image: np.ndarray) -> np.ndarray:
    """Return ``(30,)``: histogram, brightness below the outline, and the outline's form.

    A skull is white in CT and black in MR, and the tissue below it has little contrast in CT.
    """
    found = (cv2.blur(image, (5, 5)) > _OUTLINE).astype(np.uint8)
    outlines, _ = cv2.findContours(found, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(found, outlines, -1, 1, -1)
    below = cv2.distanceTransform(np.pad(found, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    depth = below / max(float(below.max()), 1.0)
    values, depths = image[found > 0], depth[found > 0]
    if not values.size:
        return np.zeros(30)
    histogram = np.histogram(values, bins=10, range=(0, 1))[0] / values.size
    profile = np.zeros((2, len(_DEPTHS) - 1))
    for layer, (start, end) in enumerate(pairwise(_DEPTHS)):
        part = values[(depths > start) & (depths <= end)]
        if part.size:
            profile[:, layer] = part.mean(), part.std()
    areas = sorted((cv2.contourArea(outline) for outline in outlines), reverse=True)
    largest = max(outlines, key=cv2.contourArea)
    hull = max(cv2.contourArea(cv2.convexHull(largest)), 1.0)
    rough = np.abs(image - cv2.blur(image, (3, 3)))
    deep = depth > 0.3
    form = [
        found.mean(),
        areas[0] / hull,
        areas[0] / max(sum(areas), 1.0),
        np.log1p(len(areas)),
        rough[deep].mean() if deep.any() else 0.0,
        rough[found > 0].mean(),
    ]
    return np.concatenate([histogram, profile.ravel(), form])


def _symmetry(image: np.ndarray) -> float:
    """Return the correlation of a picture with its mirror image; 0 without contrast."""
    smooth = cv2.blur(image, (9, 9)).astype(np.float64)
    smooth -= smooth.mean()
    power = float((smooth**2).sum())
    return float((smooth * smooth[:, ::-1]).sum()) / power if power > 0 else 0.0
