"""Masks as COCO annotations: one a lesion, polygons along pixel edges or runs of pixels.

A lesion without holes is a polygon. COCO's polygons cannot leave out a hole, so a lesion with holes
is an uncompressed run-length code, which pycocotools and the trainers built on it read as well;
both come back pixel for pixel. There is one category, the tumor: which type the model takes it for
is no more than a guess about a finding, and stands among the annotation's attributes.

References
----------
Lin et al., Microsoft COCO, ECCV 2014; the format is described at
https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

import brainscan
from brainscan.imaging.contours import Piece, mask_pieces
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.label_sets import PICTURES, LabeledSlice
from brainscan.reporting.outline import Outline

ANNOTATIONS = "annotations.json"
_LICENSE = {
    "id": 1,
    "name": f"Pictures: as their source. Labels: {RESEARCH_USE}",
    "url": "",
}


class CocoLabels:
    """Collects the annotations of a set."""

    def __init__(self) -> None:
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add(self, one: LabeledSlice) -> dict[str, bytes]:
        """Take a slice; its picture is complete."""
        number = len(self._images) + 1
        height, width = one.picture.shape
        self._images.append(
            {
                "id": number,
                "file_name": f"{one.name}.png",
                "width": width,
                "height": height,
                "license": 1,
                "sha256": one.sha256,
                "scan_decision" if one.of_scan else "decision": one.decision,
                "spacing_mm": None if one.spacing is None else list(one.spacing),
                "source": _source(one.outline),
            }
        )
        for piece in mask_pieces(one.outline.mask):
            self._annotations.append(
                {
                    "id": len(self._annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    **annotation(piece, (height, width)),
                    "attributes": {"type": one.type, **_source(one.outline)},
                }
            )
        return {f"{PICTURES}/{one.name}.png": one.png()}

    def finish(self) -> dict[str, bytes]:
        """Return the annotations; ``file_name`` of an image is its path in ``images``."""
        text = json.dumps(self.document(), ensure_ascii=False, allow_nan=False)
        return {ANNOTATIONS: f"{text}\n".encode()}

    def document(self) -> dict[str, Any]:
        """Return the annotations as COCO lays them out."""
        return {
            "info": {
                "description": f"Tumour masks by BrainScan. {RESEARCH_USE}",
                "version": brainscan.__version__,
                "contributor": "BrainScan",
                "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            "licenses": [_LICENSE],
            "categories": [{"id": 1, "name": "tumor", "supercategory": "finding"}],
            "images": self._images,
            "annotations": self._annotations,
        }


def annotation(piece: Piece, size: tuple[int, int]) -> dict[str, Any]:
    """Return the geometry of a lesion.

    Parameters
    ----------
    piece
        Of the mask.
    size
        Height and width of the picture.

    Returns
    -------
    dict
        ``segmentation``, ``area`` in pixels, ``bbox`` (x, y, width, height) and ``iscrowd``. The
        corner of the first pixel is at 0, 0.
    """
    top, left = (int(value) for value in piece.outer.min(axis=0))
    bottom, right = (int(value) for value in piece.outer.max(axis=0))
    if piece.holes:
        shape: Any = {"size": list(size), "counts": _runs(piece, size)}
    else:
        shape = [piece.outer[:, ::-1].ravel().tolist()]
    return {
        "segmentation": shape,
        "area": piece.pixels,
        "bbox": [left, top, right - left, bottom - top],
        "iscrowd": 0,
    }


def _runs(piece: Piece, size: tuple[int, int]) -> list[int]:
    """Return lengths of runs column by column, beginning with one outside."""
    flat = piece.mask(size).ravel(order="F")
    changes = np.flatnonzero(np.diff(flat, prepend=False))
    return [int(length) for length in np.diff([0, *changes.tolist(), flat.size])]


def _source(outline: Outline) -> dict[str, str]:
    """Return whose the mask is."""
    return {
        "by": outline.by,
        "model": outline.model,
        **({"author": outline.author, "when": outline.when} if outline.by == "person" else {}),
    }
