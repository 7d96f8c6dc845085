"""Pack the outline of a volume for the volume viewer: the box that holds it, a byte a voxel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.volume_outline import Box, VolumeOutline
from brainscan.ui.volume_viewer.message import Sections
from brainscan.ui.volume_viewer.reducing import Factors, reduced, reduction

SHOWN, INNER, OUTER, OWN = 1, 2, 4, 8
"""Bits of a voxel: in the outline shown, in its inner and outer border, in the model's own."""


@dataclass(frozen=True, eq=False)
class PackedOutline:
    """The viewer's message for an outline.

    Attributes
    ----------
    message
        The bytes.
    digest
        Tells it from any other.
    """

    message: bytes = field(repr=False)
    digest: str


def pack_outline(
    volume: Volume, plane: Plane, outline: VolumeOutline | None, words: tuple[str, str] = ("", "")
) -> PackedOutline:
    """Return the viewer's message for an outline.

    Of a volume that is shown reduced, the mask travels reduced too: a voxel on screen belongs to
    it where at least half of the voxels behind it do.

    Parameters
    ----------
    volume
        The one that was read.
    plane
        Whose slices the model outlines, and the reader edits.
    outline
        What stands for the volume; ``None``: nothing, but a reader may draw.
    words
        Whose outline it is, and the diameters of the slice on which they are largest.
    """
    by = reduction(volume.shape)
    start, bits = _bits(outline, by)
    largest = None if outline is None else outline.largest
    sections = Sections()
    header: dict[str, Any] = {
        "volume": volume.sha256,
        "plane": plane,
        "start": list(start),
        "shape": list(bits.shape),
        "bits": sections.add(bits.T),
        "empty": outline is None or outline.empty,
        "band": outline is not None and not np.array_equal(outline.inner, outline.outer),
        "possible": outline is not None and outline.possible,
        "own": outline is not None and outline.own is not None,
        "words": words[0],
        "largest": None,
    }
    if largest is not None and largest[1].diameters is not None:
        found = largest[1].diameters
        header["largest"] = {
            "index": largest[0],
            "words": words[1],
            "lengths": [
                [_on_screen(end, plane, volume.shape, by) for end in ends]
                for ends in (found.longest_ends, found.perpendicular_ends)
            ],
        }
    digest = hashlib.sha256(sections.message(header)).hexdigest()
    return PackedOutline(sections.message({**header, "outline": digest}), digest)


def shown_slice(outline: VolumeOutline | None, volume: Volume, plane: Plane, at: int) -> np.ndarray:
    """Return what the viewer shows of an outline on one of its slices.

    Parameters
    ----------
    outline
        What stands for the volume, or ``None``.
    plane, at
        Which slice on screen; of a volume that is shown reduced there are fewer of them.

    Returns
    -------
    numpy.ndarray
        bool in canonical order, the axis of the plane removed, at the size on screen.

    Raises
    ------
    IndexError
        If there is no such slice on screen.
    """
    by = reduction(volume.shape)
    axis = PLANE_OF_AXIS.index(plane)
    size = [-(-whole // factor) for whole, factor in zip(volume.shape, by, strict=True)]
    if not 0 <= at < size[axis]:
        msg = f"The {plane} slice {at} is not on screen; there are {size[axis]}."
        raise IndexError(msg)
    start, bits = _bits(outline, by)
    whole = np.zeros([part for other, part in enumerate(size) if other != axis], bool)
    if start[axis] <= at < start[axis] + bits.shape[axis]:
        place = tuple(
            slice(first, first + length)
            for other, (first, length) in enumerate(zip(start, bits.shape, strict=True))
            if other != axis
        )
        whole[place] = np.take(bits, at - start[axis], axis=axis) & SHOWN > 0
    return whole


def _bits(outline: VolumeOutline | None, by: Factors) -> tuple[tuple[int, int, int], np.ndarray]:
    """Return where the box of an outline begins on screen, and its bits, uint8."""
    if outline is None or outline.mask.size == 0:
        return (0, 0, 0), np.zeros((0, 0, 0), np.uint8)
    parts = [(outline.mask, SHOWN), (outline.inner, INNER), (outline.outer, OUTER)]
    if outline.own is not None:
        parts.append((outline.own, OWN))
    box = outline.box
    if by == (1, 1, 1):
        exact = np.zeros(outline.mask.shape, np.uint8)
        for mask, bit in parts:
            exact |= mask.astype(np.uint8) * np.uint8(bit)
        return (box[0].start, box[1].start, box[2].start), exact
    aligned = _aligned(outline.shape, box, by)
    inside = tuple(
        slice(part.start - wider.start, part.stop - wider.start)
        for part, wider in zip(box, aligned, strict=True)
    )
    wide = np.zeros([part.stop - part.start for part in aligned], np.float32)
    found = np.zeros(reduced(wide, by).shape, np.uint8)
    for mask, bit in parts:
        wide[inside] = mask
        found |= (reduced(wide, by) >= 0.5).astype(np.uint8) * np.uint8(bit)
    first = [part.start // factor for part, factor in zip(aligned, by, strict=True)]
    return (first[0], first[1], first[2]), found


def _aligned(shape: tuple[int, int, int], box: Box, by: Factors) -> Box:
    """Return a box whose ends fall between voxels on screen."""
    found = [
        slice(part.start // factor * factor, min(size, -(-part.stop // factor) * factor))
        for size, part, factor in zip(shape, box, by, strict=True)
    ]
    return found[0], found[1], found[2]


def _on_screen(
    place: tuple[float, float], plane: Plane, shape: tuple[int, int, int], by: Factors
) -> list[float]:
    """Return row and column among the pixels on screen, their centers at integers."""
    axis = PLANE_OF_AXIS.index(plane)
    across, down = (other for other in range(3) if other != axis)
    found = []
    for value, other in zip(place, (down, across), strict=True):
        # Both run against the axis, so what is missing of the last block comes first.
        missing = -shape[other] % by[other]
        found.append((value + missing + 0.5) / by[other] - 0.5)
    return found
