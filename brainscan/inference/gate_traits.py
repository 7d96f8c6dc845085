"""What the input gate looks at beside the network: traits of a picture and of its outline."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from brainscan.imaging.decoding import COLOR_WARNING
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan

_OUTLINE = 0.08  # of the network's input: what is darker is ground
_DEPTHS = (0.0, 0.06, 0.12, 0.2, 0.35, 0.55, 0.8, 1.0)  # shares of the greatest depth
_SAMPLE = 20_000  # pixels on which the traits of a slice are measured, as good as all of them


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
