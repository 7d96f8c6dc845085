"""The figures of an evaluation, shared by report and page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from brainscan.data.names import display_name
from brainscan.evaluation.curves import Curve, Reliability
from brainscan.evaluation.figure_style import (
    BLUE,
    BLUE_FILL,
    GREY,
    HEIGHT,
    ORANGE,
    ORANGE_FILL,
    frame,
)
from brainscan.evaluation.metrics import ConfusionFigures
from brainscan.evaluation.volumes import VolumeRow

_HISTOGRAM_BINS = 40


def _unit_square(figure: go.Figure) -> go.Figure:
    """Show 0 to 1 on both axes with a little air, so that a curve along the edge is seen."""
    figure.update_xaxes(range=[-0.02, 1.02], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    figure.update_yaxes(range=[-0.02, 1.02], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    return figure


def confusion_figure(figures: ConfusionFigures) -> go.Figure:
    """Draw the confusion matrix of an evaluation."""
    return matrix_figure(figures.classes, figures.counts)


def matrix_figure(classes: Sequence[str], counts: np.ndarray) -> go.Figure:
    """Draw a confusion matrix: counts and, below them, percent of the row.

    Parameters
    ----------
    classes
        Class names in the order of rows and columns.
    counts
        ``(C, C)`` int; rows are the labels, columns the answers.
    """
    names = [display_name(name) for name in classes]
    totals = counts.sum(axis=1, keepdims=True)
    percent = np.full(counts.shape, np.nan)
    np.divide(100.0 * counts, totals, out=percent, where=totals > 0)
    sign = np.where(np.eye(len(names), dtype=bool), 1.0, -1.0)
    figure = go.Figure(
        go.Heatmap(
            z=np.nan_to_num(percent) * sign,
            x=names,
            y=names,
            zmin=-100,
            zmax=100,
            colorscale=[
                [0.0, "rgba(242, 142, 43, 0.85)"],
                [0.5, "rgba(128, 128, 128, 0.06)"],
                [1.0, "rgba(76, 141, 255, 0.60)"],
            ],
            showscale=False,
            xgap=3,
            ygap=3,
            customdata=np.stack([counts, np.nan_to_num(percent)], axis=-1),
            hovertemplate=(
                "labelled %{y}, answered %{x}<br>"
                "%{customdata[0]} images, %{customdata[1]:.1f} % of the row<extra></extra>"
            ),
        )
    )
    for row, label in enumerate(names):
        for column, answer in enumerate(names):
            share = percent[row, column]
            below = "no images" if np.isnan(share) else f"{share:.1f} %"
            figure.add_annotation(
                x=answer,
                y=label,
                text=f"<b>{counts[row, column]}</b><br>{below}",
                showarrow=False,
            )
    frame(figure, "answer", "label", height=max(HEIGHT, 120 + 70 * len(names)))
    figure.update_xaxes(showgrid=False, side="bottom", tickangle=0)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    figure.update_layout(margin={"l": 96, "r": 8, "t": 12, "b": 52})
    return figure


def _operating_point(figure: go.Figure, x: float | None, y: float | None, name: str) -> None:
    if x is None or y is None:
        return
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=name,
        marker={"size": 12, "color": ORANGE, "line": {"width": 2, "color": GREY}},
        hovertemplate="%{x:.3f}, %{y:.3f}<extra></extra>",
    )


def roc_figure(curve: Curve, binary: ConfusionFigures, threshold: float) -> go.Figure:
    """Draw the ROC curve with the operating point of ``threshold``."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1},
        name="chance",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": BLUE, "width": 2},
        name="ROC",
        customdata=np.where(np.isfinite(curve.threshold), curve.threshold, 1.0),
        hovertemplate=(
            "1 - specificity %{x:.3f}<br>sensitivity %{y:.3f}<br>"
            "threshold %{customdata:.3f}<extra></extra>"
        ),
    )
    tumor = binary.of_class("tumor")
    false = None if tumor.specificity.value is None else 1 - tumor.specificity.value
    _operating_point(figure, false, tumor.recall.value, f"threshold {threshold:.3f}")
    return _unit_square(frame(figure, "1 - specificity", "sensitivity"))


