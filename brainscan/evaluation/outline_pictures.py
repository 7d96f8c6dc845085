"""Small pictures of the outlines that agree least with the expert's, in bounded memory."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import cv2
import numpy as np

from brainscan.evaluation.outline_match import OutlineMatch
from brainscan.evaluation.review import SIDE, to_grey
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.scan import Scan

FALSE_SHARE = 0.005
"""Share of the head from which on an outline on a tumor-free slice is called a false mask."""

# The model's outline is blue on every page.
REFERENCE_COLOR, ANSWER_COLOR = (242, 142, 43), (76, 141, 255)
LEGEND = "orange: the expert's outline; blue: the model's"

OutlineKind = Literal["worst", "false"]
_KEPT = 24  # pictures of a kind and stratum
_SHOWN = 640  # pixels a side of a picture to look at
_THUMBNAIL = 240


@dataclass(frozen=True, eq=False)
class OutlinePicture:
    """A slice with both outlines, at most `SIDE` square pixels a side, compressed.

    Attributes
    ----------
    slice_jpeg
        Grey JPEG.
    masks_png
        Grey PNG of the same size: 1 where the expert sees tumor, plus 2 where the model does.
    """

    slice_jpeg: bytes
    masks_png: bytes

    @classmethod
    def encode(cls, scan: Scan, reference: np.ndarray, answer: np.ndarray) -> OutlinePicture:
        """Shrink and compress a slice and both masks."""
        height = scan.height * scan.aspect  # square pixels, as on screen
        shrink = min(1.0, SIDE / max(height, scan.width))
        size = (max(1, round(scan.width * shrink)), max(1, round(height * shrink)))
        grey = cv2.resize(to_grey(scan.pixels), size, interpolation=cv2.INTER_AREA)
        masks = reference.astype(np.uint8) + 2 * answer.astype(np.uint8)
        small = cv2.resize(masks, size, interpolation=cv2.INTER_NEAREST_EXACT)
        jpeg = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        return cls(jpeg, cv2.imencode(".png", small)[1].tobytes())

    def masks(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the expert's mask and the model's, bool."""
        both = _decoded(self.masks_png)
        return (both & 1) > 0, (both & 2) > 0

    def drawn(self, side: int = _SHOWN) -> np.ndarray:
        """Return the slice with both outlines, uint8 RGB of about ``side`` pixels a side."""
        grey = _decoded(self.slice_jpeg)
        factor = side / max(grey.shape)
        size = (max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor)))
        large = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC)
        picture = np.repeat(large[..., None], 3, axis=2)
        width = max(1, round(side / 320))
        for mask, color in zip(self.masks(), (REFERENCE_COLOR, ANSWER_COLOR), strict=True):
            shown = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
            outlines, _ = cv2.findContours(shown, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(picture, outlines, -1, color, width, cv2.LINE_8)
        return picture

    @cached_property
    def thumbnail_url(self) -> str:
        """The slice with both outlines as a small JPEG, as a data URL."""
        bgr = cv2.cvtColor(self.drawn(_THUMBNAIL), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
        return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def outline_kind(row: ImageRow) -> OutlineKind | None:
    """Return in which gallery a row may stand: of tumor slices, or of false masks; or in none."""
    match = row.outline
    if match is None or row.label is None:
        return None
    if row.label == "tumor":
        return "worst"
    share = match.head_share
    return "false" if share is not None and share > FALSE_SHARE else None


def severity(match: OutlineMatch, kind: OutlineKind) -> tuple[float, float]:
    """Return how bad an outline is, larger is worse: by Dice, then by what was missed or added."""
    if kind == "worst":
        return 1.0 - (match.dice or 0.0), match.reference / (match.head or match.reference)
    return match.head_share or 0.0, float(match.answer)


class OutlineStore:
    """Keeps the pictures of the worst outlines of every stratum."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._heaps: dict[
            tuple[str, OutlineKind], list[tuple[tuple[float, float], int, OutlinePicture]]
        ] = {}

    def offer(self, number: int, row: ImageRow, picture: Callable[[], OutlinePicture]) -> None:
        """Make and keep the picture of row ``number`` when it is among the worst so far."""
        kind = outline_kind(row)
        if kind is None or row.outline is None:
            return
        how_bad = severity(row.outline, kind)
        heap = self._heaps.setdefault((row.stratum, kind), [])
        if len(heap) >= self._kept and how_bad <= heap[0][0]:
            return
        heapq.heappush(heap, (how_bad, -number, picture()))
        if len(heap) > self._kept:
            heapq.heappop(heap)

    def pictures(self) -> dict[int, OutlinePicture]:
        """Return the pictures kept, by row number."""
        return {-number: kept for heap in self._heaps.values() for _, number, kept in heap}


def _decoded(data: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None  # we encoded it ourselves
    return picture
