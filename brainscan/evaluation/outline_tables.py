"""The section on outlines of the HTML report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from brainscan.evaluation.agreement import METHOD
from brainscan.evaluation.outline_figures import NOTES, OutlineFigures
from brainscan.evaluation.outline_pictures import LEGEND, OutlineKind
from brainscan.evaluation.outline_plots import agreement_figure
from brainscan.evaluation.outline_text import (
    TITLES,
    outline_words,
    part_table,
    parts_of,
    worst_outlines,
)
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.tables import estimates_table, html_table, value_cell

_MOST_SHOWN = 24
_MOST_PLOTS = 6
_PLOT = "area-agreement-"


def agreement_plots(result: EvaluationResult) -> dict[str, go.Figure]:
    """Return the report's figures by the id of their place."""
    return {
        f"{_PLOT}{number}": agreement_figure(part.agreement)
        for number, part in _plotted(result)
        if part.agreement is not None
    }


def _plotted(result: EvaluationResult) -> list[tuple[int, OutlineFigures]]:
    outlines = result.outlines
    if outlines is None:
        return []
    with_one = [pair for pair in enumerate(outlines.parts) if pair[1].agreement is not None]
    largest = sorted(with_one, key=lambda pair: -pair[1].n_tumor)[:_MOST_PLOTS]
    return sorted(largest, key=lambda pair: pair[0])


def html_outlines(result: EvaluationResult) -> str:
    """Return the section of the report; empty where no outline was compared."""
    outlines = result.outlines
    if outlines is None:
        return ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*NOTES, METHOD))
    text = "<h2>Outlines</h2>"
    if outlines.volumes is not None:
        text += estimates_table(outlines.volumes.named())
    if outlines.overall is not None:
        text += _table(parts_of(outlines))
        text += "".join(
            f'<h3 class="apart">{escape(part.name)}: {part.n_tumor} tumour slices with a mask, '
            f"{part.n_free} tumour-free</h3>{estimates_table(part.named())}"
            for part in outlines.parts
        )
    panels = "".join(
        f'<div class="panel"><h3>Area, {escape(part.name)}</h3>'
        f'<p class="quiet">{escape(part.agreement.sentence)}</p>'
        f'<div id="{_PLOT}{number}"></div></div>'
        for number, part in _plotted(result)
        if part.agreement is not None
    )
    if panels:
        text += f'<h3 class="apart">Agreement of areas</h3><div class="grid">{panels}</div>'
    galleries = "".join(_gallery(result, kind) for kind in TITLES)
    return f"{text}{galleries}<ul>{notes}</ul>"


def _table(parts: Sequence[OutlineFigures]) -> str:
    columns = part_table(parts)
    lines = (
        f'<tr><th scope="row">{escape(part.name)}</th><td class="number n">{part.n_tumor}</td>'
        f'<td class="number n">{part.n_free}</td>'
        f"{''.join(value_cell(figures[place]) for _, figures in columns)}</tr>"
        for place, part in enumerate(parts)
    )
    header = [("", False), ("tumour", True), ("no tumour", True)]
    return html_table([*header, *((name, False) for name, _ in columns)], lines)


def _gallery(result: EvaluationResult, kind: OutlineKind) -> str:
    numbers = [n for n in worst_outlines(result, kind) if n in result.outline_pictures]
    if not numbers:
        return ""
    cards = "".join(_card(result, number) for number in numbers[:_MOST_SHOWN])
    return (
        f'<h3 class="apart">{TITLES[kind]}</h3>'
        f"<p>The worst first; {escape(LEGEND)}. predictions.csv has all.</p>"
        f'<div class="errors">{cards}</div>'
    )


def _card(result: EvaluationResult, number: int) -> str:
    row, name = result.rows[number], escape(result.rows[number].name)
    return (
        f'<figure><img alt="{name}" src="{result.outline_pictures[number].thumbnail_url}">'
        f"<figcaption>{escape(outline_words(row))}<br>"
        f'<span class="quiet">{name}</span></figcaption></figure>'
    )
