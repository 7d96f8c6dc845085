"""How the slices of a stack lie: one at a place, their distance, and the affine they make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from brainscan.imaging.dicom.slices import Slice
from brainscan.imaging.orientation import LPS_TO_RAS

_SAME_PLACE = 0.02  # share of the usual distance below which two slices lie at one place
_GAP = 1.5  # times the usual distance from which slices are missing
_UNEVEN = 0.1  # share of the usual distance by which distances may differ
_SHEARED = 0.02  # share of the distance by which slices may be shifted sideways


def what_is_missing(slices: Sequence[Slice], places: np.ndarray | None) -> str:
    """Say what no volume can be made without and some slice does not state; ``""`` if nothing."""
    if any(piece.frame.orientation is None for piece in slices):
        return "how the patient lies in them (Image Orientation)"
    if places is None:
        return "where they lie (Image Position)"
    if any(piece.frame.spacing is None for piece in slices):
        return "their pixel spacing"
    return ""


def one_a_place(places: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return which of the slices, ordered by place, are the first at theirs."""
    steps = np.diff(places)
    apart = steps[steps > 0.01]
    usual = float(np.median(apart)) if apart.size else 1.0
    fresh = np.concatenate([[True], steps > max(0.01, _SAME_PLACE * usual)])
    extra = int((~fresh).sum())
    if not extra:
        return fresh, []
    what = "1 slice lies" if extra == 1 else f"{extra} slices lie"
    return fresh, [
        f"{what} at the same position as another and cannot be told apart from it; the first at "
        "each position is used."
    ]


def distance(slices: Sequence[Slice], places: np.ndarray) -> tuple[float, list[str]]:
    """Return the distance between slices, and sentences on gaps and unevenness.

    The mean where they are even, otherwise the median.
    """
    if len(slices) < 2:
        frame = slices[0].frame
        return frame.between or frame.thickness or 1.0, []
    steps = np.diff(places)
    usual = float(np.median(steps))
    warnings: list[str] = []
    gaps = np.flatnonzero(steps > _GAP * usual)
    lost = int(sum(round(float(steps[gap]) / usual) - 1 for gap in gaps))
    if lost:
        where = ", ".join(f"{gap + 1} and {gap + 2}" for gap in gaps[:4])
        where += " and elsewhere" if len(gaps) > 4 else ""
        noun = "slice is" if lost == 1 else "slices are"
        warnings.append(
            f"{lost} {noun} missing (between {where} of {len(slices)}): positions and other "
            "planes are distorted there."
        )
    regular = steps[steps <= _GAP * usual]
    if float(regular.max() - regular.min()) > _UNEVEN * usual:
        warnings.append(
            f"The distance between slices varies from {regular.min():.2f} to "
            f"{regular.max():.2f} mm; {usual:.2f} mm is used throughout."
        )
    return (usual if warnings else float(steps.mean())), warnings


def stack_affine(
    slices: Sequence[Slice], normal: np.ndarray, step: float, *, regular: bool
) -> tuple[np.ndarray, list[str]]:
    """Return slice, row, column to RAS+ (PS3.3 C.7.6.2.1.1, with LPS turned to RAS)."""
    first, last = slices[0].frame, slices[-1].frame
    assert first.orientation is not None and first.spacing is not None
    along = normal * step
    warnings: list[str] = []
    if len(slices) > 1 and regular:
        measured = np.subtract(last.position, first.position) / (len(slices) - 1)  # type: ignore[arg-type]
        sideways = float(np.linalg.norm(measured - normal * (measured @ normal)))
        if sideways > _SHEARED * step:
            warnings.append(
                f"Each slice is shifted sideways by {sideways:.2f} mm against the one before; "
                "planes other than the acquired one look sheared."
            )
        along = measured
    affine = np.eye(4)
    affine[:3, 0] = along
    affine[:3, 1] = np.array(first.orientation[3:]) * first.spacing[0]
    affine[:3, 2] = np.array(first.orientation[:3]) * first.spacing[1]
    affine[:3, 3] = first.position
    return LPS_TO_RAS @ affine, warnings
