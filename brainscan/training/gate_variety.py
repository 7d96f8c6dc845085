"""Genuine slices as they might come from elsewhere: what the gate must let pass.

The training slices are mostly axial pictures of a few collections. Here they are cut in other
planes and changed as other scanners, viewers and mail programs change them, so that the gate
learns what a brain is and not which collection it came from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import cv2
import numpy as np

from brainscan.data.dataset import Dataset
from brainscan.data.record import Record
from brainscan.imaging.reading import read_scan

_FEWEST = 12  # slices a stack needs to be cut in another plane


def stacks(dataset: Dataset) -> list[list[Record]]:
    """Return the slices of one patient and sequence, in order, wherever there are enough.

    The last number in a file's name is taken for the slice's; only sources that name the
    sequence are stacks of slices rather than collections of pictures.
    """
    found: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in dataset.records:
        if record.sequence and record.group:
            found[record.group, record.sequence].append(record)
    ordered = [sorted(found[key], key=lambda r: _number(r.path.stem)) for key in sorted(found)]
    return [stack for stack in ordered if len(stack) >= _FEWEST]


def _number(stem: str) -> int:
    digits = stem[len(stem.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def resliced(rng: np.random.Generator, stack: Sequence[Record], count: int) -> list[np.ndarray]:
    """Return coronal and sagittal cuts through a stack of axial slices.

    The distance of the slices, which pictures do not tell, is drawn between 5 and 7 pixels.
    """
    planes = [read_scan(record.path).pixels for record in stack]
    shape = planes[0].shape
    block = np.stack([plane for plane in planes if plane.shape == shape])[::-1]
    cuts = []
    for number in range(count):
        coronal = (number + int(rng.integers(2))) % 2 == 0
        side = shape[0] if coronal else shape[1]
        place = int(side * rng.uniform(0.3, 0.7))
        cut = block[:, place] if coronal else block[:, :, place]
        height = round(len(block) * rng.uniform(5.0, 7.0))
        how = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
        tall = cv2.resize(np.ascontiguousarray(cut), (cut.shape[1], height), interpolation=how)
        cuts.append(tall if rng.random() < 0.7 else degraded(rng, tall))
    return cuts


def degraded(rng: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    """Return a slice after one to three changes that leave it a brain MR slice."""
    picture = pixels.astype(np.float32)
    span = max(float(np.percentile(picture, 99.5)), 1.0)
    picture = np.clip(picture * (255.0 / span), 0, 255)
    if rng.random() < 0.1:  # beside what follows: few pixels look least like what was learned
        picture = np.asarray(np.clip(_small(rng, picture), 0, 255), np.float32)
    for index in rng.permutation(len(_CHANGES))[: int(rng.integers(1, 4))]:
        picture = np.asarray(np.clip(_CHANGES[index](rng, picture), 0, 255), np.float32)
    return np.rint(picture).astype(np.uint8)


def _blurred(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    sigma = rng.uniform(0.5, 2.0) * max(picture.shape) / 256
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def _small(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Down to a thumbnail, as often averaged as with pixels left out."""
    factor = 56 * (200 / 56) ** rng.random() / max(picture.shape)
    how = cv2.INTER_AREA if rng.random() < 0.5 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how))


def _gamma(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    return np.asarray(255.0 * (picture / 255.0) ** rng.uniform(0.6, 1.6))


def _window(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Brightened until the brightest few percent of the head are white, or darkened."""
    return np.asarray(picture * rng.uniform(0.5, 1.4))


def _noisy(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Rician noise, as the magnitude of an MR signal has."""
    sigma = rng.uniform(2, 14)
    real, imaginary = rng.normal(0.0, sigma, (2, *picture.shape))
    return np.asarray(np.hypot(picture + real, imaginary))


def _uneven(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Brightness that changes slowly over the slice: a surface coil."""
    coarse = rng.normal(0.0, 0.3, (3, 3)).astype(np.float32)
    height, width = picture.shape
    return np.asarray(picture * np.exp(cv2.resize(coarse, (width, height), interpolation=2)))


def _cropped(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape
    top, bottom = (rng.uniform(0, 0.1, 2) * height).astype(int)
    left, right = (rng.uniform(0, 0.1, 2) * width).astype(int)
    return np.ascontiguousarray(picture[top : height - bottom, left : width - right])


def _compressed(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))]
    _, data = cv2.imencode(".jpg", np.rint(picture).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)


def _turned(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-15, 15), 1.0)
    matrix[0, :2] = matrix[0, :2] * rng.uniform(0.9, 1.1)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)))


def _stripped(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Without its rim and ground, about as after a removal of the skull."""
    soft = cv2.GaussianBlur(picture, (0, 0), 2.0)
    head = cv2.morphologyEx((soft > 25).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15)))
    depth = cv2.distanceTransform(np.pad(head, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    kept = depth > depth.max() * rng.uniform(0.02, 0.25)
    return np.where(kept, picture, 0.0).astype(np.float32)


_CHANGES = (
    _blurred, _small, _gamma, _window, _noisy, _uneven, _cropped, _compressed, _turned, _stripped,
)  # fmt: skip
