"""The card's chapters of results on the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from brainscan.reporting.card_json import (
    defined,
    dig,
    figure,
    figures_in,
    named,
    number,
    place,
    readable,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import (
    Block,
    Calibration,
    Cell,
    Figure,
    Section,
    Table,
    Text,
    WorstErrors,
)

_NO_RESULTS = (
    "The release was not measured on any test set, so nothing is known of how well it answers. "
    "Measure it with `python -m brainscan evaluate`."
)


def test_sets(manifest: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield name, entry and figures of every test set that has figures."""
    for name, part in table(manifest.get("metrics")).items():
        metrics = table(dig(part, "metrics"))
        if metrics:
            yield str(name), part, metrics


def held_out(part: dict[str, Any]) -> bool:
    """Whether an entry was measured on validation images, which are kinder than a test."""
    return words(part.get("folds")) == ["validation"]


def near_copies_together(manifest: dict[str, Any]) -> bool:
    """Whether no near copy of a validation image was trained on.

    Earlier releases kept whole groups together, and drew images without one singly.
    """
    return text(dig(manifest, "data", "together")) == "looks"


def heading(name: str, part: dict[str, Any]) -> str:
    """Return the name of a test set with its folds."""
    folds = words(part.get("folds"))
    if held_out(part):
        return f"{name}, validation images"
    return f"{name}, fold {', '.join(folds)}" if folds else name


def results_section(manifest: dict[str, Any]) -> Section:
    """Return all figures on the test sets."""
    blocks: list[Block] = []
    for name, part, metrics in test_sets(manifest):
        blocks += _one_set(heading(name, part), part, metrics)
    if not blocks:
        return Section("results", "Results", (Text(_NO_RESULTS),))
    first = Text(
        "Each value has its 95 % interval (Wilson for proportions, bootstrap over patients or "
        "groups otherwise) and n, the images behind it. Accuracy, sensitivity and specificity are "
        "at the released threshold; an indeterminate slice counts as tumour there. Wilson takes "
        "slices of one patient for independent, so that those intervals are too narrow."
    )
    return Section("results", "Results in full", (first, *blocks))


def _one_set(title: str, part: dict[str, Any], metrics: dict[str, Any]) -> list[Block]:
    images = whole(part.get("images"))
    identical = whole(part.get("identical_to_training"))
    count = f"{images:,} images" if images is not None else "an unknown number of images"
    sentence = f"**{title}**: {count}"
    if identical is not None and not held_out(part):
        sentence += f", {identical:,} of them byte-identical to one used in training or validation"
    blocks: list[Block] = [Text(sentence + ".")]
    overall = [(label, found) for label, found in _overall(part, metrics) if found]
    if overall:
        blocks.append(Table(f"{title}: all images", ("Measure", "Value"), tuple(overall)))
    for key, caption in (("by_source", "by source"), ("by_sequence", "by sequence")):
        lines = _parts(rows(metrics.get(key)))
        if lines and not (key == "by_source" and len(lines) == 1):
            blocks.append(Table(f"{title}: {caption}", _PART_COLUMNS, lines).compact())
    lines = tuple(
        (text(row.get("name")), figure(row.get("accuracy")), figure(row.get("macro_f1")))
        for row in rows(metrics.get("types_by_source"))
    )
    if lines:
        blocks.append(
            Table(f"{title}: type by source", ("Source", "Type accuracy", "Macro F1"), lines)
        )
    for key, caption in (("classes", "no tumour and types"), ("types", "types alone")):
        blocks += _classes(f"{title}: {caption}", table(metrics.get(key)))
    for key in sorted(metrics.keys() - _SHOWN):
        lines = tuple((path_text(path), found) for path, found in figures_in(metrics[key]))
        if lines:
            blocks.append(Table(f"{title}: {readable(key)}", ("Measure", "Value"), lines))
    blocks += [Text(note) for note in words(metrics.get("interval_notes"))]
    return blocks


# Figures with a place of their own in the card; a release may hold others.
_SHOWN = {
    "binary", "ranking", "decided_accuracy", "heat_map_hit_rate", "classes", "types", "by_source",
    "by_sequence", "types_by_source", "reliability", "worst", "baselines", "seen", "stability",
    "interval_notes", "threshold", "decisions", "outlines",
}  # fmt: skip


def path_text(path: tuple[str, ...]) -> str:
    """Return the names that lead to a figure on one line."""
    return ": ".join(map(readable, path)) or "value"


