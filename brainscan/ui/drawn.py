"""How many outlines by readers this session holds: they would be lost with the page.

The frame of every page asks, so nothing here imports what only one page needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

if TYPE_CHECKING:
    from brainscan.ui.worklist import Worklist

ON_VOLUMES = "drawn_on_volumes"
"""Key of the session state: outlines that stand and those set aside, each by volume."""


def outlines_held() -> int:
    """Return how many slices and volumes have an outline by a reader, shown or not."""
    corrections, set_aside = st.session_state.get(ON_VOLUMES, ({}, {}))
    volumes = len({*corrections, *set_aside})
    listed = cast("Worklist | None", st.session_state.get("worklist"))
    if listed is None:
        return volumes
    rows = listed.rows.values()
    drawn = sum(row.correction is not None or row.set_aside is not None for row in rows)
    return volumes + drawn + len(listed.drawn)
