"""What the three outcomes and the type sets cover, on the Evaluate page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from brainscan.evaluation.answers import THREE_OUTCOMES
from brainscan.evaluation.decisions import DecisionFigures, Decisions
from brainscan.ui.evaluation_tables import text_of
from brainscan.ui.evaluation_tiles import tiles


def section(decisions: Decisions) -> None:
    """Show coverage over all images, in parts, and at the other sensitivities."""
    st.caption(f"{decisions.promise} {THREE_OUTCOMES}")
    tiles(decisions.overall.named(), test_id="figures-decisions")
    if decisions.parts:
        _table(decisions.parts, "Part")
    if decisions.choices:
        _table(decisions.choices, "Setting")


def _table(parts: Sequence[DecisionFigures], title: str) -> None:
    frame = pd.DataFrame(
        [
            {title: part.name, **{name: text_of(value) for name, value in part.named()}}
            for part in parts
        ]
    ).fillna("")
    st.dataframe(frame, hide_index=True, alt=f"Coverage by {title.lower()} with 95 % intervals")
