"""Figures as tiles: value, interval and n, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import NOT_DEFINED, format_interval, format_value


def tiles(figures: Iterable[tuple[str, Estimate]], *, test_id: str) -> None:
    """Show figures side by side; as many a row as the window holds."""
    cards = "".join(_tile(name, estimate) for name, estimate in figures)
    st.html(f'<div class="bs-tiles" data-testid="{test_id}">{cards}</div>')


def _tile(name: str, estimate: Estimate) -> str:
    if not estimate.defined:
        return (
            f'<div class="quiet"><span>{escape(name)}</span><p><strong>{NOT_DEFINED}</strong></p>'
            f"<small>{escape(estimate.reason or '')}</small></div>"
        )
    interval = format_interval(estimate)
    how = f"95 % interval: {estimate.method}" if interval else estimate.reason or ""
    return (
        f'<div title="{escape(how)}"><span>{escape(name)}</span>'
        f"<p><strong>{format_value(estimate)}</strong><small>n {estimate.n:,}</small></p>"
        f"<small>{interval or 'no interval'}</small></div>"
    )
