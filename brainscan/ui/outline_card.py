"""The outline in words and figures beside the picture."""

from __future__ import annotations

from html import escape

from brainscan.imaging.measures import SliceMeasures
from brainscan.ui.corrections import corrected_words, heading
from brainscan.ui.outlines import SliceOutline

_PIXELS = "The file does not state how large its pixels are, so these are pixels, not mm."
_NOTHING = "Nothing is outlined."
UNCERTAIN = (
    "Uncertain border: how far the reading of the mirrored slice differs. It bounds no error."
)


def outline_html(outline: SliceOutline) -> str:
    """Return the section on an outline: whose it is, area, diameters, pieces, how sure."""
    parts = [f"<h3>{title(outline)}</h3>"]
    if outline.correction is not None:
        parts.append(f'<p class="bs-by">{escape(corrected_words(outline.correction))}</p>')
    if outline.empty:
        parts.append(f"<p>{_NOTHING}</p>")
    else:
        parts.append(_figures(outline))
        if outline.area_range is not None:
            parts.append(f"<p><small>{UNCERTAIN}</small></p>")
        if outline.measures.unit == "px":
            parts.append(f"<p><small>{_PIXELS}</small></p>")
    return f'<section class="bs-outline" data-testid="outline">{"".join(parts)}</section>'


def title(outline: SliceOutline) -> str:
    """Return the heading of the section."""
    return heading(outline.correction, possible=outline.possible)


def _figures(outline: SliceOutline) -> str:
    measures = outline.measures
    pairs = [("Area", area_words(measures.area, measures.unit))]
    if outline.area_range is not None:
        low, high = (amount(area) for area in outline.area_range)
        pairs.append(("Uncertain border", f"{low}–{high} {_square(measures.unit)}"))
    if measures.diameters is not None:
        pairs.append(("Diameters", diameter_words(measures)))
    if measures.lesions > 1:
        pairs.append(("Pieces", f"{measures.lesions}; diameters of the largest"))
    lines = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>{lines}</dl>"


def area_words(area: float, unit: str) -> str:
    """Return an area with its unit, for example ``512 mm²`` or ``2,140 px``."""
    return f"{amount(area) if unit == 'mm' else f'{area:,.0f}'} {_square(unit)}"


def diameter_words(measures: SliceMeasures) -> str:
    """Return longest diameter and perpendicular, for example ``31.2 × 22.4 mm``."""
    found = measures.diameters
    if found is None:
        return ""
    return f"{found.longest:.1f} × {found.perpendicular:.1f} {measures.unit}"


def amount(value: float) -> str:
    """Return an area as people read it: three significant digits, whole from ten on."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _square(unit: str) -> str:
    return "mm²" if unit == "mm" else "px"
