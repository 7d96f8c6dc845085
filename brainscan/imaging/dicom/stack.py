"""Order slices along their normal, and find out whether they make one regular volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from brainscan.imaging.dicom.frames import Frame
from brainscan.imaging.dicom.image import DicomImage
from brainscan.imaging.orientation import LPS_TO_RAS, Plane, nearest_plane

_SAME_DIRECTION = 0.01  # difference of direction cosines; about half a degree
_SAME_SPACING = 0.01  # share of the spacing
_SAME_PLACE = 0.02  # share of the usual distance below which two slices lie at one place
_GAP = 1.5  # times the usual distance from which slices are missing
_UNEVEN = 0.1  # share of the usual distance by which distances may differ
_SHEARED = 0.02  # share of the distance by which slices may be shifted sideways


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one object."""

    image: DicomImage
    frame: Frame


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices of one orientation, size and kind, ordered along their normal.

    Attributes
    ----------
    slices
        In the order of the source grid.
    label
        What sets them apart from other stacks of their series, ``""`` for the only one.
    plane
        Nearest anatomical plane, ``None`` when they do not say how they lie.
    spacing
        Millimetres between slices, rows and columns; ``None`` when unknown.
    affine
        ``(4, 4)``: slice, row and column to RAS+ millimetres; ``None`` when unknown.
    warnings
        Gaps, duplicates and irregularities in sentences.
    flaw
        Why they cannot be read as a volume, or ``None``.
    copies
        Slices of objects that are there twice, with one of equal identifier in ``slices``.
    displaced
        Slices that lie where one of ``slices`` does and cannot be told apart from it.
    """

    slices: tuple[Slice, ...] = field(repr=False)
    label: str = ""
    plane: Plane | None = None
    spacing: tuple[float, float, float] | None = None
    affine: np.ndarray | None = field(default=None, repr=False)
    warnings: tuple[str, ...] = ()
    flaw: str | None = None
    copies: tuple[Slice, ...] = field(default=(), repr=False)
    displaced: tuple[Slice, ...] = field(default=(), repr=False)


def build_stacks(slices: Sequence[Slice]) -> list[Stack]:
    """Divide the slices of one series into stacks.

    Slices of different size, spacing or orientation never share a stack. Slices at equal places
    are told apart by echo time, b-value and the like; what cannot be told apart is left out and
    reported.
    """
    unique, repeated = _without_copies(slices)
    groups = _groups(unique)
    parts = [part for group in groups for part in _split(group)]
    stacks = [_stack(members, label) for members, label in parts]
    return [_with_copies(stack, repeated) for stack in stacks] if repeated else stacks


def why_no_volume(image: DicomImage) -> str | None:
    """Return why the frames of one object make no volume, as a sentence; ``None`` if they do."""
    stacks = build_stacks([Slice(image, frame) for frame in image.frames])
    if any(stack.flaw is None and len(stack.slices) > 1 for stack in stacks):
        return None
    flaws = (stack.flaw for stack in stacks if stack.flaw is not None)
    apart = "Its images do not lie one behind the other, so that they make no volume"
    return f"{next(flaws, apart)}."


_Key = tuple[str, int, int | None]


def _with_copies(stack: Stack, repeated: dict[_Key, list[Slice]]) -> Stack:
    """Give a stack the copies of its own slices, and say how many there are in the series."""
    count = sum(map(len, repeated.values()))
    noun = "slice is" if count == 1 else "slices are"
    note = f"{count} {noun} there twice (the same object); the copies are left out."
    copies = [
        copy
        for piece in (*stack.slices, *stack.displaced)
        for copy in repeated.get(_key(piece), ())
    ]
    return replace(stack, copies=tuple(copies), warnings=(note, *stack.warnings))


def _without_copies(slices: Sequence[Slice]) -> tuple[list[Slice], dict[_Key, list[Slice]]]:
    seen: set[_Key] = set()
    unique: list[Slice] = []
    repeated: dict[_Key, list[Slice]] = {}
    for piece in slices:
        key = _key(piece)
        if piece.image.sop_instance_uid and key in seen:
            repeated.setdefault(key, []).append(piece)
            continue
        seen.add(key)
        unique.append(piece)
    return unique, repeated


def _key(piece: Slice) -> _Key:
    return piece.image.sop_instance_uid, piece.frame.index, piece.frame.tile


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


def _places(slices: Sequence[Slice]) -> np.ndarray | None:
    """Millimetres along the normal of the first slice; ``None`` when a position is missing."""
    normal = slices[0].frame.normal
    positions = [piece.frame.position for piece in slices]
    if normal is None or any(position is None for position in positions):
        return None
    return np.asarray(positions, np.float64) @ normal


def _most_at_one_place(slices: Sequence[Slice]) -> int:
    places = _places(slices)
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


def _stack(slices: list[Slice], label: str) -> Stack:
    first = slices[0]
    by_number = sorted(
        slices, key=lambda piece: (piece.image.instance_number or 0, piece.frame.index)
    )
    normal, places = first.frame.normal, _places(by_number)
    plane = None if normal is None else nearest_plane(normal)
    missing = _what_is_missing(slices, places)
    if missing or places is None or normal is None or first.frame.spacing is None:
        flaw = f"Its images do not state {missing}, so that they make no volume"
        return Stack(tuple(by_number), label, plane, flaw=flaw)
    order = np.argsort(places, kind="stable")
    fresh, warnings = _one_a_place(places[order])
    displaced = tuple(by_number[index] for index in order[~fresh])
    order = order[fresh]
    kept = [by_number[index] for index in order]
    step, irregular = _distance(kept, places[order])
    affine, sheared = _affine(kept, normal, step, regular=not irregular)
    return Stack(
        tuple(kept),
        label,
        plane,
        (step, *first.frame.spacing),
        affine,
        (*warnings, *irregular, *sheared),
        displaced=displaced,
    )


def _what_is_missing(slices: Sequence[Slice], places: np.ndarray | None) -> str:
    if any(piece.frame.orientation is None for piece in slices):
        return "how the patient lies in them (Image Orientation)"
    if places is None:
        return "where they lie (Image Position)"
    if any(piece.frame.spacing is None for piece in slices):
        return "their pixel spacing"
    return ""


def _one_a_place(places: np.ndarray) -> tuple[np.ndarray, list[str]]:
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


def _distance(slices: Sequence[Slice], places: np.ndarray) -> tuple[float, list[str]]:
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


def _affine(
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
