"""The outline of a volume in words and figures: millilitres, lesions, the largest diameters."""

from __future__ import annotations

from html import escape
from typing import Any

from brainscan.imaging.orientation import PLANE_OF_AXIS
from brainscan.imaging.volume_measures import VolumePiece
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.reporting.outline_json import pieces_json
from brainscan.ui.corrections import corrected_words, heading
from brainscan.ui.outline_card import UNCERTAIN, diameter_words

_NOTHING = "Nothing is outlined."


def outline_html(outline: VolumeOutline) -> str:
    """Return the section on an outline: whose it is, volume and its range, lesions, diameters."""
    parts = [f"<h3>{title(outline)}</h3>"]
    if outline.correction is not None:
        parts.append(f'<p class="bs-by">{escape(corrected_words(outline.correction))}</p>')
    parts.append(f"<p>{_NOTHING}</p>" if outline.empty else _figures(outline))
    return f'<section class="bs-outline" data-testid="outline">{"".join(parts)}</section>'


def title(outline: VolumeOutline) -> str:
    """Return the heading of the section."""
    return heading(outline.correction, possible=outline.possible)


def viewer_words(outline: VolumeOutline | None) -> tuple[str, str]:
    """Return the lines for the corner of the picture: whose it is, and its largest diameters."""
    if outline is None:
        return "", ""
    made = outline.correction
    whose = title(outline) if made is None else f"{made.verb.capitalize()} by {made.author}"
    return whose, largest_words(outline)


def sentence(outline: VolumeOutline) -> str:
    """Return an outline in one line for the caption of a picture."""
    made = outline.correction
    whose = title(outline) if made is None else f"Outline: {corrected_words(made)}"
    return f"{whose}, {milliliters(outline.measures.milliliters)} mL, {largest_words(outline)}"


def largest_words(outline: VolumeOutline) -> str:
    """Return the diameters of the slice on which they are largest; empty for an empty outline."""
    return "" if outline.largest is None else diameter_words(outline.largest[1])


def milliliters(value: float) -> str:
    """Return millilitres as people read them."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"


def piece_words(outline: VolumeOutline, piece: VolumePiece) -> tuple[str, str]:
    """Return the size of a piece, and the slices of the outlined plane that it crosses."""
    axis = PLANE_OF_AXIS.index(outline.plane)
    first, last = piece.first[axis] + 1, piece.last[axis] + 1
    slices = f"slice {first}" if first == last else f"slices {first} to {last}"
    return f"{milliliters(piece.milliliters)} mL", f"{outline.plane} {slices}"


def outline_json(outline: VolumeOutline | None) -> dict[str, Any] | None:
    """Return the measures of an outline as plain values; ``None`` without one."""
    if outline is None:
        return None
    made, largest = outline.correction, outline.largest
    found = None if largest is None else largest[1].diameters
    return {
        "by": "model" if made is None else "person",
        "corrected_by": None if made is None else made.author,
        "corrected_at": None if made is None else made.when,
        "possible": outline.possible,
        "milliliters": round(outline.measures.milliliters, 3),
        "range_ml": None if made else [round(value, 3) for value in outline.range_ml],
        "lesions": outline.measures.lesions,
        "largest_lesion_ml": round(outline.measures.largest_milliliters, 3),
        "pieces": pieces_json(outline),
        "largest_diameters": None
        if largest is None or found is None
        else {
            "plane": outline.plane,
            "index": largest[0],
            "longest_mm": round(found.longest, 2),
            "perpendicular_mm": round(found.perpendicular, 2),
        },
    }


def _figures(outline: VolumeOutline) -> str:
    measures = outline.measures
    pairs = [("Volume", f"{milliliters(measures.milliliters)} mL")]
    low, high = outline.range_ml
    if high > low:
        pairs.append(("Uncertain border", f"{milliliters(low)} to {milliliters(high)} mL"))
    if outline.largest is not None:
        pairs.append(("Diameters", diameter_words(outline.largest[1])))
        pairs.append(("Their slice", f"{outline.plane} {outline.largest[0] + 1}"))
    pairs.append(("Pieces", str(measures.lesions)))
    if measures.lesions > 1:
        pairs.append(("Largest piece", f"{milliliters(measures.largest_milliliters)} mL"))
    lines = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    note = f"<p><small>{UNCERTAIN}</small></p>" if high > low else ""
    return f"<dl>{lines}</dl>{note}"
