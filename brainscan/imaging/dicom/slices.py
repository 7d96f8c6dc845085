"""The slices of a DICOM series, and which of them belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.dicom.image import DicomImage

_SAME_DIRECTION = 0.01  # difference of direction cosines; about half a degree
_SAME_SPACING = 0.01  # share of the spacing


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one object."""

    image: DicomImage
    frame: Frame


def divide(slices: Sequence[Slice]) -> list[tuple[list[Slice], str]]:
    """Divide slices into those that can lie in one stack, each with what sets it apart.

    By size, spacing and orientation; then, where several lie at one place, by echo time, b-value
    and the like.
    """
    return [part for group in _groups(slices) for part in _split(group)]


def along_normal(slices: Sequence[Slice]) -> np.ndarray | None:
    """Millimetres along the normal of the first slice; ``None`` when a position is missing."""
    normal = slices[0].frame.normal
    positions = [piece.frame.position for piece in slices]
    if normal is None or any(position is None for position in positions):
        return None
    return np.asarray(positions, np.float64) @ normal


def _groups(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Group slices of equal size, spacing and orientation, in order of appearance."""
    groups: list[list[Slice]] = []
    for piece in slices:
        for group in groups:
            if _alike(group[0], piece):
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _alike(one: Slice, other: Slice) -> bool:
    if one.image.size != other.image.size:
        return False
    first, second = one.frame, other.frame
    if (first.orientation is None) != (second.orientation is None):
        return False
    if (first.spacing is None) != (second.spacing is None):
        return False
    if first.spacing is not None and second.spacing is not None:
        scale = np.divide(first.spacing, second.spacing)
        if np.abs(scale - 1).max() > _SAME_SPACING:
            return False
    if first.orientation is None or second.orientation is None:
        return True
    turn = np.abs(np.subtract(first.orientation, second.orientation)).max()
    return bool(turn <= _SAME_DIRECTION)


def _most_at_one_place(slices: Sequence[Slice]) -> int:
    places = along_normal(slices)
    if places is None:
        return 1
    _, counts = np.unique(np.round(places, 2), return_counts=True)
    return int(counts.max())


def _split(group: list[Slice], label: str = "") -> list[tuple[list[Slice], str]]:
    """Tell slices at equal places apart by what varies between them."""
    crowd = _most_at_one_place(group)
    if crowd == 1:
        return [(group, label)]
    names = dict.fromkeys(name for piece in group for name, _ in piece.frame.variants)
    for name in names:
        parts: dict[str, list[Slice]] = {}
        for piece in group:
            parts.setdefault(dict(piece.frame.variants).get(name, ""), []).append(piece)
        sorted_out = max(_most_at_one_place(part) for part in parts.values()) < crowd
        if not sorted_out or len(parts) > crowd:
            continue  # a value that differs from slice to slice tells nothing
        return [
            found
            for value, part in sorted(parts.items(), key=lambda pair: _sortable(pair[0]))
            for found in _split(part, f"{label}, {name} {value}".strip(", "))
        ]
    return [(group, label)]


def _sortable(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return float("inf"), value
