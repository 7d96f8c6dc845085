"""The worklist as people see it: thumbnails, decisions and probabilities in one column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from brainscan.ui.worklist import Row

_HERE = Path(__file__).parent
_WORDS = {"tumor": "Tumour", "no_tumor": "No tumour", "indeterminate": "Uncertain"}

_mount = st.components.v2.component(
    "brainscan_scanlist",
    html='<ol class="list" role="listbox" aria-label="Worklist"></ol>\n',
    css=(_HERE / "scanlist.css").read_text(encoding="utf-8"),
    js=(_HERE / "scanlist.js").read_text(encoding="utf-8"),
)


def scanlist(
    rows: Sequence[Row],
    selected: str,
    model_key: str,
    *,
    key: str,
    on_select: Callable[[], None],
) -> None:
    """Show the worklist.

    Parameters
    ----------
    rows
        In the order to show.
    selected
        SHA-256 of the row shown in the viewer.
    model_key
        Whose answers to show.
    key
        Widget key; before ``on_select`` runs, ``st.session_state[key]["select"]`` holds the
        SHA-256 of the row chosen.
    on_select
        Called when the reader chooses a row.
    """
    items = [item(row, model_key) for row in rows]
    _mount(key=key, data={"items": items, "selected": selected}, on_select_change=on_select)


def item(row: Row, model_key: str) -> dict[str, Any]:
    """Return what the list shows of a row, as plain values."""
    answer = row.answers.get(model_key)
    kind, words, figure = "waiting", "Waiting", ""
    status, reason = row.outcome(model_key)
    if status == "rejected":
        kind, words = "rejected", "Not read"
    elif answer:
        kind = str(answer["decision"])
        words, figure = _WORDS[kind], f"{answer['tumor_probability']:.2f}"
        if answer.get("refusal"):
            kind, words = "rejected", "Refused"
    return {
        "id": row.sha256,
        "name": row.name,
        "thumbnail": row.thumbnail,
        "kind": kind,
        "words": words,
        "figure": figure,
        "hint": reason or row.name,
    }
