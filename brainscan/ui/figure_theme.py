"""Figures in the colours of the reader's theme."""

from __future__ import annotations

import plotly.graph_objects as go

from brainscan.evaluation.figure_style import on_light
from brainscan.ui.theme import is_dark, text_color


def themed(figure: go.Figure) -> go.Figure:
    """Return a figure of `brainscan.evaluation` as the reader's theme shows it."""
    return readable(figure if is_dark() else on_light(figure))


def readable(figure: go.Figure) -> go.Figure:
    """Give the texts of a figure the colour of plain text and return it.

    Streamlit greys ticks, titles and annotations, which is too faint to read, the more so on the
    tinted cells of a matrix.
    """
    color = text_color()
    axis = {"tickfont_color": color, "title_font_color": color}
    figure.update_layout(font_color=color, legend_font_color=color)
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font_color=color)
    return figure
