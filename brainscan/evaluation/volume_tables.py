"""Volumes of an evaluation as text, HTML and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainscan.data.names import display_name
from brainscan.evaluation.answers import answer_words, error_words
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.review import ReviewImage
from brainscan.evaluation.tables import estimates_table
from brainscan.evaluation.volumes import NOTES, VolumeRow

COLUMNS = (
    "Volume", "Label", "Answer", "Value", "Slices", "Tumour slices", "Slice AUROC",
    "Maximum in tumour", "Dice", "Error",
)  # fmt: skip


def volume_line(one: VolumeRow) -> tuple[str, ...]:
    """Return a volume as texts in the order of `COLUMNS`; ``""`` for what there is not."""
    row, threshold = one.row, one.threshold
    tumor = ""
    if one.masked:
        missed = one.unscored_tumor_slices
        tumor = f"{one.tumor_slices}{f', {missed} not scored' if missed else ''}"
    return (
        row.name,
        display_name(row.type or row.label or ""),
        "" if threshold is None else answer_words(row, threshold),
        "" if row.probability is None else f"{row.probability:.3f}",
        f"{one.scored} of {len(one.slices)} {one.plane}" if one.plane else "",
        tumor,
        format_value(one.profile_auroc) if one.masked else "",
        "" if row.hit is None else ("yes" if row.hit else "no"),
        _dice(one),
        "" if threshold is None else error_words(row, threshold),
    )


def _dice(one: VolumeRow) -> str:
    """Return the Dice of a volume's outline, or what is outlined where there is no tumor."""
    match = one.outline
    if match is None:
        return ""
    if match.reference:
        return f"{match.dice or 0.0:.3f}"
    return f"{match.answer * (match.size_mm or 0.0) / 1000:.1f} ml outlined" if match.answer else ""


def wrong_volumes(result: EvaluationResult) -> list[int]:
    """Return the numbers of the wrongly answered volumes, the most severe first."""
    found = [
        (-one.row.severity(one.error), number)
        for number, one in enumerate(result.volumes)
        if one.error is not None
    ]
    return [number for _, number in sorted(found)]


def text_volumes(result: EvaluationResult) -> str:
    """Return what the command prints: the figures, then a line for each volume."""
    figures = result.volume_figures
    head = f"Volumes: {len(result.volumes)}, {figures.n_tumor} tumour and {figures.n_no_tumor} not"
    lines = [f"{head}, in the figures"]
    width = max(len(name) for name, _ in figures.named())
    lines += [f"  {name:{width}}  {_text(figure)}" for name, figure in figures.named()]
    table = [tuple(name.lower() for name in COLUMNS)]
    table += [volume_line(one) for one in result.volumes if one.plane]
    if len(table) > 1:
        widths = [max(len(row[i]) for row in table) for i in range(len(COLUMNS))]
        lines += [
            "  " + "  ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
    return "\n".join(lines)


def html_volumes(result: EvaluationResult) -> str:
    """Return the section of the report, empty where there are no volumes."""
    if not result.volumes:
        return ""
    figures = result.volume_figures
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*NOTES, *figures.notes))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in COLUMNS)
    body = "".join(_html_line(volume_line(one)) for one in result.volumes if one.plane)
    table = (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
        if body
        else ""
    )
    return (
        f"<h2>Volumes</h2><p>In these figures: {figures.n_tumor} with tumour, "
        f"{figures.n_no_tumor} without; each volume is one case, however many slices it has.</p>"
        f"{estimates_table(figures.named())}{table}{_html_wrong(result)}<ul>{notes}</ul>"
    )


def _html_line(cells: Sequence[str]) -> str:
    name, *others = map(escape, cells)
    *plain, error = others
    shown = "".join(f"<td>{cell}</td>" for cell in plain)
    return f'<tr><th scope="row">{name}</th>{shown}<td class="wrong">{error}</td></tr>'


def _html_wrong(result: EvaluationResult) -> str:
    """Show the key slice of every wrongly answered volume."""
    cards = "".join(
        _card(result.volumes[number], result.key_pictures.get(number))
        for number in wrong_volumes(result)
    )
    return f'<h3>Volumes answered wrongly</h3><div class="errors">{cards}</div>' if cards else ""


def _card(one: VolumeRow, picture: ReviewImage | None) -> str:
    assert one.threshold is not None  # it is answered wrongly, so it is answered
    name, error = escape(one.row.name), escape(error_words(one.row, one.threshold))
    image = f'<img alt="{name}" src="{picture.thumbnail_url}">' if picture else ""
    return (
        f'<figure>{image}<figcaption><span class="wrong">{error}'
        f"</span><br>labelled {escape(display_name(one.row.type or one.row.label or ''))}, "
        f"value {one.row.probability:.3f}<br>{escape(key_slice_words(one))}<br>"
        f'<span class="quiet">{name}</span></figcaption></figure>'
    )


def key_slice_words(one: VolumeRow) -> str:
    """Say which slice of a volume is shown."""
    if not one.key_slices:
        return ""
    return f"most suspicious: {one.plane} slice {one.key_slices[0] + 1} of {len(one.slices)}"


def _text(figure: Estimate) -> str:
    if not figure.defined:
        return f"not defined: {figure.reason}"
    return f"{format_value(figure)}  {format_interval(figure):16}  n {figure.n}"
