"""Training curves of several runs in one chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from brainscan.runs.history import BestEpoch, History
from brainscan.runs.metric_names import VALIDATION, friendly

DARK_COLORS = ("#4C8DFF", "#F28E2B", "#C4F3FB", "#64FC91", "#A87DA3", "#788F5A")
LIGHT_COLORS = ("#1F5FD6", "#D4690B", "#530B1B", "#7A6287", "#081562", "#B3785B")
MAX_RUNS = len(DARK_COLORS)
"""Runs in one chart; more could not be told apart."""


@dataclass(frozen=True)
class Curve:
    """One run in one chart.

    Attributes
    ----------
    run
        Name of the run.
    color
        Its colour, as ``#RRGGBB``.
    history
        Where the values come from.
    metric
        Base name of the metric to draw; training and validation are drawn when they exist.
    best
        The epoch to mark, or ``None``.
    """

    run: str
    color: str
    history: History
    metric: str
    best: BestEpoch | None


def colors(dark: bool) -> tuple[str, ...]:
    """Return the run colours for a dark or a light page.

    They were searched so that any two stay apart (CIE76 difference of at least 25) for readers
    with normal sight, protanopia, deuteranopia and tritanopia (simulation of Machado et al.
    2009), with a contrast of at least 3 to the page.
    """
    return DARK_COLORS if dark else LIGHT_COLORS


def curves_figure(curves: Sequence[Curve], *, log: bool = False, height: int = 300) -> go.Figure:
    """Draw one metric of several runs: training dashed, validation solid, kept epoch ringed.

    Epochs are numbered from 1, as Keras prints them. Values that are not finite leave a gap,
    except that a validation curve measured every few epochs is joined up.
    """
    figure = go.Figure()
    # Without any validation curve the only curves are drawn solid: nothing to tell apart.
    paired = any(curve.history.pair(curve.metric)[1] is not None for curve in curves)
    for curve in curves:
        training, validation = curve.history.pair(curve.metric)
        epochs = curve.history.epoch + 1
        if training is not None:
            dash = "dash" if paired else "solid"
            figure.add_trace(_line(curve, epochs, training, curve.metric, dash))
        if validation is not None:
            figure.add_trace(_line(curve, epochs, validation, VALIDATION + curve.metric, "solid"))
        marked = validation if validation is not None else training
        if curve.best is not None and marked is not None and np.isfinite(marked[curve.best.row]):
            figure.add_trace(_ring(curve, curve.best, float(marked[curve.best.row])))
    longest = max((int(curve.history.epoch[-1]) + 1 for curve in curves), default=1)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        hovermode="x unified",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="keep",  # a refresh while training keeps the reader's zoom
        xaxis={
            "title": {"text": "Epoch"},
            "range": [0.5, max(longest, 2) + 0.5],
            "tickformat": "d",
        },
        yaxis={"type": "log" if log else "linear"},
    )
    if log:
        # Ticks at 1, 2 and 5 of a decade ("D2"), or at 1 alone where that would be crowded.
        figure.update_yaxes(dtick="D2" if _decades(curves) <= 2 else 1, tickformat=".0e")
    if longest <= 10:
        figure.update_xaxes(dtick=1)
    return figure


def _decades(curves: Sequence[Curve]) -> float:
    """Return how many powers of ten the positive values of the curves span."""
    drawn = [side for c in curves for side in c.history.pair(c.metric) if side is not None]
    values = np.concatenate([np.zeros(0), *drawn])
    values = values[np.isfinite(values) & (values > 0)]
    return float(np.log10(values.max() / values.min())) if values.size else 0.0


def _line(curve: Curve, epochs: np.ndarray, values: np.ndarray, column: str, dash: str) -> Any:
    validation = column.startswith(VALIDATION)
    finite = np.isfinite(values)
    side = "validation" if validation else "training"
    return go.Scatter(
        x=epochs,
        y=[float(v) if ok else None for v, ok in zip(values, finite, strict=True)],
        name=f"{curve.run}, {side}",
        mode="lines+markers" if finite.sum() <= 2 else "lines",
        connectgaps=validation,
        line={"color": curve.color, "width": 2.25 if dash == "solid" else 1.5, "dash": dash},
        marker={"size": 6},
        opacity=1.0 if dash == "solid" else 0.8,
        hovertemplate=f"{friendly(column)} %{{y:.4g}}<extra>%{{fullData.name}}</extra>",
    )


def _ring(curve: Curve, best: BestEpoch, value: float) -> Any:
    return go.Scatter(
        x=[best.epoch],
        y=[value],
        name=f"{curve.run}, kept epoch",
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 13,
            "color": curve.color,
            "line": {"width": 2.5, "color": curve.color},
        },
        hovertemplate=f"kept epoch {best.epoch}<extra>{curve.run}</extra>",
    )
