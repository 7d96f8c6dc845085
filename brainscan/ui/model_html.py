"""Parts of a model card as HTML: text, facts, tables of figures with their intervals drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from brainscan.reporting.card_parts import (
    Block,
    Bullets,
    Card,
    Cell,
    Commands,
    Facts,
    Figure,
    Headline,
    Section,
    Table,
    Text,
    number_text,
)

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`(.+?)`")


def prose(text: str) -> str:
    """Return a sentence as HTML; ``**bold**`` and backticks are the only markup it may hold."""
    safe = escape(text)
    return _CODE.sub(r"<code>\1</code>", _BOLD.sub(r"<strong>\1</strong>", safe))


def anchor(section: Section) -> str:
    """Return the id of a section's heading."""
    return f"model-{section.key}"


def contents_html(sections: Iterable[Section]) -> str:
    """Return the list of chapters."""
    links = "".join(f'<a href="#{anchor(s)}">{escape(s.title)}</a>' for s in sections)
    return f'<nav class="bs-contents" aria-label="Contents">{links}</nav>'


def heading_html(section: Section) -> str:
    """Return a chapter's heading with its id."""
    return f'<h2 class="bs-chapter" id="{anchor(section)}">{escape(section.title)}</h2>'


def opening_html(card: Card) -> str:
    """Return title and lead."""
    return (
        f'<header class="bs-opening"><h2>{escape(card.title)}</h2>'
        f"<p>{escape(card.lead)}</p></header>"
    )


def glance_html(card: Card) -> str:
    """Return the facts beside the headline figures."""
    cells = "".join(
        f"<div><span>{escape(name)}</span>{escape(value)}</div>" for name, value in card.glance
    )
    return f'<div class="bs-glance">{cells}</div>'


def headline_html(figures: Sequence[Headline]) -> str:
    """Return the headline figures as tiles with their intervals drawn."""
    return (
        '<div class="bs-judged" data-testid="model-headline">'
        + "".join(_tile(entry) for entry in figures)
        + "</div>"
    )


def _tile(entry: Headline) -> str:
    figure, (low, high) = entry.figure, entry.scale
    note = "lower is better" if entry.better == "low" else ""
    ends = f"<span>{low:g}</span><em>{note}</em><span>{high:g}</span>"
    return (
        f'<div title="{escape(_how(figure))}"><span>{escape(entry.measure)}</span>'
        f"<b>{escape(entry.where)}</b><strong>{figure.text}</strong>"
        f"{_whisker(figure, entry.scale)}<div class='bs-ends'>{ends}</div>"
        f"<small>{_detail(figure)}</small></div>"
    )


def _how(figure: Figure) -> str:
    if figure.interval:
        return f"95 % interval: {figure.method}" if figure.method else "95 % interval"
    return figure.reason or "no interval"


def _detail(figure: Figure) -> str:
    parts = [figure.interval or "no interval"]
    if figure.n is not None:
        parts.append(f"n&nbsp;{figure.n:,}")
    return " · ".join(parts)


def _whisker(figure: Figure, scale: tuple[float, float]) -> str:
    """Return a dot with its interval on an axis; nothing for a value off the axis."""
    if figure.value is None or not scale[0] <= figure.value <= scale[1]:
        return '<i class="bs-whisker"></i>'

    def place(value: float) -> float:
        share = (value - scale[0]) / (scale[1] - scale[0])
        return round(100 * min(1.0, max(0.0, share)), 2)

    line = ""
    if figure.low is not None and figure.high is not None:
        left, right = place(figure.low), place(figure.high)
        line = f'<u style="left:{left}%;width:{round(right - left, 2)}%"></u>'
    return f'<i class="bs-whisker">{line}<s style="left:{place(figure.value)}%"></s></i>'


def block_html(block: Block) -> str:
    """Return a block that needs no widget as HTML."""
    match block:
        case Text():
            return f"<p>{prose(block.text)}</p>"
        case Bullets():
            return "<ul>" + "".join(f"<li>{prose(line)}</li>" for line in block.lines) + "</ul>"
        case Facts():
            return _facts(block.pairs, "bs-pairs")
        case Commands():
            return "".join(
                f"<p>{escape(what)}</p><pre>{escape(line)}</pre>" for what, line in block.lines
            )
        case Table():
            return table_html(block)
    msg = f"A {type(block).__name__} needs a widget."
    raise TypeError(msg)


def _facts(pairs: Iterable[tuple[str, str]], style: str) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="{style}">{rows}</dl>'


def table_html(table: Table) -> str:
    """Return a table; where a row is a measure and its figure, the interval is drawn."""
    single = 1 if table.wide else None
    head = "".join(
        f'<th scope="col"{_kind(table, index)}>{escape(name)}</th>'
        if index != single
        else f'<th scope="col">{_axis(table.scale)}</th><th scope="col" class="n">'
        f'{escape(name)}</th><th scope="col" class="n">95 % interval</th>'
        '<th scope="col" class="n">n</th>'
        for index, name in enumerate(table.columns)
    )
    body = "".join(
        "<tr>" + "".join(_cell(table, i, cell, single) for i, cell in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="bs-scroll"><table class="bs-table"><caption>{prose(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _axis(scale: tuple[float, float]) -> str:
    low, high = scale
    return (
        f'<span class="bs-ends"><span>{low:g}</span><span>{(low + high) / 2:g}</span>'
        f"<span>{high:g}</span></span>"
    )


def _kind(table: Table, index: int) -> str:
    """Return the class of a column: numbers stand right."""
    cells = [row[index] for row in table.rows if index < len(row)]
    numeric = any(isinstance(cell, int | float | Figure) for cell in cells)
    return ' class="n"' if numeric else ""


def _cell(table: Table, index: int, cell: Cell, single: int | None) -> str:
    if index == single:
        return _wide_figure(cell, table.scale)
    if isinstance(cell, Figure):
        return (
            f'<td class="n" title="{escape(_how(cell))}"><b>{cell.text}</b>'
            f"<small>{_detail(cell)}</small></td>"
        )
    if isinstance(cell, int):
        return f'<td class="n">{cell:,}</td>'
    if isinstance(cell, float):
        return f'<td class="n">{number_text(cell)}</td>'
    text = prose(cell or "")
    if index == 0:
        return f'<th scope="row">{text}</th>'
    return f"<td{_kind(table, index)}>{text or '<em>–</em>'}</td>"


def _wide_figure(cell: Cell, scale: tuple[float, float]) -> str:
    if not isinstance(cell, Figure):
        return f'<td></td><td class="n">{escape(str(cell or "–"))}</td><td></td><td></td>'
    n = "" if cell.n is None else f"{cell.n:,}"
    return (
        f'<td class="bs-drawn" title="{escape(_how(cell))}">{_whisker(cell, scale)}</td>'
        f'<td class="n"><b>{cell.text}</b></td><td class="n">{cell.interval or "–"}</td>'
        f'<td class="n">{n}</td>'
    )
