"""Curves of the selected runs, one chart for each kind of metric."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from brainscan.runs.figures import Curve, curves_figure
from brainscan.runs.metric_names import VALIDATION, Family, friendly
from brainscan.ui.error_card import plain
from brainscan.ui.figure_theme import readable
from brainscan.ui.training_shown import Shown

_CHARTS: tuple[tuple[Family, str], ...] = (
    ("loss", "loss"),
    ("accuracy", "accuracy"),
    ("auroc", "AUROC"),
    ("learning_rate", "learning rate"),
    ("other", "further metric"),
)
_HEIGHT_PX = 250


def curve_charts(shown: Sequence[Shown]) -> None:
    """Lay out legend, charts and the summary of the kept epochs."""
    drawn = [item for item in shown if item.history is not None]
    _legend(drawn)
    with st.container(key="training-charts"):
        for kind, title in _CHARTS:
            names = _metrics(drawn, kind)
            if names:
                with st.container(border=True, key=f"training-chart-{kind}"):
                    _chart(drawn, kind, title, names)
        with st.container(border=True, key="training-best"):
            _best_epochs(drawn)


def _metrics(drawn: Sequence[Shown], kind: Family) -> list[str]:
    """Return the names to choose from, those that most runs have first.

    ``lr`` and ``learning_rate``, ``acc`` and ``accuracy`` are one name to the reader.
    """
    found: Counter[str] = Counter()
    for item in drawn:
        if item.history is not None:
            found.update(list(dict.fromkeys(map(friendly, item.history.of_family(kind)))))
    return [name for name, _ in found.most_common()]


def _chart(drawn: Sequence[Shown], kind: Family, title: str, names: Sequence[str]) -> None:
    name = names[0]
    if len(names) > 1:
        name = st.selectbox(
            f"Metric of the {title} chart",
            names,
            key=f"training_metric_{kind}",
            label_visibility="collapsed",
        )
    else:
        st.markdown(f"**{plain(name)}**")
    curves, others = [], []
    for item in drawn:
        own = item.history.of_family(kind) if item.history is not None else ()
        metric = next((metric for metric in own if friendly(metric) == name), None)
        if metric is None and own and kind != "other":
            metric = own[0]
            others.append(f"{item.run.name}: {friendly(metric)}")
        if metric is not None and item.history is not None:
            curves.append(Curve(item.run.name, item.color, item.history, metric, item.best))
    figure = curves_figure(curves, log=kind == "learning_rate", height=_HEIGHT_PX)
    st.plotly_chart(
        readable(figure),
        key=f"training_plot_{kind}",
        config={"displaylogo": False, "displayModeBar": False},
        alt=f"{name} by epoch of {', '.join(c.run for c in curves)}.",
    )
    if others:
        st.caption(plain(f"Not recorded by every run. Shown instead: {'; '.join(others)}."))


def _legend(drawn: Sequence[Shown]) -> None:
    runs = [
        f'<span><i style="color:{item.color}"></i>{escape(item.run.name)}</span>' for item in drawn
    ]
    st.html(
        f'<div class="bs-legend" data-testid="curve-legend">{"".join(runs)}'
        '<span class="quiet"><i></i>validation</span>'
        '<span class="quiet"><i class="dashed"></i>training</span>'
        '<span class="quiet"><i class="ring"></i>kept epoch</span></div>'
    )


def _best_epochs(drawn: Sequence[Shown]) -> None:
    """Show every run's metrics at its kept epoch: the best, or by its own rule the last."""
    st.markdown("**At the kept epoch**")
    columns: dict[str, dict[str, float | int | str]] = {}
    for item in drawn:
        history, best = item.history, item.best
        if history is None or best is None:
            continue
        values: dict[str, float | int | str] = {"Epoch": str(best.epoch)}
        for metric in [best.metric.removeprefix(VALIDATION), *history.metrics]:
            _, validation = history.pair(metric)
            if validation is not None:
                values.setdefault(friendly(metric), f"{float(validation[best.row]):.4f}")
        columns[item.run.name] = values
    if not columns:
        st.caption(
            "None of these runs has a validation metric, so no epoch can be called the best. "
            "Train with validation data to choose one."
        )
        return
    st.dataframe(pd.DataFrame(columns).fillna(""), height=_HEIGHT_PX + 8)
