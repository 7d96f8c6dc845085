"""Small pictures of the images a reviewer will want to see, in bounded memory."""

from __future__ import annotations

import base64
import heapq
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from brainscan.evaluation.rows import ERROR_KINDS, ErrorKind, ImageRow
from brainscan.imaging.orientation import Letters
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap

SIDE = 384
THUMBNAIL = 160
_KEPT_PER_KIND = 300
_LEAST_SEVERITY = 0.01


@dataclass(frozen=True, eq=False)
class ReviewImage:
    """A slice and its evidence map, at most `SIDE` square pixels a side, compressed.

    Attributes
    ----------
    slice_jpeg
        Grey JPEG.
    evidence_png
        Grey PNG of the same size; 0 to 255 stand for evidence 0 to 1.
    letters
        The patient's directions at the four edges; ``None`` where they are not known.
    spacing
        Millimetres between rows and between columns, equal; ``None`` where they are not known.
    """

    slice_jpeg: bytes
    evidence_png: bytes
    letters: Letters | None = None
    spacing: tuple[float, float] | None = None

    @classmethod
    def encode(cls, scan: Scan, evidence: HeatMap) -> ReviewImage:
        """Shrink and compress a slice and its evidence."""
        height = scan.height * scan.aspect  # square pixels, as on screen
        shrink = min(1.0, SIDE / max(height, scan.width))
        size = (max(1, round(scan.width * shrink)), max(1, round(height * shrink)))
        grey = cv2.resize(to_grey(scan.pixels), size, interpolation=cv2.INTER_AREA)
        heat = cv2.resize(evidence.on_slice(), size, interpolation=cv2.INTER_AREA)
        levels = np.clip(heat * 255.0, 0, 255).round().astype(np.uint8)
        # WebP would be half the size, but takes forty times as long as JPEG to encode.
        jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        side = None if scan.spacing is None else scan.spacing[1] / shrink
        return cls(
            jpeg,
            cv2.imencode(".png", levels)[1].tobytes(),
            scan.letters,
            None if side is None else (side, side),
        )

    def pixels(self) -> np.ndarray:
        """Return the slice, ``(height, width)`` uint8."""
        return _decode(self.slice_jpeg)

    def evidence(self) -> np.ndarray:
        """Return the evidence, ``(height, width)`` float32 in [0, 1]."""
        return _decode(self.evidence_png).astype(np.float32) / 255.0

    @cached_property
    def thumbnail_url(self) -> str:
        """The slice as a JPEG of at most `THUMBNAIL` pixels a side, as a data URL."""
        grey = self.pixels()
        shrink = min(1.0, THUMBNAIL / max(grey.shape))
        size = (max(1, round(grey.shape[1] * shrink)), max(1, round(grey.shape[0] * shrink)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


class ReviewStore:
    """Keeps the pictures of the worst candidates of every kind of error.

    Which images are errors depends on the threshold, which the reader moves later; but at any
    threshold the errors of a kind are the most severe ones, so keeping those is enough.
    """

    def __init__(self, kept_per_kind: int = _KEPT_PER_KIND) -> None:
        self._kept = kept_per_kind
        self._heaps: dict[ErrorKind, list[tuple[float, int, ReviewImage]]] = {
            kind: [] for kind in ERROR_KINDS
        }

    def offer(self, index: int, row: ImageRow, scan: Scan, evidence: HeatMap) -> None:
        """Keep the picture of row number ``index`` when it is among the worst so far."""
        image: ReviewImage | None = None
        for kind, heap in self._heaps.items():
            severity = row.severity(kind)
            if severity < _LEAST_SEVERITY:
                continue
            if len(heap) >= self._kept and severity <= heap[0][0]:
                continue
            image = image or ReviewImage.encode(scan, evidence)
            heapq.heappush(heap, (severity, -index, image))
            if len(heap) > self._kept:
                heapq.heappop(heap)

    def images(self) -> dict[int, ReviewImage]:
        """Return the pictures kept, by row number."""
        return {-index: image for heap in self._heaps.values() for _, index, image in heap}


def to_grey(pixels: np.ndarray) -> np.ndarray:
    """Return ``(height, width)`` uint8; other types are windowed at robust percentiles."""
    if pixels.dtype == np.uint8:
        return pixels
    low, high = np.percentile(pixels, [0.5, 99.5])
    scaled = (pixels.astype(np.float32) - low) / max(float(high - low), 1e-6)
    grey: np.ndarray = (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)
    return grey


def _decode(data: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None  # we encoded it ourselves
    return picture
