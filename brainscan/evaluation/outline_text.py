"""Outlines of an evaluation in words, and the order of their galleries."""

from __future__ import annotations

from collections.abc import Sequence

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.outline_figures import OutlineFigures, Outlines
from brainscan.evaluation.outline_pictures import OutlineKind, outline_kind, severity
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.rows import ImageRow

TITLES: dict[OutlineKind, str] = {
    "worst": "Outlines that agree least",
    "false": "Outlines on tumour-free slices",
}


def part_figures(part: OutlineFigures) -> list[tuple[str, Estimate]]:
    """Return the figures by which parts are compared, with short names."""
    return [
        ("Dice a slice", part.dice),
        ("Dice a stack", part.stack_dice),
        ("IoU", part.iou),
        ("Distance, px", part.hd95_px),
        ("Distance, mm", part.hd95_mm),
        ("Lesions found", part.sensitivity),
        ("False lesions an image", part.false_lesions),
        ("False masks", part.false_masks),
    ]


def part_table(parts: Sequence[OutlineFigures]) -> list[tuple[str, list[Estimate]]]:
    """Return the columns of a table of parts, without those that are defined in none."""
    lines = [part_figures(part) for part in parts]
    return [
        (column[0][0], [figure for _, figure in column])
        for column in zip(*lines, strict=True)
        if any(figure.defined for _, figure in column)
    ]


def parts_of(outlines: Outlines) -> tuple[OutlineFigures, ...]:
    """Return the parts to list: every stratum, and all together where there are several."""
    both = len(outlines.parts) > 1 and outlines.overall is not None
    return (*((outlines.overall,) if both and outlines.overall else ()), *outlines.parts)


def worst_outlines(
    result: EvaluationResult, kind: OutlineKind, stratum: str | None = None
) -> list[int]:
    """Return the numbers of the rows of a gallery, the worst first.

    Parameters
    ----------
    result
        The evaluation.
    kind
        ``"worst"``: tumor slices by Dice; ``"false"``: false masks by their share of the head.
    stratum
        Source and sequence; ``None``: all.
    """
    found = [
        (severity(row.outline, kind), -number)
        for number, row in enumerate(result.rows)
        if row.outline is not None and outline_kind(row) == kind and stratum in (None, row.stratum)
    ]
    return [-number for _, number in sorted(found, reverse=True)]


def outline_words(row: ImageRow) -> str:
    """Say in a line how far an outline agrees."""
    match = row.outline
    if match is None:
        return ""
    if row.label != "tumor":
        return f"tumour-free, outline on {match.head_share or 0.0:.1%} of the head"
    distance = "" if match.hd95_px is None else f", distance {match.hd95_px:.1f} px"
    if match.hd95_mm is not None:
        distance += f" ({match.hd95_mm:.1f} mm)"
    drawn = "" if match.answer else ", nothing outlined"
    return f"Dice {match.dice or 0.0:.3f}{distance}{drawn}"


def text_outlines(outlines: Outlines) -> str:
    """Return what the command prints: overall, then a block for each source and sequence."""
    lines = ["Outlines:"]
    for part in outlines.parts:
        lines.append(f" {part.name}: {part.n_tumor} tumour slices, {part.n_free} tumour-free")
        named = part.named()
        width = max(len(name) for name, _ in named)
        lines += [f"  {name:{width}}  {_text(figure)}" for name, figure in named if figure.n]
        if part.agreement is not None:
            lines.append(f"  {'Area':{width}}  {part.agreement.sentence}")
    if outlines.volumes is not None:
        lines += [f"  {name}  {_text(figure)}" for name, figure in outlines.volumes.named()]
    return "\n".join(lines)


def _text(figure: Estimate) -> str:
    if not figure.defined:
        return f"not defined: {figure.reason}"
    return f"{format_value(figure)}  {format_interval(figure):16}  n {figure.n}"
