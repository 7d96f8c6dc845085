"""What the viewer is told of outlines: the one to draw, whether it may be edited, what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from brainscan.imaging.correction import encode_mask
from brainscan.ui.corrections import Receipt, corrected_words
from brainscan.ui.outline_card import area_words, diameter_words, title
from brainscan.ui.outlines import SliceOutline


@dataclass(frozen=True)
class Drawing:
    """The part of the viewer's message that is about outlines.

    Attributes
    ----------
    outline
        What stands for the slice; ``None`` where there is nothing that could.
    editable
        Whether the reader may draw.
    started
        Title of the model whose outline the reader starts from; empty: nobody's.
    author
        Name of the reader, as far as known.
    receipt
        What became of the outline that the viewer sent last.
    listed
        Beginnings of the SHA-256 of the scans on the worklist: the viewer forgets unsaved strokes
        on all others. ``None``: it forgets none.
    """

    outline: SliceOutline | None = None
    editable: bool = False
    started: str = ""
    author: str = ""
    receipt: Receipt | None = None
    listed: tuple[str, ...] | None = None

    def header(self) -> dict[str, Any]:
        """Return the entries of the message's header; masks as run lengths."""
        sent = self.receipt
        return {
            "outline": None if self.outline is None else _outline(self.outline),
            "editable": self.editable,
            "started": self.started,
            "author": self.author,
            "listed": self.listed,
            "receipt": sent and {"id": sent.id, "scan": sent.scan, "problem": sent.problem},
        }


def _outline(outline: SliceOutline) -> dict[str, Any]:
    found = outline.measures.diameters
    return {
        "shown": encode_mask(outline.mask),
        "model": None if outline.model_mask is None else encode_mask(outline.model_mask),
        "band": None if outline.band is None else [encode_mask(mask) for mask in outline.band],
        "lengths": [] if found is None else [found.longest_ends, found.perpendicular_ends],
        "possible": outline.possible,
        "words": _words(outline),
    }


def _words(outline: SliceOutline) -> str:
    """Return the lines for the corner of the picture: whose it is, and the measures."""
    made = outline.correction
    whose = title(outline) if made is None else corrected_words(made)
    said = whose.rsplit(", ", 1)  # who, and on a line of its own when
    if not outline.empty:
        area = area_words(outline.measures.area, outline.measures.unit)
        said.append(f"{area}, {diameter_words(outline.measures)}")
    return "\n".join(said)
