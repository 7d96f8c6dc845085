"""The card's chapter on outlines: how a mask is made, and how it agrees with the experts'."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_data import source_names
from brainscan.reporting.card_json import (
    defined,
    dig,
    number,
    place,
    rows,
    table,
    text,
    whole,
    words,
)
from brainscan.reporting.card_parts import (
    Block,
    Bullets,
    Cell,
    Facts,
    Section,
    Table,
    Text,
    number_text,
)
from brainscan.reporting.card_results import heading, test_sets

_NO_DECODER = (
    "The release has no decoder and draws no outline. Its evidence maps say where it looks, in "
    "cells of 8 input pixels; they do not say where a tumour ends."
)
_HOW = (
    "A decoder reads the features that the answers are made of and gives every pixel, at half the "
    "input's resolution, a probability of tumour tissue. The mask is where it reaches the "
    "threshold; on a slice that is called tumour-free the mask is left out, because the answer "
    "decides. Where the slice and its mirror image are outlined differently, the border is "
    "uncertain."
)
_UNMEASURED = "How well its outlines agree with those of experts was not measured on test images."
_LIMITS = (
    "An outline is a proposal to be corrected by a reader. It is not fit for planning radiation or "
    "surgery.",
    "It knows one kind of border, that of its training masks: no parts of a tumour (oedema, "
    "enhancing rim, necrosis) are told apart.",
    "The network reads slice by slice. In a volume the neighbouring slices are weighed in "
    "afterwards, and can still disagree at the border.",
    "Thin processes and lesions of a few pixels are lost at the size the network reads.",
)
_LGG = (
    "The masks of `lgg` outline what is bright on FLAIR. On its T1 slices after contrast agent "
    "much of that cannot be seen, and an outline there is partly a guess."
)
_OVERLAP: tuple[tuple[str, str], ...] = (
    ("dice", "Dice of a slice"), ("dice_before_decision", "Before the decision"),
    ("stack_dice", "Dice of a stack"), ("iou", "Intersection over union"),
    ("hd95_px", "Border distance, px"), ("hd95_mm", "Border distance, mm"),
)  # fmt: skip
_LESIONS: tuple[tuple[str, str], ...] = (
    ("lesion_sensitivity", "Lesions found"), ("false_lesions_per_image", "False lesions an image"),
    ("false_masks", "Tumour-free slices with a false mask"),
)  # fmt: skip
_VOLUMES: tuple[tuple[str, str], ...] = (
    ("dice", "Dice"), ("hd95_mm", "Border distance, mm"), ("lesion_sensitivity", "Lesions found"),
    ("false_lesions_per_volume", "False lesions a volume"),
)  # fmt: skip


def outlines_section(manifest: dict[str, Any]) -> Section:
    """Return how a release outlines tumors, and how well."""
    node = table(manifest.get("segmentation"))
    if not node:
        return Section("outlines", "Outlines", (Text(_NO_DECODER),))
    blocks: list[Block] = [Text(_HOW), *_rule(node), *_validation(node, manifest)]
    measured: list[Block] = []
    notes: list[str] = []
    for name, part, metrics in test_sets(manifest):
        found = outlines_of(part, metrics)
        measured += _one_set(heading(name, part), found)
        notes += [note for note in words(found.get("notes")) if note not in notes]
    blocks += measured or [Text(_UNMEASURED)]
    if measured and notes:
        blocks += [Text("How this is measured:"), Bullets(tuple(notes))]
    limits = (*_LIMITS, _LGG) if "lgg" in source_names(manifest) else _LIMITS
    blocks += [Text("Limits:"), Bullets(limits)]
    return Section("outlines", "Outlines", tuple(blocks))


def outlines_of(part: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the figures on outlines that an evaluation put beside or inside its figures."""
    return table(part.get("outlines")) or table(metrics.get("outlines"))


