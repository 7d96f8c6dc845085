"""What the decisions cover, as HTML for the report and as lines for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainscan.evaluation.answers import THREE_OUTCOMES
from brainscan.evaluation.decisions import DecisionFigures, Decisions
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.tables import estimates_table


def decision_lines(decisions: Decisions) -> list[tuple[str, Estimate]]:
    """Return the figures for the command line: over all images, then coverage in parts."""
    lines = decisions.overall.named()
    for part in decisions.parts:
        for words, figure in (
            ("not called tumour-free", part.tumor_covered),
            ("not called tumour", part.no_tumor_covered),
        ):
            if figure.defined:
                lines.append((f"  {part.name}, {words}", figure))
    return lines


def decisions_section(decisions: Decisions) -> str:
    """Return the section of the HTML report."""
    text = (
        f"<h2>Three outcomes: what the decisions cover</h2><p>{escape(decisions.promise)} "
        f"{THREE_OUTCOMES}</p>"
        f"{estimates_table(decisions.overall.named())}"
    )
    for figures in (decisions.parts, decisions.choices):
        if figures:
            text += _table_of(figures)
    return text


def _table_of(parts: Sequence[DecisionFigures]) -> str:
    names = [name for name, _ in max((part.named() for part in parts), key=len)]
    lines = []
    for part in parts:
        known = dict(part.named())
        cells = "".join(
            f"<td>{format_value(known[name])} <small class=quiet>{format_interval(known[name])}"
            "</small></td>"
            if name in known
            else "<td></td>"
            for name in names
        )
        lines.append(f'<tr><th scope="row">{escape(part.name)}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", *names))
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
