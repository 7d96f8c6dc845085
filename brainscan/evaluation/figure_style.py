"""What all figures of an evaluation share: colours on dark and light pages, and the frame.

Backgrounds are transparent and texts take the colour of the surrounding theme. Figures are drawn
for a dark page; on a light one their colours are exchanged, see `LIGHT`. Blue means no tumor or
right, orange tumor or wrong.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

BLUE = "#4C8DFF"
ORANGE = "#F28E2B"
GREY = "#8B9098"
BLUE_FILL = "rgba(76, 141, 255, 0.65)"
ORANGE_FILL = "rgba(242, 142, 43, 0.65)"
LIGHT = {
    BLUE: "#1F5FD6",
    ORANGE: "#C96A0A",
    GREY: "#6A7079",
    BLUE_FILL: "rgba(31, 95, 214, 0.65)",
    ORANGE_FILL: "rgba(201, 106, 10, 0.65)",
}
"""What stands on a light page for each colour, so that lines have a contrast of at least 3."""
GRID = "rgba(128, 128, 128, 0.22)"
_CLEAR = "rgba(0, 0, 0, 0)"
HEIGHT = 400
"""Of a figure, in pixels."""


def frame(figure: go.Figure, x: str, y: str, *, height: int = HEIGHT) -> go.Figure:
    """Apply what all figures share."""
    figure.update_layout(
        height=height,
        margin={"l": 68, "r": 16, "t": 28, "b": 52},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "bgcolor": _CLEAR},
        hoverlabel={"namelength": -1},
        dragmode=False,
    )
    figure.update_xaxes(title=x, gridcolor=GRID, zerolinecolor=GRID, title_standoff=14)
    figure.update_yaxes(title=y, gridcolor=GRID, zerolinecolor=GRID, title_standoff=14)
    return figure


def on_light(figure: go.Figure) -> go.Figure:
    """Return a figure as it is drawn on a light page."""
    return go.Figure(_exchanged(figure.to_dict()))


def _exchanged(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exchanged(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_exchanged(part) for part in value]
    return LIGHT.get(value, value) if isinstance(value, str) else value
