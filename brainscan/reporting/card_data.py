"""The card's chapters on the training data and on the training itself."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_json import (
    dig,
    number,
    place,
    readable,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import Block, Cell, Facts, Section, Table, Text, number_text
from brainscan.reporting.card_results import held_out, near_copies_together
from brainscan.reporting.card_sources import SOURCES

_NOT_SAID = "The release does not say which images it was trained on."
_SETTINGS = (
    "epochs", "batch_size", "learning_rate", "head_learning_rate", "weight_decay", "dropout",
    "label_smoothing", "evidence_weight", "type_weight", "tumor_from", "outlines", "average",
    "precision", "seed",
)  # fmt: skip


def source_names(manifest: dict[str, Any]) -> list[str]:
    """Return the names of the training sources, without their sequences."""
    found = {text(row.get("source")).split(" ")[0] for row in rows(dig(manifest, "data", "images"))}
    return sorted(found - {""})


def data_section(manifest: dict[str, Any], files: ReleaseFiles) -> Section:
    """Return what the model was trained and validated on, with licences."""
    counted = rows(dig(manifest, "data", "images"))
    if not counted:
        return Section("data", "Training data", (Text(_NOT_SAID),))
    blocks: list[Block] = [Text(_split(manifest, files))]
    lines: list[tuple[Cell, ...]] = [
        (
            place(text(row.get("source"))),
            readable(text(row.get("class")) or "not labelled"),
            whole(row.get("training")) or 0,
            whole(row.get("validation")) or 0,
        )
        for row in counted
    ]
    lines.append(
        ("All", "", sum(int(str(x[2])) for x in lines), sum(int(str(x[3])) for x in lines))
    )
    blocks.append(
        Table(
            "Images by source and class", ("Source", "Class", "Training", "Validation"), _t(lines)
        )
    )
    blocks.append(_licences(source_names(manifest)))
    marks = table(dig(manifest, "data", "fingerprint"))
    if marks:
        pairs = ((f"Fingerprint, {part}", text(mark)) for part, mark in marks.items())
        blocks.append(Facts(tuple((name, mark[:16]) for name, mark in pairs if mark)))
    return Section("data", "Training data", tuple(blocks))


def _t(lines: list[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(lines)


def _split(manifest: dict[str, Any], files: ReleaseFiles) -> str:
    folds = words(dig(manifest, "data", "folds"))
    first = (
        f"Folds {', '.join(folds)} of the labelled sources"
        if len(folds) > 1
        else f"Fold {folds[0]} of the labelled sources"
        if folds
        else "All folds of the labelled sources"
    )
    sentence = (
        f"{first}, divided by whole groups (patients, as far as the source names them"
        f"{'; near copies too' if near_copies_together(manifest) else ''}) into training and "
        f"validation. The validation images chose {_chosen(manifest, files)}."
    )
    entire = words(files.config.get("whole"))
    if entire:
        sentence += f" Of {', '.join(entire)} nothing was held out for validation."
    tests = table(manifest.get("metrics"))
    tested = [f"{n} (fold {', '.join(words(dig(p, 'folds')))})" for n, p in tests.items()
              if words(dig(p, "folds")) and not held_out(table(p))]  # fmt: skip
    if tested:
        sentence += f" Tested on images outside these: {', '.join(tested)}."
    return sentence


def _chosen(manifest: dict[str, Any], files: ReleaseFiles) -> str:
    """Return in words what the validation images decided."""
    chosen = [] if files.config.get("keep") == "last" else ["the epoch"]
    chosen += ["the temperatures", "the thresholds with their bands"]
    for key, what in (
        ("type_sets", "the type sets"),
        ("mirror_rule", "whether a slice is read mirrored too"),
        ("start_share", "how much of the start is left in the weights"),
        ("volume_rule", "the rule for volumes"),
        ("segmentation", "threshold and least probability of an outline"),
        ("gate", "the limits of the input gate"),
    ):
        if manifest.get(key):
            chosen.append(what)
    return f"{', '.join(chosen[:-1])} and {chosen[-1]}"


def _licences(names: list[str]) -> Table:
    lines = []
    for name in names:
        known = SOURCES.get(name)
        if known is None:
            lines.append((name, "not described by the release", "not stated", ""))
        else:
            lines.append((name, known.about, known.licence, known.reference))
    return Table("Sources and licences", ("Source", "What it is", "Licence", "From"), tuple(lines))


def training_section(manifest: dict[str, Any], files: ReleaseFiles) -> Section:
    """Return how the network was trained: settings, best epoch, time."""
    blocks: list[Block] = [Text(problem) for problem in files.problems]
    pairs = [(readable(k), _plain(files.config[k])) for k in _SETTINGS if k in files.config]
    carved = number(dig(files.config, "augmentation", "carve"))
    if carved:
        pairs.append(("slices whose tumour is erased, or that get one", f"{carved:.0%}"))
    best = whole(files.metrics.get("best_epoch"))
    history = files.history
    if history is not None and len(history):
        pairs.append(("epochs run", str(len(history))))
        seconds = history.columns.get("seconds")
        if seconds is not None:
            hours = float(seconds[seconds == seconds].sum()) / 3600
            pairs.append(("time of all epochs", f"{number_text(hours, 1)} hours"))
    if best is not None:
        monitor = text(files.metrics.get("monitor"))
        reason = f", the best {monitor}" if monitor else ""
        if files.config.get("keep") == "last":
            reason = ", the last of the schedule"
        pairs.append(("released epoch", f"{best + 1}{reason}"))
    own = table(manifest.get("training"))
    pairs += [(readable(k), _plain(v)) for k, v in own.items() if _plain(v)]
    if pairs:
        blocks.append(Facts(tuple(pairs)))
    elif not blocks:
        blocks.append(Text("The release carries no settings and no history of its training."))
    return Section("training", "Training", tuple(blocks))


def _plain(node: Any) -> str:
    """Return a setting as text; empty for what is no plain value."""
    if isinstance(node, bool):
        return "yes" if node else "no"
    value = number(node)
    if value is not None:
        return f"{value:g}"
    if isinstance(node, list):
        return ", ".join(words(node))
    return text(node)
