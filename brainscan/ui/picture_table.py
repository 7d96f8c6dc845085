"""A table whose rows begin with a thumbnail, one of which is looked at beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

_TALLEST_PX = 620
_HEADER_PX = 40


def chosen_row(
    frame: pd.DataFrame,
    *,
    key: str,
    row_px: int,
    picture_px: int,
    columns: Mapping[str, Any],
    alt: str,
) -> int:
    """Show a table and return the number of the row that is chosen, the first without a choice.

    Parameters
    ----------
    frame
        At least one row; its column ``Slice`` has the addresses of the thumbnails.
    key
        Of the widget. Other rows need another one: a selection in the old would mislead.
    row_px, picture_px
        Height of a row and width of the thumbnails' column.
    columns
        Settings of the other columns.
    alt
        What the table is, for those who cannot see it.
    """
    event = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        row_height=row_px,
        height=min(_TALLEST_PX, row_px * len(frame) + _HEADER_PX),
        on_select="rerun",
        selection_mode="single-row",
        column_config={"Slice": st.column_config.ImageColumn("", width=picture_px), **columns},
        alt=alt,
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(frame) else 0
