"""The card's chapters before any result: what it is, what it is for, how it answers."""

from __future__ import annotations

from typing import Any

from brainscan.reporting.card_json import (
    dig,
    number,
    readable,
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

_READ_FROM = {
    "evidence": "Read off the strongest 1.5 % of the evidence map's cells and nothing else: what "
    "is nowhere in the map cannot make a tumour. Grad-CAM of the tumour answer is the same map on "
    "another scale.",
    "features": "Read off the strongest evidence and the mean features of the whole slice.",
}
_ARCHITECTURES = {
    "resnet50": (
        "ResNet-50 v2 up to its fourth stage, features of stride 8 and 16 joined, shared heads"
    ),
    "custom_cnn": (
        "A small network of convolution, pooling and dense layers with the same heads as the "
        "ResNet50 architecture"
    ),
}
_INTENDED = (
    "Studying detection, localisation, explanation and honest evaluation on public two-dimensional "
    "brain MR slices.",
    "Teaching how such models are built, measured and how they fail.",
)
_NOT_INTENDED = (
    "Diagnosis, triage, treatment planning, screening, or any decision about a person.",
    "Images that are not brain MR slices, and whole examinations read without a radiologist.",
    "Ruling a tumour out: a slice called tumour-free can hold one.",
    "Tumours other than the types it was trained on, children's brains, and brains after surgery: "
    "none of these was measured apart.",
)


def lead(manifest: dict[str, Any]) -> str:
    """Say in two sentences what the model is and what it answers."""
    architecture = text(manifest.get("architecture"))
    network = _ARCHITECTURES.get(architecture) or f"A network of the architecture {architecture}"
    names = words(manifest.get("types"))
    kind = f", which type ({', '.join(names)})" if names else ""
    outline = "outline, " if table(manifest.get("segmentation")) else ""
    return (
        f"{network}; training began from {start(manifest)}. It answers for one two-dimensional "
        f"slice: is there a tumour{kind}, and where ({outline}evidence map and Grad-CAM)."
    )


def start(manifest: dict[str, Any]) -> str:
    """Return what training began from."""
    begun = text(manifest.get("start"))
    if not begun:
        return "weights that the release does not name"
    if begun == "none":
        return "random weights"
    if begun.startswith("release "):
        return f"the {begun}"
    return "ImageNet weights" if "imagenet" in begun else f"the weights {begun}"


def _measured(manifest: dict[str, Any]) -> str:
    """Return the test sets that were measured after the release was made, and when."""
    found = []
    for name, part in table(manifest.get("metrics")).items():
        if day := text(dig(part, "measured"))[:10]:
            found.append(f"{name} on {day}")
    return ", ".join(found)


def glance(manifest: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the few facts that stand beside the headline."""
    size = whole(dig(manifest, "preprocessing", "size"))
    counted = rows(dig(manifest, "data", "images"))
    training = sum(whole(row.get("training")) or 0 for row in counted)
    validation = sum(whole(row.get("validation")) or 0 for row in counted)
    pairs = [
        ("Made", text(manifest.get("created"))[:10]),
        ("Measured anew", _measured(manifest)),
        ("Input", f"one slice, {size} x {size} pixels" if size else ""),
        ("Types", ", ".join(words(manifest.get("types"))) or "none: tumour or not"),
        ("Threshold", _short(manifest.get("threshold"))),
        ("Indeterminate", _band(manifest)),
        ("Outlined", _mask(manifest)),
        ("Trained on", f"{training:,} images, {validation:,} more to validate" if counted else ""),
        ("Folds", ", ".join(words(dig(manifest, "data", "folds")))),
    ]
    return tuple((name, value) for name, value in pairs if value)


def use_section(manifest: dict[str, Any]) -> Section:
    """Return what the model may be used for."""
    licence = text(manifest.get("licence")) or "The release names no licence."
    return Section(
        "use",
        "Intended use",
        (
            Text("For research and teaching only. It is not a medical device."),
            Bullets(_INTENDED),
            Text("It is not intended for:"),
            Bullets(_NOT_INTENDED),
            Text(f"Licence. {licence}"),
        ),
    )


def answer_section(manifest: dict[str, Any]) -> Section:
    """Return how the model comes to its answer."""
    size = whole(dig(manifest, "preprocessing", "size"))
    facts = [
        (
            "Input",
            f"One slice, {size} x {size} pixels after preprocessing: one grey channel, head "
            "cropped, brightness scaled between robust percentiles."
            if size
            else "",
        ),
        ("Outputs", _outputs(manifest)),
        ("Tumour probability", _READ_FROM.get(text(manifest.get("tumor_from")), "")),
        ("Calibration", _temperatures(manifest)),
        ("Threshold", _short(manifest.get("threshold"))),
        ("Indeterminate", _band(manifest)),
    ]
    blocks: list[Block] = [Facts(tuple((name, value) for name, value in facts if value))]
    rule = text(manifest.get("threshold_rule"))
    blocks.append(Text(rule or "The release does not say how its threshold was chosen."))
    rules = (text(manifest.get(key)) for key in ("start_rule", "mirror_rule"))
    blocks += [Text(rule) for rule in rules if rule]
    blocks += _points(manifest)
    blocks += _coverage(manifest)
    blocks += _sets(manifest)
    return Section("answer", "How it answers", tuple(blocks))


def _outputs(manifest: dict[str, Any]) -> str:
    types = ", type probabilities" if words(manifest.get("types")) else ""
    outline = ", outline at stride 2" if table(manifest.get("segmentation")) else ""
    return f"Tumour probability{types}, evidence map and Grad-CAM at stride 8{outline}."


def _short(node: Any) -> str:
    value = number(node)
    return "" if value is None else number_text(value)


def _band(manifest: dict[str, Any]) -> str:
    low, high = number(dig(manifest, "band", 0)), number(dig(manifest, "band", 1))
    if low is None or high is None:
        return ""
    if low >= high:
        return "never: the band is empty"
    return f"from {number_text(low)} up to {number_text(high)}"


def _mask(manifest: dict[str, Any]) -> str:
    value = _short(dig(manifest, "segmentation", "threshold"))
    return f"from a probability of {value} on" if value else ""


def _temperatures(manifest: dict[str, Any]) -> str:
    pairs = [(k, number(dig(manifest, "temperature", k))) for k in ("tumor", "type")]
    known = [f"{k.replace('tumor', 'tumour')} {v:.2f}" for k, v in pairs if v is not None]
    return f"Temperature scaling: {', '.join(known)}." if known else ""


def _points(manifest: dict[str, Any]) -> list[Block]:
    """Return the operating points to choose from, as they were found on validation slices."""
    lines: list[tuple[Cell, ...]] = []
    counts = ""
    for point in rows(manifest.get("operating_points")):
        if number(point.get("threshold")) is None:
            continue
        asked = _percent(point.get("sensitivity")) or "not given"
        promised = "" if point.get("promised", True) is True else ", not promised"
        shares = (_percent(point.get(key)) for key in ("kept", "specificity", "indeterminate"))
        lines.append(
            (asked + promised, _short(point["threshold"]), _band(point), *(s or "" for s in shares))
        )
        tumor, free = (whole(dig(point, "n", key)) for key in ("tumor", "no_tumor"))
        if tumor is not None and free is not None:
            counts = f" ({tumor:,} with tumour, {free:,} without)"
    if not lines:
        return [Text("The release has one operating point and no others to choose from.")]
    columns = (
        "Sensitivity asked for", "Threshold", "Indeterminate", "Tumour slices kept",
        "Tumour-free slices cleared", "Left indeterminate",
    )  # fmt: skip
    return [Table(f"Operating points on the validation slices{counts}", columns, tuple(lines))]


def _percent(node: Any) -> str:
    value = number(node)
    return "" if value is None else f"{number_text(100 * value, 1).removesuffix('.0')} %"


def _coverage(manifest: dict[str, Any]) -> list[Block]:
    node = table(manifest.get("coverage"))
    names = (("tumor", "tumour slices"), ("no_tumor", "tumour-free slices"), ("type", "types"))
    promised = [
        f"{_percent(node.get(key))} for {name}"
        for key, name in names
        if number(node.get(key)) is not None
    ]
    if not promised:
        return [
            Text(
                "The release promises no coverage: the indeterminate band is where validation "
                "slices of both kinds were common, and no guarantee."
            )
        ]
    return [
        Text(
            f"Coverage promised, for new slices like the validation slices: {', '.join(promised)}. "
            "The coverage measured on the test sets stands with the results, where it was measured."
        )
    ]


def _sets(manifest: dict[str, Any]) -> list[Block]:
    node = table(manifest.get("type_sets"))
    level = _percent(node.get("level"))
    if not node:
        if words(manifest.get("types")):
            return [Text("It names one type, the most probable one, never a set of types.")]
        return []
    sentence = (
        "The type is given as a set, for example of two types, when one name would be a false "
        "certainty (conformal prediction with a quantile for each type)."
    )
    if level:
        sentence += (
            f" It is made to hold the true type of {level} of new slices of each type, if they are "
            "like the validation slices."
        )
    other = whole(node.get("n_other_run"))
    if other:
        sentence += (
            f" {other:,} of the slices it rests on were judged by the network of another run with "
            "the same settings, which held them out; that this one answers alike is assumed."
        )
    lines = tuple(
        (readable(name), _short(quantile), whole(dig(node, "n", name)))
        for name, quantile in table(node.get("quantiles")).items()
    )
    columns = ("Type", "Kept down to 1 minus", "Validation slices")
    found: list[Block] = [Text(sentence)]
    return [*found, Table("Type sets", columns, lines)] if lines else found
