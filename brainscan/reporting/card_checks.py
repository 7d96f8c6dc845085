"""The card's chapters that put its figures to the test: baselines, copies, changes, gate."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_json import (
    defined,
    dig,
    figures_in,
    number,
    readable,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import Block, Cell, Figure, Section, Table, Text
from brainscan.reporting.card_results import heading, path_text, test_sets

_NO_BASELINES = (
    "No baselines were measured beside this release. A border-only, a file-size-only and a "
    "one-nearest-neighbour baseline would show how much of its figures the source of a picture "
    "gives away."
)
_NO_SEEN = "The release does not give its figures with and without the images seen in training."
_NO_STABILITY = (
    "How far the answer moves under flips, rotation, gamma, compression, cropping and noise was "
    "not measured for this release."
)
_NO_GATE = (
    "The release has no input gate: it answers for whatever picture it is given, brain MR slice or "
    "not."
)
_NO_ABLATION = "No ablation was recorded: what each ingredient of the recipe brought is not known."


def generic(caption: str, node: Any) -> list[Block]:
    """Return every figure below a node as one table; nothing when there is none."""
    lines = tuple((path_text(path), found) for path, found in figures_in(node))
    return [Table(caption, ("Measure", "Value"), lines)] if lines else []


def _wherever(part: dict[str, Any], metrics: dict[str, Any], key: str) -> Any:
    """Return what an evaluation put beside or inside its figures."""
    return metrics.get(key) or part.get(key)


def baselines_section(manifest: dict[str, Any]) -> Section:
    """Return simple answers beside ours."""
    blocks: list[Block] = []
    for name, part, metrics in test_sets(manifest):
        node = _wherever(part, metrics, "baselines")
        if not node:
            continue
        blocks += generic(f"{heading(name, part)}: baselines beside the model", node)
        blocks += [Text(note) for note in _notes(node)]
    if not blocks:
        return Section("baselines", "Baselines", (Text(_NO_BASELINES),))
    first = Text(
        "What can be answered without looking at the brain: from the border of the picture, from "
        "the size of the file, or by copying the label of the most similar training picture. "
        "A test set on which these do well measures the source as much as the tumour."
    )
    return Section("baselines", "Baselines", (first, *blocks))


def seen_section(manifest: dict[str, Any]) -> Section:
    """Return the figures with and without images seen in training."""
    blocks: list[Block] = []
    for name, part, metrics in test_sets(manifest):
        title = heading(name, part)
        identical, images = whole(part.get("identical_to_training")), whole(part.get("images"))
        node = _wherever(part, metrics, "seen")
        if identical is not None and images is not None:
            blocks.append(
                Text(
                    f"**{title}**: {identical:,} of {images:,} test images are byte-identical to "
                    "an image used in training or validation."
                )
            )
        if node:
            blocks += generic(f"{title}: with and without images seen in training", node)
            blocks += [Text(note) for note in _notes(node)]
    if not any(isinstance(block, Table) for block in blocks):
        blocks.append(Text(_NO_SEEN))
    return Section("seen", "Images seen in training", tuple(blocks))


def stability_section(manifest: dict[str, Any]) -> Section:
    """Return how the answer moves under small changes."""
    blocks: list[Block] = []
    found: list[tuple[str, Any]] = []
    for name, part, metrics in test_sets(manifest):
        found.append((heading(name, part), _wherever(part, metrics, "stability")))
    own = table(manifest.get("stability"))
    found += [("", own)] if rows(own.get("perturbations")) else list(own.items())
    for title, node in found:
        blocks += _stability(title, table(node))
    return Section("stability", "Stability", tuple(blocks) or (Text(_NO_STABILITY),))


def _stability(title: str, node: dict[str, Any]) -> list[Block]:
    changes = rows(node.get("perturbations"))
    if not changes:
        return generic(f"{title}: stability", node)
    images, available = whole(node.get("images")), whole(node.get("available"))
    start = f"**{title}**: " if title else ""
    sample = (
        f"{images:,} of {available:,} images drawn at random"
        if images is not None and available is not None
        else "a sample of the images"
    )
    blocks: list[Block] = [Text(f"{start}measured on {sample}.")]
    keys = ("mean_change", "answer_changed", "decision_changed", "auroc", "peak_agreement")
    lines: tuple[tuple[Cell, ...], ...] = tuple(
        (
            text(change.get("name")) or readable(text(change.get("key"))),
            *(defined(change.get(key)) for key in keys),
        )
        for change in changes
    )
    columns = (
        "Change", "Mean change of probability", "Other answer", "Other decision", "AUROC",
        "Same evidence peak",
    )  # fmt: skip
    blocks.append(Table(f"{title}: small changes of a slice".lstrip(": "), columns, lines))
    named = (
        ("Another answer under at least one change", "any_answer_changed"),
        ("Another decision under at least one change", "any_decision_changed"),
        ("Mean range of the probability over all changes", "mean_range"),
    )
    whole_lines = tuple((label, f) for label, key in named if (f := defined(node.get(key))))
    if whole_lines:
        caption = f"{title}: all changes together".lstrip(": ")
        blocks.append(Table(caption, ("Measure", "Value"), whole_lines))
    return [*blocks, *(Text(note) for note in words(node.get("notes")))]


def gate_section(manifest: dict[str, Any]) -> Section:
    """Return how well pictures that are no brain MR slices are refused."""
    node = table(manifest.get("gate"))
    if not node:
        return Section("gate", "Input gate", (Text(_NO_GATE),))
    blocks: list[Block] = [Text(sentence) for sentence in _notes(node)]
    blocks += generic("Pictures refused by the input gate", node)
    if not any(isinstance(block, Table) for block in blocks):
        blocks.append(Text("The release has an input gate, but no figure of how well it works."))
    return Section("gate", "Input gate", tuple(blocks))


def _notes(node: Any) -> list[str]:
    """Return the sentences that a chapter's JSON brings along."""
    found = []
    for key in ("rule", "about", "method", "note", "notes", "sentence"):
        value = dig(node, key)
        found += [value] if isinstance(value, str) and " " in value else words(value)
    return found


def ablation_section(manifest: dict[str, Any]) -> Section:
    """Return what each ingredient of the recipe brought."""
    node = manifest.get("ablation")
    listed = rows(node) or rows(dig(node, "rows"))
    keys = [
        key
        for key in dict.fromkeys(key for row in listed for key in row)
        if any(_figure(row.get(key)) for row in listed)
    ]
    if not keys:
        return Section("ablation", "Ablation", (Text(_NO_ABLATION),))
    names = ("ingredient", "name", "label")
    lines: tuple[tuple[Cell, ...], ...] = tuple(
        (
            next((text(row[key]) for key in names if text(row.get(key))), ""),
            *(_figure(row.get(key)) for key in keys),
        )
        for row in listed
    )
    columns = ("Ingredient", *(readable(key) for key in keys))
    blocks: list[Block] = [Text(sentence) for sentence in _notes(node)]
    blocks.append(Table("What each ingredient brought", columns, lines, scale=(0.5, 1.0)))
    return Section("ablation", "Ablation", tuple(blocks))


def _figure(node: Any) -> Figure | None:
    return defined(node) if isinstance(node, dict) or number(node) is not None else None
