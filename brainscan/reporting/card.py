"""The model card of a release, written from its own manifest and settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from brainscan.notice import RESEARCH_USE

_SOURCES = {
    "figshare": (
        "Cheng et al., brain tumor dataset, figshare 1512427: T1 post-contrast slices of 233 "
        "patients, three tumour types, with outlines; patient-level folds. CC BY 4.0."
    ),
    "lgg": (
        "TCGA-LGG (TCIA, CC BY 3.0): FLAIR and T1 post-contrast slices with and without tumour of "
        "the same patients; masks and slice labels by Buda et al. 2019, CC BY-NC-SA 4.0."
    ),
    "br35h": "Br35H, collected from the web: tumour and no tumour. Licence not stated.",
    "sartaj": "Sartaj, collected from the web: tumour types and no tumour. Licence not stated.",
    "healthy-oasis": "OASIS: tumour-free, skull-stripped T1 slices. For research.",
}

_LICENCE = (
    "Research use only, non-commercial: parts of the training data are licensed CC BY-NC-SA or "
    "state no licence."
)
_OTHER_LICENCE = "Research use only. Check what the licences of your training data allow."

_LIMITS = (
    "It does not check whether a picture is a brain MR slice at all.",
    "It always prefers one of its types, also for a tumour of a kind it never saw.",
    "Evidence maps are coarse (one cell is 8 input pixels) and are no outlines.",
    "Another scanner, sequence or protocol than in its training data can change every figure.",
)
_SOURCE_LIMITS = {
    "br35h": (
        "Tumour-free web images come from other places than tumour images, so figures over the web "
        "sources are partly a measure of the source. The figures on `lgg`, where both kinds of "
        "slices come from the same patients, are the ones to judge the detector by."
    ),
    "lgg": (
        "`lgg` has one disease (lower-grade glioma) and one way of preprocessing; T1 post-contrast "
        "slices of a tumour that hardly enhances are hard for anybody."
    ),
    "figshare": (
        "For `figshare` only the fold of a patient is published, not the patient: a whole fold was "
        "held out for validation, and intervals of figures on it are over images within the fold, "
        "not over patients."
    ),
    "sartaj": (
        "In the web sources only copies are grouped: two different slices of one unknown patient "
        "can lie on both sides of a split. `python -m brainscan audit` lists near-duplicates "
        "across folds that the published groups miss."
    ),
}

_TEMPLATE = Path(__file__).with_name("card.md")

_ARCHITECTURES = {
    "resnet50": (
        "ResNet-50 v2 up to conv4, features of stride 8 and 16 joined, shared heads; training "
        "began from {start}."
    ),
    "custom_cnn": (
        "A small network of convolution, pooling and dense layers with the same heads as the "
        "ResNet50 architecture; training began from {start}."
    ),
}


def model_card(manifest: dict[str, Any]) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    manifest
        Of the release; ``manifest["metrics"]`` maps a test dataset's name to ``{"folds": [...],
        "metrics": ...}`` with the figures of :func:`brainscan.evaluation.export.metrics_dict`.
    """
    data = manifest["data"]
    names = sorted({row["source"].split()[0] for row in data["images"]})
    size = manifest["preprocessing"]["size"]
    return _TEMPLATE.read_text(encoding="utf-8").format(
        name=manifest["name"],
        version=manifest["version"],
        notice=RESEARCH_USE,
        architecture_text=_ARCHITECTURES[manifest["architecture"]].format(start=_start(manifest)),
        types=", ".join(manifest["types"]) or "no types",
        size=size,
        created=manifest["created"][:10],
        folds=", ".join(data["folds"]) or "all",
        images="\n".join(
            f"| {r['source']} | {r['class']} | {r['training']} | {r['validation']} |"
            for r in data["images"]
        ),
        sources="\n".join(f"- **{n}**: {_SOURCES.get(n, 'Licence not stated.')}" for n in names),
        temperature_tumor=manifest["temperature"]["tumor"],
        temperature_type=manifest["temperature"]["type"],
        threshold=manifest["threshold"],
        low=manifest["band"][0],
        high=manifest["band"][1],
        threshold_rule=manifest["threshold_rule"],
        results="\n".join(_results(name, part) for name, part in manifest["metrics"].items()),
        limits="\n".join(f"- {line}" for line in _limits(names)),
        licence=manifest["licence"],
        overlap="\n".join(
            f"- {name}: {part['identical_to_training']} of {part['images']} test images are "
            "byte-identical to an image used in training or validation."
            for name, part in manifest["metrics"].items()
        ),
        reproduce="\n".join(
            f"    python -m brainscan evaluate {name} --model {manifest['name']} "
            + (f"--folds {' '.join(part['folds'])}" if part["folds"] else "")
            for name, part in manifest["metrics"].items()
        ),
    )


def licence_of(sources: Iterable[str]) -> str:
    """Return what may be done with a model trained on these sources."""
    return _LICENCE if set(sources) & set(_SOURCES) else _OTHER_LICENCE


def _start(manifest: dict[str, Any]) -> str:
    start = manifest["start"]
    if start == "none":
        return "random weights"
    return "ImageNet weights" if "imagenet" in start else f"the weights {start}"


def _limits(sources: Sequence[str]) -> list[str]:
    found = list(_LIMITS)
    for source, line in _SOURCE_LIMITS.items():
        if source in sources:
            found.append(line)
    return found


def _results(name: str, part: dict[str, Any]) -> str:
    metrics = part["metrics"]
    ranking, tumor = metrics["ranking"], metrics["binary"]["per_class"]["tumor"]
    rows = [
        ("Tumour AUROC", ranking["auroc"]),
        ("Tumour average precision", ranking["average_precision"]),
        ("Expected calibration error", ranking["ece"]),
        ("Accuracy", metrics["binary"]["accuracy"]),
        ("Sensitivity", tumor["recall"]),
        ("Specificity", tumor["specificity"]),
        ("Left indeterminate", part["indeterminate"]),
        ("Evidence maximum inside the mask", metrics["heat_map_hit_rate"]),
    ]
    if metrics["classes"]:
        rows.append(("Macro F1, no tumour and the types", metrics["classes"]["macro_f1"]))
    if metrics["types"]:
        rows.append(("Type accuracy, tumour slices of given type", metrics["types"]["accuracy"]))
        rows.append(("Type macro F1", metrics["types"]["macro_f1"]))
    sources = metrics["by_source"] if len(metrics["by_source"]) > 1 else []
    for piece in [*sources, *metrics["by_sequence"]]:
        rows.append((f"Tumour AUROC, {piece['name']}", piece["auroc"]))
        rows.append((f"Sensitivity, {piece['name']}", piece["sensitivity"]))
        rows.append((f"Specificity, {piece['name']}", piece["specificity"]))
        rows.append((f"Evidence maximum in mask, {piece['name']}", piece["hit_rate"]))
    lines = [
        f"| {label} | {_value(figure)} | {figure['n']} |"
        for label, figure in rows
        if figure["value"] is not None
    ]
    folds = f", fold {', '.join(part['folds'])}" if part["folds"] else ""
    head = f"\n### {name}{folds}\n"
    return "\n".join([head, "| Measure | Value (95 % interval) | n |", "|---|---|---:|", *lines])


def _value(figure: dict[str, Any]) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
