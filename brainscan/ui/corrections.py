"""Outlines that readers drew: kept with the scan's row, and for the same file added again.

What the canvas sends is not trusted: it may be of another scan, another size, or no mask at all.
Session state holds a correction as text, its run lengths, never as an array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction, PackedCorrection, decode_mask
from brainscan.imaging.scan import Scan
from brainscan.ui.outlines import figures
from brainscan.ui.worklist import Row, Worklist

KEPT = "It lives as long as this page stays open: take it away as a file."
"""Of an outline by a reader, for people."""


@dataclass(frozen=True)
class KeptCorrection(PackedCorrection):
    """A correction of a slice as session state holds it.

    Attributes
    ----------
    figures
        What it measures, see :func:`brainscan.ui.outlines.figures`.
    """

    figures: Mapping[str, Any]

    @classmethod
    def of(cls, made: Correction, scan: Scan) -> KeptCorrection:
        """Return a correction of a slice as text, with its measures."""
        packed = PackedCorrection.pack(made)
        return cls(**vars(packed), figures=figures(scan, correction=made) or {})


def corrected_words(made: Correction | PackedCorrection) -> str:
    """Return who did it and when, as ``Corrected by A. Reader, 2026-11-26 18:02 UTC``."""
    when = datetime.fromisoformat(made.when)
    return f"{made.verb.capitalize()} by {made.author}, {when:%Y-%m-%d %H:%M} UTC"


def heading(made: Correction | PackedCorrection | None, *, possible: bool) -> str:
    """Return the heading of an outline: a reader's, or the model's."""
    if made is not None:
        return f"{made.verb.capitalize()} outline"
    return "Possible outline" if possible else "Outline"


@dataclass(frozen=True)
class Receipt:
    """What became of an outline that the canvas sent.

    Attributes
    ----------
    id
        The canvas's own name of what it sent.
    scan
        SHA-256 of the scan it was sent for.
    problem
        Why it was not kept, as a sentence; empty when it was.
    author
        Name of the reader as it was typed, if it was kept.
    """

    id: str
    scan: str
    problem: str = ""
    author: str = ""


def correction_of(row: Row) -> Correction | None:
    """Return the correction that stands for a row, if any."""
    return None if row.correction is None else row.correction.correction()


def started_from(row: Row, model_key: str) -> str:
    """Return the title of the model whose outline a reader starts from; empty: nobody's."""
    if row.correction is not None:
        return row.correction.model
    answer = row.answers[model_key]
    return str(answer["model"]) if answer.get("outline") is not None else ""


def keep(listed: Worklist, sent: object, scan_of: Callable[[Row], Scan], model_key: str) -> Receipt:
    """Keep an outline that the canvas sent, if it is one of a scan on the list.

    Parameters
    ----------
    listed
        The session's worklist.
    sent
        What the canvas sent: ``id``, ``scan`` (SHA-256), ``mask`` (text), ``author``, and
        ``started``, the model whose outline the strokes began on: another may be chosen by now.
        Anything may stand there.
    scan_of
        Returns the scan of a row, or raises :class:`InputRejected`.
    model_key
        The model whose outline was shown.

    Returns
    -------
    Receipt
        With a sentence where the outline was not kept; the one before it is then untouched.
    """
    values: Mapping[str, Any] = sent if isinstance(sent, Mapping) else {}
    name, sha256 = str(values.get("id", "")), str(values.get("scan", ""))
    row = listed.rows.get(sha256)
    if row is None or model_key not in row.answers:
        problem = (
            "The outline was not kept: this model has no answer for its scan on the list. "
            "Your strokes are still here; save again once the scan was read."
        )
        return Receipt(name, sha256, problem)
    try:
        scan = scan_of(row)
        mask = decode_mask(values.get("mask", ""), scan.pixels.shape)
    except InputRejected as rejection:
        return Receipt(name, sha256, str(rejection))
    typed = values.get("author", "")
    author = typed if isinstance(typed, str) else ""
    started = values.get("started")
    known = {started_from(row, key) for key in row.answers}
    if not isinstance(started, str) or started not in known:
        started = started_from(row, model_key)
    made = Correction.now(mask, author, started)
    row.correction, row.set_aside = KeptCorrection.of(made, scan), None
    return Receipt(name, sha256, author=made.author if author.strip() else "")


def set_aside(row: Row) -> None:
    """Go back to the model's outline; the correction can be taken up again."""
    if row.correction is not None:
        row.correction, row.set_aside = None, row.correction


def take_up(row: Row) -> None:
    """Use the correction again that was set aside last."""
    if row.set_aside is not None:
        row.correction, row.set_aside = row.set_aside, None
