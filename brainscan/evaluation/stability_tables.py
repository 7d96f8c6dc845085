"""Stability of a dataset as sentences, lines of text and an HTML section."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import NOT_DEFINED, format_interval, format_value
from brainscan.evaluation.stability_result import StabilityResult

METHOD = (
    "Each image is read unchanged and again after each change: mirrored left to right; turned "
    "by 7° either way; brightened by gamma 0.8 and darkened by gamma 1.25; saved as JPEG of "
    "quality 60; cropped to the middle 80 % of height and width, as by a tight screenshot; mixed "
    "with Gaussian noise of 3 % of the robust range. An image that loses its answer counts as "
    "changed. The evidence peaks in the same place when its maximum, taken back through the "
    "change, lies where the unchanged image has evidence of at least 0.5, or within one cell."
)
COLUMNS = (
    "change",
    "n",
    "mean change of probability",
    "answers changed",
    "decisions changed",
    "AUROC",
    "difference of AUROC",
    "evidence peaks in the same place",
)


def percent(estimate: Estimate) -> str:
    """Return a share and its interval in percent, for example ``"2.5 % (0.4 to 12.9)"``."""
    if estimate.value is None:
        return NOT_DEFINED
    value = f"{100 * estimate.value:.1f} %"
    if estimate.low is None or estimate.high is None:
        return value
    return f"{value} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def number(estimate: Estimate, *, signed: bool = False) -> str:
    """Return a figure and its interval, for example ``"0.971 (0.950 to 0.988)"``."""
    interval = format_interval(estimate)
    plus = "+" if signed and (estimate.value or 0.0) >= 0.0005 else ""
    value = plus + format_value(estimate)
    return f"{value} ({interval})" if interval else value


def summary(result: StabilityResult) -> str:
    """Return what the measurement says over all changes, in two sentences."""
    drawn = f"{result.images:,}" + (
        f" of {result.available:,} images, drawn at random with every source and class in "
        "proportion"
        if result.images < result.available
        else " images, all there are"
    )
    if result.any_decision_changed.value is None:
        return f"Measured on {drawn}. None of them has an answer."
    return (
        f"Measured on {drawn}. {percent(result.any_decision_changed)} get another decision "
        f"under at least one of {len(result.perturbations)} changes, "
        f"{percent(result.any_answer_changed)} another answer at the threshold; an image's "
        f"probability spans {number(result.mean_range)} on average."
    )


def lines(result: StabilityResult) -> list[tuple[str, ...]]:
    """Return one line of cells a change, in the order of ``COLUMNS``."""
    return [
        (
            part.name,
            f"{part.n}" + (f", {part.unanswered} without answer" if part.unanswered else ""),
            number(part.mean_change),
            percent(part.answer_changed),
            percent(part.decision_changed),
            number(part.auroc),
            number(part.auroc_change, signed=True),
            percent(part.peak_agreement),
        )
        for part in result.perturbations
    ]


def unchanged(result: StabilityResult) -> Estimate:
    """Return the AUROC of the unchanged images: of the change under which most are answered."""
    return max((part.auroc_unchanged for part in result.perturbations), key=lambda one: one.n)


def text_table(result: StabilityResult) -> str:
    """Return the table for a terminal, in two blocks so that it fits a narrow one."""
    rows = lines(result)
    first = [(row[0], row[2], row[3], row[4]) for row in rows]
    second = [(row[0], *row[5:]) for row in rows]
    return "\n".join(
        [
            f"Stability. {summary(result)}",
            *_block(("", "mean change", "answers changed", "decisions changed"), first),
            *_block(("", "AUROC", "difference", "evidence peak in place"), second),
            *_unchanged_line(result),
            *(f"  note: {note}" for note in result.notes),
        ]
    )


def _unchanged_line(result: StabilityResult) -> list[str]:
    auroc = unchanged(result)
    if not auroc.defined:
        return [f"AUROC is not defined: {auroc.reason}"]
    return [f"AUROC unchanged: {number(auroc)}, n {auroc.n}"]


def _block(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def html_section(result: StabilityResult | None) -> str:
    """Return the section of the report; empty when stability was not measured."""
    if result is None:
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{_two_lines(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in lines(result)
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in [*_unchanged_line(result), METHOD])
    more = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    return (
        f"<h2>Stability</h2><p>{escape(summary(result))}</p>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f"</div><ul>{notes}{more}</ul>"
    )


def _two_lines(cell: str) -> str:
    """Put the interval below its value."""
    value, _, interval = cell.partition(" (")
    if not interval:
        return escape(cell)
    return f'{escape(value)}<br><small class="quiet">{escape(interval.removesuffix(")"))}</small>'
