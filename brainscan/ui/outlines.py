"""The outline that stands for a slice: the model's or a reader's, with its measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from brainscan.imaging.correction import Correction
from brainscan.imaging.measures import SliceMeasures, measure_slice
from brainscan.imaging.outline_drawing import OutlineDrawing
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.inference.segmentation import Segmentation

if TYPE_CHECKING:
    from brainscan.ui.corrections import KeptCorrection


@dataclass(frozen=True, eq=False)
class SliceOutline:
    """What is drawn on a slice, and what it measures.

    Attributes
    ----------
    mask
        ``(height, width)`` bool: what is drawn.
    measures
        Of ``mask``.
    model_mask
        The outline of the model that goes with its answer; ``None`` for a release without a
        decoder.
    band
        Inner and outer mask, where the model's own outline is drawn and its border uncertain.
    area_range
        Area of the two, in the unit of the measures, squared.
    possible
        Whether the answer is uncertain and the outline the model's own.
    correction
        The reader's correction, where that is what is drawn.
    """

    mask: np.ndarray = field(repr=False)
    measures: SliceMeasures
    model_mask: np.ndarray | None = field(default=None, repr=False)
    band: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)
    area_range: tuple[float, float] | None = None
    possible: bool = False
    correction: Correction | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return self.measures.lesions == 0

    def drawing(self, *, band: bool, fill: float) -> OutlineDrawing:
        """Return the outline as an exported picture draws it."""
        found = self.measures.diameters
        lengths = () if found is None else (found.longest_ends, found.perpendicular_ends)
        shown = self.band if band else None
        return OutlineDrawing(self.mask, shown, lengths, self.possible, fill)


def outline_of(
    scan: Scan, prediction: Prediction, correction: Correction | None = None
) -> SliceOutline | None:
    """Return the outline that stands for a slice.

    Parameters
    ----------
    scan, prediction
        What was read, and the answer at the operating point chosen.
    correction
        A reader's outline, which takes the place of the model's whatever the answer is.

    Returns
    -------
    SliceOutline or None
        ``None`` for a release without a decoder and a scan without a correction. Without pixels
        where the answer is no tumor, or nothing was found to outline.
    """
    own = prediction.mask()
    if correction is not None and correction.mask.shape == scan.pixels.shape:
        measures = measure_slice(correction.mask, scan.spacing)
        return SliceOutline(correction.mask, measures, own, correction=correction)
    if own is None or prediction.segmentation is None:
        return None
    measures = measure_slice(own, scan.spacing)
    if measures.lesions == 0:
        return SliceOutline(own, measures, own)
    inner, outer = prediction.segmentation.band
    uncertain = not np.array_equal(inner, outer)
    return SliceOutline(
        own,
        measures,
        own,
        band=(inner, outer) if uncertain else None,
        area_range=_areas(prediction.segmentation, scan) if uncertain else None,
        possible=prediction.decision == "indeterminate",
    )


def figures(
    scan: Scan, segmentation: Segmentation | None = None, correction: Correction | None = None
) -> dict[str, Any] | None:
    """Return the measures of a correction or of the network's own mask as plain values.

    ``None`` where there is neither, or the mask is empty and the network's own.
    """
    if correction is not None:
        mask = correction.mask
    elif segmentation is not None and segmentation.outlined:
        mask = segmentation.mask
    else:
        return None
    measures = measure_slice(mask, scan.spacing)
    low, high = (None, None)
    if correction is None and segmentation is not None:
        low, high = (round(area, 2) for area in _areas(segmentation, scan))
    found = measures.diameters
    return {
        "area": round(measures.area, 2),
        "area_unit": f"{measures.unit}2",
        "length_unit": measures.unit,
        "pieces": measures.lesions,
        "longest": None if found is None else round(found.longest, 2),
        "perpendicular": None if found is None else round(found.perpendicular, 2),
        "area_inner": low,
        "area_outer": high,
    }


def result_figures(
    decision: str, own: Mapping[str, Any] | None, kept: KeptCorrection | None
) -> dict[str, Any] | None:
    """Return what results say of an outline: the measures, whose they are, how sure.

    Parameters
    ----------
    decision
        Of the answer: the model's own outline is left out of a slice called tumor-free.
    own
        From :func:`figures`, of the network's mask.
    kept
        The correction, if any.
    """
    if kept is not None:
        said: dict[str, Any] = {
            "by": "person",
            "corrected_by": kept.author,
            "corrected_at": kept.when,
        }
        return {**said, "possible": False, **kept.figures}
    if own is None or decision == "no_tumor":
        return None
    said = {"by": "model", "corrected_by": None, "corrected_at": None}
    return {**said, "possible": decision == "indeterminate", **own}


def _areas(segmentation: Segmentation, scan: Scan) -> tuple[float, float]:
    """Return the area of the inner and of the outer mask."""
    down, across = scan.spacing or (1.0, 1.0)
    inner, outer = (float(np.count_nonzero(mask)) * down * across for mask in segmentation.band)
    return inner, outer
