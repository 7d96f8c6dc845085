"""A model card as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from brainscan.data.names import display_name
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.card_json import number, text
from brainscan.reporting.card_parts import (
    Block,
    Bullets,
    Calibration,
    Card,
    Cell,
    Commands,
    Facts,
    Figure,
    Gallery,
    Table,
    Text,
    WorstErrors,
    number_text,
)
from brainscan.reporting.gallery import sentence_of


def to_markdown(card: Card) -> str:
    """Return the card as Markdown that GitHub shows as it is meant."""
    lines = [f"# {card.title}", "", f"> {RESEARCH_USE}", "", card.lead, ""]
    lines += _grid(("", ""), [(name, value) for name, value in card.glance])
    if card.headline:
        lines += ["", *_grid(
            ("Headline figure", "Value (95 % interval)", "n"),
            [(f"{h.measure}, {h.where}", _value(h.figure), _n(h.figure)) for h in card.headline],
        )]  # fmt: skip
    for section in card.sections:
        lines += ["", f"## {section.title}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield block.text
        case Bullets():
            yield from (f"- {line}" for line in block.lines)
        case Facts():
            yield from _grid(("", ""), block.pairs)
        case Table():
            yield f"**{block.caption}**"
            yield ""
            yield from _table(block)
        case Commands():
            for what, line in block.lines:
                yield from (f"{what}:", "", f"    {line}", "")
        case Calibration():
            yield from _calibration(block)
        case WorstErrors():
            yield from _worst(block)
        case Gallery():
            yield from (f"- {sentence_of(case)}" for case in block.cases)


def _table(table: Table) -> Iterator[str]:
    """Write a table; where a row is a measure and its figure, n gets a column of its own."""
    if not table.wide:
        yield from _grid(table.columns, [[_cell(cell) for cell in row] for row in table.rows])
        return
    columns = (table.columns[0], f"{table.columns[1]} (95 % interval)", "n")
    rows = [
        (_cell(name), _value(cell), _n(cell)) if isinstance(cell, Figure) else (_cell(name), "", "")
        for name, cell in table.rows
    ]
    yield from _grid(columns, rows)


def _cell(cell: Cell) -> str:
    if isinstance(cell, Figure):
        n = _n(cell)
        return _value(cell) + (f", n {n}" if n else "")
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return number_text(cell)
    return cell or ""


def _value(figure: Figure) -> str:
    if figure.value is None:
        return figure.text
    return f"{figure.text} ({figure.interval})" if figure.interval else figure.text


def _n(figure: Figure) -> str:
    return "" if figure.n is None else f"{figure.n:,}"


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return lines + [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows]


def _escaped(cell: str) -> str:
    """Keep a cell in its place whatever a file is called."""
    return cell.replace("|", "\\|").replace("\n", " ")


def _calibration(block: Calibration) -> Iterator[str]:
    error = f": expected calibration error {_cell(block.ece)}" if block.ece else ""
    yield f"**{block.dataset}{error}**"
    yield ""
    rows = [
        (
            f"{low:.1f} to {high:.1f}",
            f"{n:,}",
            "" if predicted is None else number_text(predicted),
            "" if observed is None else number_text(observed),
        )
        for low, high, n, predicted, observed in block.bins
    ]
    yield from _grid(("Predicted", "n", "Mean prediction", "Observed share of tumour"), rows)


def _worst(block: WorstErrors) -> Iterator[str]:
    yield f"**{block.dataset}: the most confident errors**"
    yield ""
    rows = []
    for row in block.rows:
        probability, share = (
            number(row.get("tumor_probability")),
            number(row.get("type_probability")),
        )
        rows.append(
            (
                display_name(text(row.get("error"))),
                f"`{text(row.get('file'))}`",
                display_name(text(row.get("label"))),
                "" if probability is None else number_text(probability),
                text(row.get("type")) + ("" if share is None else f" {number_text(share)}"),
            )
        )
    columns = ("Error", "File", "Truth", "Tumour probability", "Most probable type")
    yield from _grid(columns, rows)
