"""The worst errors of a release on its test sets: names, and pictures where the data is here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from brainscan.data.names import display_name
from brainscan.errors import InputRejected
from brainscan.imaging.overlay import overlay_png
from brainscan.imaging.reading import read_scan
from brainscan.reporting.card_json import number, text
from brainscan.reporting.card_parts import WorstErrors
from brainscan.ui.error_card import plain

DATA = "BRAINSCAN_DATA"
_TABLE_PX = 460


def worst_errors(block: WorstErrors, key: str) -> None:
    """Show the table and, where the file lies on this machine, the picture of the chosen row."""
    st.markdown(f"**{plain(block.dataset)}**")
    here = data_folder(block.name)
    if here is None:
        _table(block, key, select=False)
        st.caption(
            f"The pictures are not passed on with the release. They are shown here where the "
            f"environment variable {DATA} names the folder that holds {plain(block.name)}."
        )
        return
    table, picture = st.columns([3, 2], gap="medium")
    with table:
        place = _table(block, key, select=True)
    with picture:
        _picture(here, block.rows[place])


def data_folder(name: str) -> Path | None:
    """Return the folder of a test set on this machine."""
    root = os.environ.get(DATA, "").strip()
    if not root or Path(name).name != name or name in ("", ".."):
        return None
    folder = Path(root) / name
    return folder if folder.is_dir() else None


def file_of(folder: Path, row: dict[str, Any]) -> bytes | None:
    """Return the bytes of the very file that was tested; ``None`` for another or none.

    Names come from a manifest, so they may not lead out of the folder.
    """
    try:
        path = (folder / text(row.get("file"))).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    return data if hashlib.sha256(data).hexdigest() == text(row.get("sha256")) else None


def _table(block: WorstErrors, key: str, *, select: bool) -> int:
    frame = pd.DataFrame(
        [
            {
                "Error": display_name(text(row.get("error"))),
                "Truth": display_name(text(row.get("label"))),
                "Tumour probability": number(row.get("tumor_probability")),
                "Most probable type": text(row.get("type")),
                "File": text(row.get("file")),
            }
            for row in block.rows
        ]
    )
    options: dict[str, Any] = {
        "hide_index": True,
        "height": min(_TABLE_PX, 35 * (len(block.rows) + 1) + 3),
        "column_config": {
            "Tumour probability": st.column_config.NumberColumn(format="%.3f"),
            "File": st.column_config.TextColumn(width="large"),
        },
        "alt": f"The most confident errors on {block.dataset}",
        "key": f"model_worst_{key}_{block.name}",
    }
    if not select:
        st.dataframe(frame, **options)
        return 0
    event = st.dataframe(frame, on_select="rerun", selection_mode="single-row", **options)
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(block.rows) else 0


def _picture(folder: Path, row: dict[str, Any]) -> None:
    data = file_of(folder, row)
    name = text(row.get("file"))
    if data is None:
        st.caption(plain(f"{name} is not in {folder}, or is another file than the one tested."))
        return
    try:
        scan = read_scan(data, name=name)
    except InputRejected as error:
        st.caption(plain(str(error)))
        return
    probability = number(row.get("tumor_probability"))
    said = "" if probability is None else f", tumour probability {probability:.3f}"
    caption = (
        f"{display_name(text(row.get('error')))}: {display_name(text(row.get('label')))}{said}."
    )
    st.image(overlay_png(scan, None, caption=caption), width="stretch")
    st.caption(plain(name))
