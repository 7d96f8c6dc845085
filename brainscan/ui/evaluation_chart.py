"""A chart with its title in a card, as all charts of the Evaluate page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from brainscan.ui.theme import text_color

_PLAIN_CHART = {"displayModeBar": False}


def chart(title: str, figure: go.Figure, key: str) -> None:
    """Show a figure as high as its card."""
    figure.update_annotations(font_color=text_color())  # the theme's own is too pale on blue
    with st.container(border=True, key=f"evaluation-card-{key}"):
        st.markdown(f"**{title}**")
        st.plotly_chart(
            figure,
            height="stretch",
            key=f"evaluation_chart_{key}",
            config=_PLAIN_CHART,
            alt=f"Chart: {title}",
        )
