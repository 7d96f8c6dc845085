"""The outcome of the tests of a model's maps as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.explain.faithfulness_result import BASELINES, NAMES, Faithfulness

_AGAINST = {
    "heads": "last layers drawn anew", "network": "all layers drawn anew",
    "other_slice": "another patient's slice",
}  # fmt: skip


def text_faithfulness(result: Faithfulness) -> str:
    """Return every figure with its 95 % interval, a line each measure and a column each map."""
    folds = f", fold {', '.join(result.folds)}" if result.folds else ""
    left = f", {result.left_out} left out" if result.left_out else ""
    lines = [f"{result.model} on {result.dataset}{folds}: {result.n} outlined tumour slices{left}"]
    lines += _table(list(_rows(result)))
    if result.curves:
        ends = result.curves
        lines.append(
            f"Mean tumour probability on the {ends.n} slices of the deletion: "
            f"{format_value(ends.whole)} as they are, {format_value(ends.without_tumor)} without "
            f"the outlined tumour, {format_value(ends.blurred)} with nothing left to see"
        )
        lines += _gains(result)
    lines += [f"  note: {note}" for note in result.notes]
    return "\n".join(lines)


def _rows(result: Faithfulness) -> Iterator[tuple[str, Mapping[str, Estimate]]]:
    beside = f" ({result.tolerance} px beside allowed)" if result.tolerance else ""
    for part in result.parts:
        yield f"Maximum inside, {part.name}, n {part.n}{beside}", part.pointing
    for part in result.parts:
        yield f"Energy inside, {part.name}, n {part.n}", part.energy
    if result.curves:
        yield f"Deletion, low is good, n {result.curves.n}", result.curves.deletion
        yield f"Insertion, high is good, n {result.curves.n}", result.curves.insertion
    if result.sanity:
        for key, words in _AGAINST.items():
            found = {name: each[key] for name, each in result.sanity.similarity.items()}
            yield f"Rank correlation, {words}, n {result.sanity.n}", found


def _table(rows: list[tuple[str, Mapping[str, Estimate]]]) -> Iterator[str]:
    names = [name for name in NAMES if any(name in figures for _, figures in rows)]
    width = max(len(label) for label, _ in rows)
    yield " " * width + "".join(f"  {NAMES[name]:22}" for name in names).rstrip()
    for label, figures in rows:
        cells = (f"  {_cell(figures.get(name)):22}" for name in names)
        yield f"{label:{width}}{''.join(cells)}".rstrip()


def _cell(figure: Estimate | None) -> str:
    if figure is None:
        return ""
    interval = format_interval(figure)
    return format_value(figure) + (f" ({interval})" if interval else "")


def _gains(result: Faithfulness) -> Iterator[str]:
    assert result.curves
    for game, gains in (
        ("deletion", result.curves.deletion_gain),
        ("insertion", result.curves.insertion_gain),
    ):
        for name, figures in gains.items():
            told = ", ".join(f"{NAMES[o].lower()} {_cell(figures[o])}" for o in BASELINES)
            yield f"  {NAMES[name]} gains in {game} over {told}"
