"""The measures of an outline as plain values, ready for ``json.dumps``."""

from __future__ import annotations

from typing import Any

from brainscan.imaging.measures import SliceMeasures
from brainscan.inference.volume_outline import VolumeOutline

_DIGITS = 3


def measures_json(found: SliceMeasures) -> dict[str, Any]:
    """Return area and diameters of an outline on a slice.

    Returns
    -------
    dict
        ``area``, ``area_unit`` (``"mm2"`` or ``"px2"``), ``lesions``, and of the largest lesion
        ``longest_diameter`` and ``perpendicular_diameter`` (``None`` for an empty mask) in
        ``length_unit`` (``"mm"`` or ``"px"``).
    """
    across = found.diameters
    return {
        "area": round(found.area, _DIGITS),
        "area_unit": f"{found.unit}2",
        "lesions": found.lesions,
        "longest_diameter": None if across is None else round(across.longest, _DIGITS),
        "perpendicular_diameter": None if across is None else round(across.perpendicular, _DIGITS),
        "length_unit": found.unit,
    }


def volume_measures_json(drawn: VolumeOutline) -> dict[str, Any]:
    """Return volume and diameters of an outline in a volume.

    Returns
    -------
    dict
        ``milliliters``, ``milliliters_range`` (smallest and largest that the uncertain border
        allows), ``lesions``, ``largest_milliliters`` (of the largest lesion), ``pieces`` as
        :func:`pieces_json` returns them and ``largest_diameter``: ``index`` of the slice with the
        largest diameter and the measures there, ``None`` for an empty mask.
    """
    widest = None
    if drawn.largest is not None:
        index, found = drawn.largest
        widest = {"index": index, **measures_json(found)}
    return {
        "milliliters": round(drawn.measures.milliliters, _DIGITS),
        "milliliters_range": [round(value, _DIGITS) for value in drawn.range_ml],
        "lesions": drawn.measures.lesions,
        "largest_milliliters": round(drawn.measures.largest_milliliters, _DIGITS),
        "pieces": pieces_json(drawn),
        "largest_diameter": widest,
    }


def pieces_json(drawn: VolumeOutline) -> list[dict[str, Any]]:
    """Return the connected pieces of an outline, the largest first.

    Returns
    -------
    list of dict
        ``milliliters``; ``voxel``, the one nearest to the piece's center; ``first`` and ``last``,
        the corners of its box, both within: indices from 0 in the volume's canonical order.
    """
    return [
        {
            "milliliters": round(piece.milliliters, _DIGITS),
            "voxel": list(piece.voxel),
            "first": list(piece.first),
            "last": list(piece.last),
        }
        for piece in drawn.measures.pieces
    ]
