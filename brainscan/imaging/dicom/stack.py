"""Order slices along their normal, and find out whether they make one regular volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from brainscan.imaging.dicom.image import DicomImage
from brainscan.imaging.dicom.slices import Slice, along_normal, divide
from brainscan.imaging.dicom.spacing import distance, one_a_place, stack_affine, what_is_missing
from brainscan.imaging.orientation import Plane, nearest_plane


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
    stacks = [_stack(members, label) for members, label in divide(unique)]
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


def _stack(slices: list[Slice], label: str) -> Stack:
    first = slices[0]
    by_number = sorted(
        slices, key=lambda piece: (piece.image.instance_number or 0, piece.frame.index)
    )
    normal, places = first.frame.normal, along_normal(by_number)
    plane = None if normal is None else nearest_plane(normal)
    missing = what_is_missing(slices, places)
    if missing or places is None or normal is None or first.frame.spacing is None:
        flaw = f"Its images do not state {missing}, so that they make no volume"
        return Stack(tuple(by_number), label, plane, flaw=flaw)
    order = np.argsort(places, kind="stable")
    fresh, warnings = one_a_place(places[order])
    displaced = tuple(by_number[index] for index in order[~fresh])
    order = order[fresh]
    kept = [by_number[index] for index in order]
    step, irregular = distance(kept, places[order])
    affine, sheared = stack_affine(kept, normal, step, regular=not irregular)
    return Stack(
        tuple(kept),
        label,
        plane,
        (step, *first.frame.spacing),
        affine,
        (*warnings, *irregular, *sheared),
        displaced=displaced,
    )
