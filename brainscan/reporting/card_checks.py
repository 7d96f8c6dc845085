"""The card's chapters that put its figures to the test: baselines, copies, changes, gate."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_json import (
    defined,
    dig,
    figures_in,
    place,
    readable,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import Block, Cell, Section, Table, Text
from brainscan.reporting.card_results import heading, held_out, path_text, test_sets

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
_NO_COVERAGE = (
    "How many slices the three outcomes and the type sets cover was not measured for this release."
)
_NO_ABLATION = "No ablation was recorded: what each ingredient of the recipe brought is not known."


def generic(caption: str, node: Any) -> list[Block]:
    """Return every figure below a node as one table; nothing when there is none."""
    lines = tuple((path_text(path), found) for path, found in figures_in(node))
    return [Table(caption, ("Measure", "Value"), lines)] if lines else []


def _wherever(part: dict[str, Any], metrics: dict[str, Any], key: str) -> Any:
    """Return what an evaluation put beside or inside its figures."""
    return metrics.get(key) or part.get(key)


_RIVALS = (
    ("model", "This model"),
    ("border", "Border alone"),
    ("file_size", "File size alone"),
    ("file", "File properties"),
    ("nearest", "Most similar picture"),
)


def baselines_section(manifest: dict[str, Any]) -> Section:
    """Return simple answers beside ours."""
    blocks: list[Block] = []
    for name, part, metrics in test_sets(manifest):
        node = _wherever(part, metrics, "baselines")
        title = heading(name, part)
        compared = [*rows(dig(node, "auroc"))]
        types = table(dig(node, "type_accuracy"))
        if not compared:
            blocks += generic(f"{title}: baselines beside the model", node)
        else:
            sentence = text(dig(node, "sentence"))
            blocks.append(Text(f"**{title}**. {sentence}".rstrip(". ") + "."))
            lines = [_rivals(f"AUROC, {place(text(row.get('name')))}", row) for row in compared]
            if types:
                lines.append(_rivals("Type accuracy", types))
            columns = ("Measure", *(label for _, label in _RIVALS))
            blocks.append(
                Table(f"{title}: the model and the baselines", columns, tuple(lines)).compact()
            )
            blocks += [Text(note) for note in words(dig(node, "notes"))]
    if not blocks:
        return Section("baselines", "Baselines", (Text(_NO_BASELINES),))
    first = Text(
        "What can be answered without looking at the brain: from the border of the picture, from "
        "its file, or by copying the label of the most similar picture of another group."
    )
    return Section("baselines", "Baselines", (first, *blocks))


def _rivals(label: str, node: dict[str, Any]) -> tuple[Cell, ...]:
    return (label, *(defined(node.get(key)) for key, _ in _RIVALS))


def _measure(key: str) -> str:
    """Return the key of a figure, with its part of the images if it has one, for people."""
    measure, _, part = key.partition(", ")
    name = "Dice a slice" if measure == "dice" else readable(measure)
    return f"{name}, {place(part)}" if part else name


def seen_section(manifest: dict[str, Any]) -> Section:
    """Return the figures with and without images seen in training."""
    blocks: list[Block] = []
    compared = False
    for name, part, metrics in test_sets(manifest):
        title = heading(name, part)
        if held_out(part):  # all of them are among the images recorded
            continue
        identical, images = whole(part.get("identical_to_training")), whole(part.get("images"))
        node = table(_wherever(part, metrics, "seen"))
        sentence = text(node.get("sentence"))
        known = identical is not None and images is not None
        if not sentence and known:
            sentence = (
                f"{identical:,} of {images:,} test images are byte-identical to an image used in "
                "training or validation."
            )
        if sentence:
            blocks.append(Text(f"**{title}**. {sentence}"))
        compared = compared or bool(node)
        before, after = table(node.get("with_seen")), table(node.get("without_seen"))
        lines = tuple(
            (_measure(key), defined(before[key]), defined(after.get(key)))
            for key in before
            if defined(before[key])
        )
        if lines:
            caption = f"{title}: with and without images seen in training"
            columns = ("Measure", "All images", "Without those seen")
            blocks.append(Table(caption, columns, lines))
    if not compared:
        blocks.append(Text(_NO_SEEN))
    return Section("seen", "Images seen in training", tuple(blocks))


def coverage_section(manifest: dict[str, Any]) -> Section:
    """Return whether decisions and type sets hold what was promised."""
    blocks: list[Block] = []
    for name, part, metrics in test_sets(manifest):
        node = table(_wherever(part, metrics, "decisions"))
        pieces = [table(node.get("overall")), *rows(node.get("parts"))]
        title = heading(name, part)
        for caption, found in (
            ("three outcomes", pieces),
            ("at the other sensitivities", rows(node.get("sensitivities"))),
        ):
            lines = tuple(_covered(piece) for piece in found if piece)
            if lines:
                blocks.append(Table(f"{title}: {caption}", _COVERED, lines).compact())
        if text(node.get("promise")):
            blocks.append(Text(text(node["promise"])))
        blocks += _not_kept(title, rows(node.get("sensitivities")))
    if not blocks:
        return Section("coverage", "Coverage", (Text(_NO_COVERAGE),))
    return Section("coverage", "Coverage", tuple(dict.fromkeys(blocks)))


def _not_kept(title: str, settings: list[dict[str, Any]]) -> list[Block]:
    """Say which sensitivities a test set falls short of: their interval ends below."""
    short = []
    for row in settings:
        _, _, asked = text(row.get("name")).partition("Sensitivity ")
        found = defined(row.get("tumor_covered"))
        if asked and found is not None and found.value is not None and found.high is not None:
            promised = float(asked)
            if found.high < promised:
                short.append(f"{100 * promised:g} (kept: {100 * found.value:.0f})")
    if not short:
        return []
    listed = ", ".join(short[:-1]) + " and " + short[-1] if len(short) > 1 else short[0]
    return [
        Text(
            f"On {title}, fewer of 100 tumour slices were kept than the setting asks for at "
            f"{listed}. A sensitivity is one over all sources of the validation images, every "
            "source counting alike; on one of them, and on other patients, it can be lower."
        )
    ]


_COVERED = (
    "Images", "Tumour not called tumour-free", "Tumour-free not called tumour",
    "Tumour-free called tumour-free", "Left indeterminate", "Type set holds the type",
    "Types in a set, mean",
)  # fmt: skip


def _covered(node: dict[str, Any]) -> tuple[Cell, ...]:
    keys = (
        "tumor_covered", "no_tumor_covered", "specificity", "indeterminate", "type_covered",
        "type_set_size",
    )  # fmt: skip
    return (place(text(node.get("name"))), *(defined(node.get(key)) for key in keys))


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


_PARTS = {
    "added": "Added one by one",
    "removed": "The full recipe without one ingredient",
    "": "What each ingredient brought",
}


def ablation_section(manifest: dict[str, Any]) -> Section:
    """Return what each ingredient of the recipe brought."""
    node = manifest.get("ablation")
    listed = rows(node) or rows(dig(node, "rows"))
    keys = [
        key
        for key in dict.fromkeys(key for row in listed for key in row)
        if any(isinstance(row.get(key), dict) and defined(row[key]) for row in listed)
    ]
    if not keys:
        return Section("ablation", "Ablation", (Text(_NO_ABLATION),))
    blocks: list[Block] = [Text(sentence) for sentence in _setting(table(dig(node, "setting")))]
    for part in dict.fromkeys(text(row.get("part")) for row in listed):
        lines = tuple(
            (
                text(row.get("ingredient")) or text(row.get("name")),
                *(defined(row.get(key)) for key in keys),
            )
            for row in listed
            if text(row.get("part")) == part
        )
        columns = ("Ingredient", *(_MEASURES.get(key, readable(key)) for key in keys))
        blocks.append(Table(_PARTS.get(part, readable(part)), columns, lines))
    return Section("ablation", "Ablation", tuple(blocks))


_MEASURES = {
    "lgg flair": "AUROC, lgg FLAIR", "lgg_flair": "AUROC, lgg FLAIR",
    "lgg t1ce": "AUROC, lgg T1ce", "lgg_t1ce": "AUROC, lgg T1ce",
    "evidence": "Evidence maximum in tumour, lgg FLAIR",
}  # fmt: skip


def _setting(node: dict[str, Any]) -> list[str]:
    """Say how the ablation was done, as far as its JSON does."""
    found = []
    trained, measured = words(node.get("trained_folds")), words(node.get("measured_folds"))
    if trained and measured:
        found.append(
            f"Base: {text(node.get('base')) or 'not named'}. Trained on folds "
            f"{', '.join(trained)}, measured on fold {', '.join(measured)}"
            + (
                f"; {len(words(node.get('seeds')))} trainings of each."
                if node.get("seeds")
                else "."
            )
        )
    found += [text(node.get(key)) for key in ("chosen", "interval") if text(node.get(key))]
    return found
