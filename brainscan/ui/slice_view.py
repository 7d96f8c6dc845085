"""What the viewer on the Diagnose page is told of the chosen scan."""

from __future__ import annotations

import uuid
from typing import Any

import streamlit as st

from brainscan.errors import BrainScanError
from brainscan.ui import exporting, reading_room
from brainscan.ui.corrections import started_from
from brainscan.ui.models import Reader
from brainscan.ui.slice_answer import answered, outline_shown
from brainscan.ui.store import Stores
from brainscan.ui.viewer.drawing import Drawing
from brainscan.ui.viewer.payload import Picture, pack, pack_problem
from brainscan.ui.worklist import Row, Worklist


def message(
    row: Row,
    reader: Reader | None,
    position: tuple[int, int],
    listed: Worklist,
    memory: Stores,
) -> bytes:
    """Return what the viewer shows of a row.

    Parameters
    ----------
    row
        Refused and damaged scans are shown with the reason in place of a picture or of an answer.
    reader
        The model; ``None`` where there is none.
    position
        Place in the list and length of the list.
    listed, memory
        Where the row stands, and what is kept of its picture and answers.
    """
    if row.status == "rejected":
        return pack_problem(row.name, row.sha256, row.reason, position=position)
    try:
        scan = reading_room.scan_of(row, listed.session, memory)
        if reader is None:
            return pack(scan, position=position, note="No model, no evidence map")
        if row.refused_by(reader.key):
            saved = _picture_to_save(row, None, listed, memory)
            return pack(scan, position=position, note="Not read by the model", picture=saved)
        return pack(
            scan,
            position=position,
            model=reader.title,
            answer=reader.key,
            maps=reading_room.maps_of(row, listed.session, memory, reader),
            picture=_picture_to_save(row, reader, listed, memory),
            drawing=_drawing(row, reader, listed, memory),
        )
    except BrainScanError as error:
        return pack_problem(row.name, row.sha256, str(error), position=position)


def _picture_to_save(
    row: Row, reader: Reader | None, listed: Worklist, memory: Stores
) -> Picture | None:
    """Return the view asked for as a picture, once."""
    view: dict[str, Any] | None = st.session_state.pop("view_to_save", None)
    if view is None or view["scan"] != row.sha256:
        return None
    scan = reading_room.scan_of(row, listed.session, memory)
    if reader is None:
        png = exporting.view_png(scan, None, view)
    else:
        prediction = answered(row, reader, listed, memory)
        outline = outline_shown(row, reader, listed, memory)
        png = exporting.view_png(scan, prediction, view, outline)
    return Picture(uuid.uuid4().hex, exporting.view_name(row), png)


def _drawing(row: Row, reader: Reader, listed: Worklist, memory: Stores) -> Drawing:
    """Return what the viewer is told of outlines."""
    return Drawing(
        outline_shown(row, reader, listed, memory),
        editable=True,
        started=started_from(row, reader.key),
        author=st.session_state.get("reader_name", ""),
        receipt=st.session_state.get("outline_receipt"),
        listed=tuple(sha256[:12] for sha256 in listed.rows),
    )