def _rule(node: dict[str, Any]) -> list[Block]:
    training = table(node.get("training"))
    settings = table(training.get("settings"))
    threshold, smallest = number(node.get("threshold")), number(node.get("smallest"))
    hours, epochs = number(training.get("hours")), whole(training.get("epochs"))
    images = rows(training.get("images"))
    counted = sum(whole(row.get("training")) or 0 for row in images)
    rate = number(settings.get("learning_rate"))
    folds = ", ".join(words(settings.get("folds")))
    facts = [
        ("Threshold", "" if threshold is None else number_text(threshold)),
        (
            "Smallest piece",
            # 0 drops no piece, so there is no rule to tell of.
            f"{100 * smallest:g} % of the head's box" if smallest else "",
        ),
        (
            "Decoder trained",
            f"{epochs} epochs" + ("" if hours is None else f", {hours:.1f} hours")
            if epochs is not None
            else "",
        ),
        ("On", f"{counted:,} images" + (f", folds {folds}" if folds else "") if counted else ""),
        ("Learning rate", "" if rate is None else f"{rate:g}"),
        ("Everything else", "as before: the decoder was trained alone" if training else ""),
    ]
    blocks: list[Block] = [Facts(tuple((name, value) for name, value in facts if value))]
    rule = text(node.get("rule"))
    return [*blocks, Text(rule or "The release does not say how its threshold was chosen.")]


def _validation(node: dict[str, Any], manifest: dict[str, Any]) -> list[Block]:
    lines: list[tuple[Cell, ...]] = []
    found = node.get("validation")
    for row in rows(found):
        dice = number(row.get("dice"))
        if dice is not None:
            lines.append((place(text(row.get("name"))), whole(row.get("n")), number_text(dice)))
    if not lines:
        return []
    columns = ("Validation slices", "n", "Mean Dice")
    caption = "On the slices that chose the threshold, which is kinder than a test"
    trained = [place(name) for name in _trained_below(node, manifest)]
    if trained:
        caption += f"; those of {', '.join(trained)} had trained the network below the decoder"
    return [Table(caption, columns, tuple(lines))]


def _trained_below(node: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """Return the parts among the validation slices of which the release held nothing out."""
    held: dict[str, int] = {}
    for row in rows(dig(manifest, "data", "images")):
        name = text(row.get("source"))
        held[name] = held.get(name, 0) + (whole(row.get("validation")) or 0)
    names = (text(row.get("name")) for row in rows(node.get("validation")))
    return [name for name in names if held.get(name) == 0]


def _one_set(title: str, node: dict[str, Any]) -> list[Block]:
    parts = [part for part in (table(node.get("overall")), *rows(node.get("by_stratum"))) if part]
    if len(parts) == 2:
        parts = parts[1:]  # one source: all images are its images
    blocks: list[Block] = []
    for caption, columns, count, what in (
        ("agreement with the experts' masks", _OVERLAP, "n_tumor", "Tumour slices"),
        ("lesions found and invented", _LESIONS, "n_no_tumor", "Tumour-free slices"),
    ):
        lines: list[tuple[Cell, ...]] = [
            (
                place(text(part.get("name"))),
                whole(part.get(count)),
                *(defined(part.get(key)) for key, _ in columns),
            )
            for part in parts
        ]
        lines = [line for line in lines if any(cell is not None for cell in line[2:])]
        if lines:
            names = ("Part", what, *(label for _, label in columns))
            blocks.append(Table(f"{title}: {caption}", names, tuple(lines)).compact())
    areas = [line for part in parts if (line := _area(part))]
    if areas:
        blocks += [
            Text(f"{title}, area of the outline minus area of the mask (Bland and Altman):"),
            Bullets(tuple(areas)),
        ]
    volumes = table(node.get("volumes"))
    figures = [(f"Volumes: {label}", defined(volumes.get(key))) for key, label in _VOLUMES]
    known = tuple((label, found) for label, found in figures if found is not None)
    if known:
        blocks.append(Table(f"{title}: whole volumes", ("Measure", "Value"), known))
    return blocks


def _area(part: dict[str, Any]) -> str:
    """Return bias and limits of agreement of the areas in one line."""
    node = table(part.get("area_agreement"))
    bias = number(dig(node, "bias", "value"))
    low, high = (number(dig(node, "limits", end)) for end in (0, 1))
    if bias is None or low is None or high is None:
        return ""
    unit = text(node.get("unit")) or "px"
    unit = "px²" if unit == "px" else unit
    name = place(text(part.get("name"))) or "all"
    return (
        f"{name}: mean {bias:+,.0f} {unit}; limits of agreement (1.96 standard deviations) "
        f"{low:+,.0f} to {high:+,.0f} {unit}"
    )
