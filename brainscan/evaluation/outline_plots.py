"""The figure on outlined areas, shared by report and page."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from brainscan.evaluation.agreement import Agreement
from brainscan.evaluation.figure_style import BLUE, GREY, ORANGE, frame

_MOST_POINTS = 2000  # more only make the file larger; drawn evenly over the areas


def agreement_figure(agreement: Agreement) -> go.Figure:
    """Draw differences of areas over their means, with bias and limits of agreement."""
    order = np.argsort(agreement.mean, kind="stable")
    order = order[:: len(order) // _MOST_POINTS + 1]
    figure = go.Figure()
    figure.add_scatter(
        x=agreement.mean[order],
        y=agreement.difference[order],
        mode="markers",
        marker={"size": 6, "color": BLUE, "opacity": 0.55},
        name="slices",
        hovertemplate=(
            f"mean %{{x:,.0f}} {agreement.unit}<br>difference %{{y:+,.0f}} {agreement.unit}"
            "<extra></extra>"
        ),
    )
    ends = [0.0, float(agreement.mean.max()) * 1.02]
    for name, value, color, dash in (
        ("bias", agreement.bias.value or 0.0, ORANGE, "solid"),
        ("upper limit of agreement", agreement.high, GREY, "dash"),
        ("lower limit of agreement", agreement.low, GREY, "dash"),
    ):
        figure.add_scatter(
            x=ends,
            y=[value, value],
            mode="lines",
            line={"color": color, "dash": dash, "width": 2},
            name=f"{name} {value:+,.0f}",
            hoverinfo="skip",
        )
    unit = agreement.unit
    return frame(figure, f"mean of both areas, {unit}", f"model less expert, {unit}")