def _overall(part: dict[str, Any], metrics: dict[str, Any]) -> Iterator[tuple[str, Figure | None]]:
    tumor = dig(metrics, "binary", "per_class", "tumor")
    for label, node in (
        ("Tumour AUROC", dig(metrics, "ranking", "auroc")),
        ("Average precision", dig(metrics, "ranking", "average_precision")),
        ("Sensitivity at the threshold", dig(tumor, "recall")),
        ("Specificity at the threshold", dig(tumor, "specificity")),
        ("Sensitivity at specificity 0.95", at_specificity(metrics)),
        ("Accuracy", dig(metrics, "binary", "accuracy")),
        ("Balanced accuracy", dig(metrics, "binary", "balanced_accuracy")),
        ("Accuracy where it decides", metrics.get("decided_accuracy")),
        ("Left indeterminate", part.get("indeterminate")),
        ("Expected calibration error", dig(metrics, "ranking", "ece")),
        ("Brier score", dig(metrics, "ranking", "brier")),
        ("Evidence maximum inside the mask", metrics.get("heat_map_hit_rate")),
        ("Macro F1, no tumour and types", dig(metrics, "classes", "macro_f1")),
        ("Type accuracy", dig(metrics, "types", "accuracy")),
        ("Type macro F1", dig(metrics, "types", "macro_f1")),
    ):
        yield label, defined(node)


def at_specificity(metrics: dict[str, Any]) -> Any:
    """Return the sensitivity at the threshold that clears 0.95 of the tumour-free images."""
    return dig(metrics, "ranking", "sensitivity_at_specificity_95")


_PART_COLUMNS = (
    "Part", "Tumour", "No tumour", "AUROC", "Sensitivity", "Specificity",
    "Sensitivity at specificity 0.95", "Calibration error (ECE)", "Evidence in mask",
)  # fmt: skip


def _parts(parts: list[dict[str, Any]]) -> tuple[tuple[Cell, ...], ...]:
    keys = (
        *("auroc", "sensitivity", "specificity", "sensitivity_at_specificity_95", "ece"),
        "hit_rate",
    )
    return tuple(
        (
            place(text(part.get("name"))),
            whole(part.get("n_tumor")),
            whole(part.get("n_no_tumor")),
            *(defined(part.get(key)) for key in keys),
        )
        for part in parts
    )


def _classes(title: str, node: dict[str, Any]) -> list[Block]:
    """Return the figures of every class and the confusion matrix."""
    found = table(node.get("per_class"))
    if not found:
        return []
    keys = ("precision", "recall", "specificity", "f1")
    lines = tuple(
        (readable(name), *(defined(table(part).get(key)) for key in keys))
        for name, part in found.items()
    )
    columns = ("Class", "Precision", "Sensitivity", "Specificity", "F1")
    blocks: list[Block] = [Table(title, columns, lines)]
    names, counts = words(node.get("classes")), dig(node, "confusion", "counts")
    if isinstance(counts, list) and len(counts) == len(names):
        shown = [readable(name) for name in names]
        matrix = tuple(
            (name, *(whole(cell) for cell in (row if isinstance(row, list) else [])))
            for name, row in zip(shown, counts, strict=True)
        )
        if all(len(row) == len(names) + 1 for row in matrix):
            caption = f"{title}, counts (rows: label, columns: answer)"
            blocks.append(Table(caption, ("Label", *shown), matrix))
    return blocks


def calibration_section(manifest: dict[str, Any]) -> Section:
    """Return the reliability diagrams."""
    blocks: list[Block] = []
    without = []
    for name, part, metrics in test_sets(manifest):
        bins = _bins(metrics)
        if bins:
            ece = defined(dig(metrics, "ranking", "ece"))
            blocks.append(Calibration(heading(name, part), ece, bins))
        else:
            without.append(heading(name, part))
    if without and blocks:
        blocks.append(Text(f"Without calibration bins in the release: {'; '.join(without)}."))
    if not blocks:
        return Section(
            "calibration",
            "Calibration",
            (
                Text(
                    "The release holds no calibration bins, so there is no calibration plot. "
                    "Releases made by this version of BrainScan carry them."
                ),
            ),
        )
    first = Text(
        "Images are sorted into bins by predicted tumour probability; in a calibrated model the "
        "observed share of tumour images equals the mean prediction of the bin."
    )
    return Section("calibration", "Calibration", (first, *blocks))


def _bins(
    metrics: dict[str, Any],
) -> tuple[tuple[float, float, int, float | None, float | None], ...]:
    found = []
    for row in rows(metrics.get("reliability")):
        low, high, n = number(row.get("low")), number(row.get("high")), whole(row.get("n"))
        if low is None or high is None or n is None:
            return ()
        found.append((low, high, n, number(row.get("predicted")), number(row.get("observed"))))
    return tuple(found)


def errors_blocks(manifest: dict[str, Any]) -> list[Block]:
    """Return the listings of the worst errors by file name."""
    return [
        WorstErrors(heading(name, part), name, tuple(rows(metrics.get("worst"))))
        for name, part, metrics in test_sets(manifest)
        if rows(metrics.get("worst"))
    ]


def sources_of(metrics: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the figures of a source or of a sequence of one."""
    return named(metrics.get("by_sequence"), name) or named(metrics.get("by_source"), name)
