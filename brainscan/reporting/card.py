"""The model card of a release, written from its own manifest and settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from brainscan.notice import RESEARCH_USE

_SOURCES = {
    "figshare": (
        "Cheng et al., brain tumor dataset, figshare 1512427: T1 post-contrast slices of 233 "
        "patients, three tumor types, with outlines; patient-level folds by its authors. CC BY 4.0."
    ),
    "lgg": (
        "TCGA-LGG (TCIA, CC BY 3.0): FLAIR and T1 post-contrast slices with and without tumor of "
        "the same patients; masks and slice labels by Buda et al. 2019, CC BY-NC-SA 4.0."
    ),
    "br35h": "Br35H, collected from the web: tumor and no tumor. Licence not stated.",
    "sartaj": "Sartaj, collected from the web: tumor types and no tumor. Licence not stated.",
    "healthy-oasis": "OASIS: tumor-free, skull-stripped T1 slices. For research.",
}

_TEMPLATE = Path(__file__).with_name("card.md")

_ARCHITECTURES = {
    "resnet50": (
        "ResNet-50 v2 up to conv4 (ImageNet weights to start from), features of stride 8 and 16 "
        "joined, shared heads."
    ),
    "custom_cnn": (
        "A small network of convolution, pooling and dense layers, trained from random weights, "
        "with the same heads as the ResNet50 release."
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
        architecture_text=_ARCHITECTURES[manifest["architecture"]],
        types=", ".join(manifest["types"]) or "no types",
        size=size,
        cell=8,
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
        licence=manifest["licence"],
        reproduce="\n".join(
            f"    python -m brainscan evaluate {name} --model {manifest['name']} "
            f"--folds {' '.join(part['folds'])}"
            for name, part in manifest["metrics"].items()
        ),
    )


def _results(name: str, part: dict[str, Any]) -> str:
    metrics = part["metrics"]
    ranking, tumor = metrics["ranking"], metrics["binary"]["per_class"]["tumor"]
    rows = [
        ("Tumor AUROC", ranking["auroc"]),
        ("Tumor average precision", ranking["average_precision"]),
        ("Expected calibration error", ranking["ece"]),
        ("Accuracy", metrics["binary"]["accuracy"]),
        ("Sensitivity", tumor["recall"]),
        ("Specificity", tumor["specificity"]),
        ("Evidence maximum inside the mask", metrics["heat_map_hit_rate"]),
    ]
    if metrics["classes"]:
        rows.append(("Macro F1, no tumor and the types", metrics["classes"]["macro_f1"]))
    if metrics["types"]:
        rows.append(("Type accuracy, tumor slices of given type", metrics["types"]["accuracy"]))
        rows.append(("Type macro F1", metrics["types"]["macro_f1"]))
    for kind in ("by_source", "by_sequence"):
        for piece in metrics[kind]:
            rows.append((f"Tumor AUROC, {piece['name']}", piece["auroc"]))
            rows.append((f"Sensitivity, {piece['name']}", piece["sensitivity"]))
            rows.append((f"Specificity, {piece['name']}", piece["specificity"]))
            rows.append((f"Evidence maximum in mask, {piece['name']}", piece["hit_rate"]))
    lines = [
        f"| {label} | {_value(figure)} | {figure['n']} |"
        for label, figure in rows
        if figure["value"] is not None
    ]
    head = f"\n### {name}, fold {', '.join(part['folds'])}\n"
    return "\n".join([head, "| Measure | Value (95 % interval) | n |", "|---|---|---:|", *lines])


def _value(figure: dict[str, Any]) -> str:
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
