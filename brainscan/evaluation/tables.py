"""HTML tables of figures with n and interval, for the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from brainscan.data.names import display_name
from brainscan.evaluation.breakdown import Breakdown
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.metrics import ConfusionFigures
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.result import EvaluationResult


def headline(result: EvaluationResult) -> list[tuple[str, Estimate]]:
    """Return the figures that come first, with their names, at the model's own threshold."""
    binary = result.at_model_threshold.binary
    return [*ranking_figures_named(result), *binary_figures_named(binary)]


def ranking_figures_named(result: EvaluationResult) -> list[tuple[str, Estimate]]:
    """Return the figures that do not depend on the threshold, with their names."""
    ranking = result.ranking
    return [
        ("AUROC", ranking.auroc),
        ("Sensitivity at specificity 0.95", ranking.sensitivity_at_95),
        ("Average precision", ranking.average_precision),
        ("Brier score", ranking.brier),
        ("Expected calibration error", ranking.ece),
        ("Heat-map maximum inside the tumour", result.hit_rate),
    ]


def binary_figures_named(binary: ConfusionFigures) -> list[tuple[str, Estimate]]:
    """Return the figures of tumour against no tumour at a threshold, with their names."""
    tumor, none = binary.of_class("tumor"), binary.of_class("no_tumor")
    return [
        ("Sensitivity (recall)", tumor.recall),
        ("Specificity", tumor.specificity),
        ("Precision", tumor.precision),
        ("Negative predictive value", none.precision),
        ("Accuracy", binary.accuracy),
        ("Balanced accuracy", binary.balanced_accuracy),
        ("F1, tumour", tumor.f1),
        ("F1, no tumour", none.f1),
        ("Macro F1", binary.macro_f1),
        ("Matthews correlation", binary.mcc),
    ]


def html_table(header: Sequence[tuple[str, bool]], lines: Iterable[str]) -> str:
    """Build a table from ``(title, is a number)`` pairs and finished rows."""
    head = "".join(
        f'<th scope="col"{" class=number" if number else ""}>{escape(title)}</th>'
        for title, number in header
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def value_cell(estimate: Estimate) -> str:
    """Return value and interval in one cell; a missing value gives its reason."""
    value = format_value(estimate)
    if not estimate.defined:
        return f'<td class="quiet">{value}<br><small>{escape(estimate.reason or "")}</small></td>'
    interval = format_interval(estimate) or escape(estimate.reason or "")
    return f'<td>{value}<br><small class="quiet">{interval}</small></td>'


def estimates_table(figures: Sequence[tuple[str, Estimate]]) -> str:
    """One figure a line: value, interval, n, and how the interval was made."""

    def line(name: str, estimate: Estimate) -> str:
        note = estimate.reason or estimate.method
        return (
            f'<tr><th scope="row">{escape(name)}</th>'
            f'<td class="number">{format_value(estimate)}</td>'
            f'<td class="interval">{format_interval(estimate)}</td>'
            f'<td class="number n">{estimate.n}</td><td class="quiet">{escape(note)}</td></tr>'
        )

    header = [("", False), ("value", True), ("95 % interval", False), ("n", True)]
    return html_table([*header, ("interval by", False)], (line(*figure) for figure in figures))


def per_class_table(figures: ConfusionFigures) -> str:
    """One class a line."""
    lines = (
        f'<tr><th scope="row">{escape(display_name(one.name))}</th>'
        f'<td class="number n">{one.n}</td>'
        f"{value_cell(one.precision)}{value_cell(one.recall)}{value_cell(one.specificity)}{value_cell(one.f1)}</tr>"
        for one in figures.per_class
    )
    names = ("precision", "recall (sensitivity)", "specificity", "F1")
    return html_table([("class", False), ("n", True), *((name, False) for name in names)], lines)


def confusion_table(figures: ConfusionFigures) -> str:
    """Counts and percent of the row; the rows are the labels."""
    percent = figures.row_percent

    def cell(row: int, column: int) -> str:
        share = percent[row, column]
        if share != share:  # a class without images has no percentages
            return '<td class="number">0</td>'
        tone = "--right" if row == column else "--wrong"
        return (
            f'<td class="number" style="background: rgba(var({tone}), {share / 160:.3f})">'
            f"<b>{figures.counts[row, column]}</b><br><small>{share:.1f} %</small></td>"
        )

    size = range(len(figures.classes))
    lines = (
        f'<tr><th scope="row">{escape(display_name(figures.classes[row]))}</th>'
        f"{''.join(cell(row, column) for column in size)}"
        f'<td class="number n">{int(figures.counts[row].sum())}</td></tr>'
        for row in size
    )
    answers = ((f"answered {display_name(name)}", True) for name in figures.classes)
    return html_table([("labelled", False), *answers, ("all", True)], lines)


def breakdown_table(parts: Sequence[Breakdown]) -> str:
    """One source, or sequence, a line."""
    lines = (
        f'<tr><th scope="row">{escape(part.name)}</th><td class="number n">{part.n_tumor}</td>'
        f'<td class="number n">{part.n_no_tumor}</td>'
        f'<td class="number n">{part.indeterminate}</td>'
        f"{value_cell(part.auroc)}{value_cell(part.sensitivity_at_95)}{value_cell(part.sensitivity)}"
        f"{value_cell(part.specificity)}{value_cell(part.ece)}{value_cell(part.hit_rate)}</tr>"
        for part in parts
    )
    counts = [("tumour", True), ("no tumour", True), ("indeterminate", True)]
    at_95 = "sensitivity at specificity 0.95"
    inside = "heat-map maximum inside the tumour"
    names = ("AUROC", at_95, "sensitivity", "specificity", "calibration error", inside)
    return html_table([("", False), *counts, *((name, False) for name in names)], lines)


def refused_table(result: EvaluationResult, most: int) -> str:
    """Files without a prediction, each with its reason."""
    lines = [
        f"<tr><td><code>{escape(row.name)}</code></td><td>{escape(row.reason or '')}</td></tr>"
        for row in result.refused[:most]
    ]
    table = html_table([("file", False), ("reason", False)], lines)
    left = len(result.refused) - most
    return f"{table}<p>{left} more are in predictions.csv.</p>" if left > 0 else table