def precision_recall_figure(curve: Curve, binary: ConfusionFigures, threshold: float) -> go.Figure:
    """Draw the precision-recall curve with the operating point of ``threshold``."""
    share = float(binary.counts[1].sum() / binary.counts.sum())
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[share, share],
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1},
        name="share of tumour images",
        hovertemplate="%{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": BLUE, "width": 2},
        name="precision-recall",
        customdata=curve.threshold,
        hovertemplate=(
            "sensitivity %{x:.3f}<br>precision %{y:.3f}<br>"
            "threshold %{customdata:.3f}<extra></extra>"
        ),
    )
    tumor = binary.of_class("tumor")
    name = f"threshold {threshold:.3f}"
    _operating_point(figure, tumor.recall.value, tumor.precision.value, name)
    return _unit_square(frame(figure, "sensitivity (recall)", "precision"))


def reliability_figure(bins: Reliability) -> go.Figure:
    """Draw the reliability diagram; bars show how many images stand behind each point."""
    centers = (bins.edges[:-1] + bins.edges[1:]) / 2
    filled = bins.count > 0
    most = max(1.0, float(bins.count.max()))
    figure = go.Figure()
    figure.add_bar(
        x=centers,
        y=bins.count,
        width=0.092,
        marker={
            "color": "rgba(128, 128, 128, 0.28)",
            "line": {"width": filled.astype(int), "color": GREY},  # none around an empty bin
        },
        name="images",
        yaxis="y2",
        hovertemplate="%{y} images<extra></extra>",
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 1},
        name="perfect",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=bins.predicted[filled],
        y=bins.observed[filled],
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={"size": 8},
        name="model",
        customdata=bins.count[filled],
        hovertemplate=(
            "predicted %{x:.3f}<br>observed %{y:.3f}<br>%{customdata} images<extra></extra>"
        ),
    )
    _unit_square(frame(figure, "predicted tumour probability", "observed share of tumours"))
    figure.update_layout(
        margin_r=56,
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "title": {"text": "images", "standoff": 8},
            "showgrid": False,
            "zeroline": False,
            "tickmode": "auto",
            "nticks": 6,
            "range": [-0.02 * most, 1.02 * most],
        },
    )
    return figure


def probability_figure(
    truth: np.ndarray, probability: np.ndarray, threshold: float, band: tuple[float, float]
) -> go.Figure:
    """Draw how the predicted probability spreads in both classes, with the threshold."""
    edges = np.linspace(0, 1, _HISTOGRAM_BINS + 1)
    figure = go.Figure()
    most = 1
    for name, color, fill, chosen in (
        ("no_tumor", BLUE, BLUE_FILL, ~truth),
        ("tumor", ORANGE, ORANGE_FILL, truth),
    ):
        count, _ = np.histogram(probability[chosen], edges)
        most = max(most, int(count.max()))
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=count,
            width=1 / _HISTOGRAM_BINS,
            marker={"color": fill, "line": {"width": 1, "color": color}},
            name=f"labelled {display_name(name)}",
            hovertemplate="around %{x:.2f}: %{y} images<extra></extra>",
        )
    figure.update_layout(barmode="overlay")
    low, high = band
    if high > low:
        figure.add_vrect(x0=low, x1=high, fillcolor=GREY, opacity=0.18, line_width=0)
    figure.add_vline(x=threshold, line={"color": GREY, "width": 2})
    frame(figure, "predicted tumour probability", "images (log scale)")
    figure.update_xaxes(range=[0, 1])
    # From below 1, so that a bin with a single image still has a bar.
    figure.update_yaxes(type="log", range=[np.log10(0.6), np.log10(1.4 * most)], dtick=1)
    return figure


def profile_figure(one: VolumeRow, threshold: float) -> go.Figure:
    """Draw the tumor probability of every slice of a volume, over the slices its mask marks.

    Parameters
    ----------
    one
        A volume with a prediction.
    threshold
        Of a single slice.
    """
    place = [part.index + 1 for part in one.slices]
    figure = go.Figure()
    if one.masked:
        figure.add_bar(
            x=place,
            y=[1.0 if part.label == "tumor" else 0.0 for part in one.slices],
            width=1,
            marker={"color": ORANGE, "opacity": 0.25, "line": {"width": 0}},
            name="tumour by the mask",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=place,
        y=[part.probability for part in one.slices],
        mode="lines",
        line={"color": BLUE, "width": 2},
        name="probability",
        hovertemplate="slice %{x}: %{y:.3f}<extra></extra>",
    )
    figure.add_hline(y=threshold, line={"color": GREY, "dash": "dot", "width": 1})
    frame(figure, f"{one.plane} slice", "tumour probability", height=280)
    figure.update_yaxes(range=[-0.02, 1.02])
    figure.update_layout(bargap=0)
    return figure
