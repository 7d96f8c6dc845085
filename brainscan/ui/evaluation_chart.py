"""A chart with its title in a card, as all charts of the Evaluate page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from brainscan.ui.figure_theme import themed

_PLAIN_CHART = {"displayModeBar": False}


def chart(title: str, figure: go.Figure, key: str) -> None:
    """Show a figure as high as its card."""
    with st.container(border=True, key=f"evaluation-card-{key}"):
        st.markdown(f"**{title}**")
        st.plotly_chart(
            themed(figure),
            height="stretch",
            key=f"evaluation_chart_{key}",
            config=_PLAIN_CHART,
            alt=f"Chart: {title}",
        )
