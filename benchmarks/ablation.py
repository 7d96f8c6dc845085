"""What each ingredient brings on lgg: the project's heads on features of a frozen base.

    python -m benchmarks.ablation --data ../shared/data \\
        --weights ../shared/data/weights/resnet50v2-imagenet-conv1-conv4.npz [--out ablation.json]

A full training for every variant would take an hour each. Here the ImageNet ResNet50 base stays
frozen, its features are computed once at a small input size, and only the heads are trained, with
the losses of the releases. So the differences between the rows count, not their height: a
release also fine-tunes the base. Trained on folds 1-3, measured on fold 4 of ``lgg`` (patients
that no training saw). Nothing is chosen: every variant takes the same steps with the same seeds,
and its last state is measured.

The JSON
--------
``setting``
    What was done: data, folds, size, recipe, seeds, sentences about interval and spread.
``rows``
    In the order of the table. Each row holds

    - ``ingredient``: name; ``part``: ``"added"`` (one by one) or ``"removed"`` (full recipe
      without it); ``group``: ``"data"``, ``"supervision"``, ``"head"`` or ``"recipe"``;
    - ``lgg flair``, ``lgg t1ce``: AUROC of tumor against tumor-free slices; ``evidence``: share
      of the FLAIR tumor slices where the strongest cell of the map lies in the tumor. Each is
      the mean over the seeds as ``{"value", "low", "high", "n", "method", "reason"}``: 95 %
      interval over patients, ``n`` slices; where a figure is not defined it is null and
      ``reason`` says why;
    - ``map``: ``"evidence"``, or ``"class activation map"`` where nothing trained the evidence;
    - ``seeds``: number of trainings; ``spread``: for the same three keys the largest minus the
      smallest figure of the single seeds;
    - ``given``: the switches of the variant.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from benchmarks.ablation_features import (
    MEASURED_FOLDS,
    TRAINING_FOLDS,
    Features,
    frozen_base,
    read_features,
)
from benchmarks.ablation_fit import Answers, Recipe, Variant, answer, fit, with_mirror
from benchmarks.ablation_measure import MEASURES, measure
from brainscan.progress import ProgressBar

_OFF: dict[str, Any] = {
    "lgg": False,
    "masks": False,
    "top_cells": False,
    "types": False,
    "test_flips": False,
    "smoothing": False,
}


def _added(*on: str) -> dict[str, Any]:
    return {name: value for name, value in _OFF.items() if name not in on}


_BOTH = ("lgg", "masks")
ADDED = (
    Variant("Whole-image labels, no lgg (web sets, figshare, healthy-oasis)", "data", **_added()),
    Variant("Whole-image labels and outlines, no lgg", "supervision", **_added("masks")),
    Variant("Whole-image labels with same-scan negatives (lgg)", "data", **_added("lgg")),
    Variant("Same-scan negatives (lgg) and outlines", "supervision", **_added(*_BOTH)),
    Variant("+ strongest cells in the tumor head", "head", **_added(*_BOTH, "top_cells")),
    Variant("+ type task", "supervision", **_added(*_BOTH, "top_cells", "types")),
    Variant("+ flips at test time", "recipe", smoothing=False),
    Variant("+ label smoothing: the full recipe", "recipe"),
)
REMOVED = (
    Variant("same-scan negatives (lgg)", "data", lgg=False),
    Variant("web sets and healthy-oasis", "data", web=False),
    Variant("figshare", "data", figshare=False),
    Variant("outlines", "supervision", masks=False),
    Variant("strongest cells in the tumor head", "head", top_cells=False),
    Variant("type task", "supervision", types=False),
    Variant("flips at test time", "recipe", test_flips=False),
    Variant("label smoothing", "recipe", smoothing=False),
)


def main() -> None:
    """Extract, train, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER",
                        help="holds brain-mri, lgg and healthy-oasis")  # fmt: skip
    parser.add_argument("--weights", required=True, metavar="FILE",
                        help="the ResNet50 base as .npz, or imagenet")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--size", type=int, default=128, metavar="PIXELS")
    parser.add_argument("--steps", type=int, default=Recipe.steps, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    keras.config.set_dtype_policy(args.precision)
    base = frozen_base(args.size, args.weights)
    with ProgressBar("Features") as shown:
        features, measured = read_features(args.data, base, shown.update)
    with ProgressBar("Trainings") as shown:
        for result in ablate(
            features,
            measured,
            Recipe(steps=args.steps),
            seeds=range(args.seeds),
            progress=shown.update,
        ):
            result["setting"] |= {"size_px": args.size, "precision": args.precision}
            if args.out:
                args.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


def ablate(
    features: Features,
    measured: tuple[Features, Features],
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    variants: tuple[tuple[Variant, ...], tuple[Variant, ...]] = (ADDED, REMOVED),
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Train and measure every variant; yield the result after every seed.

    Parameters
    ----------
    features
        Of the training slices.
    measured
        Features of the measured slices and of their mirror images.
    recipe
        The same for all.
    seeds
        One training of every variant each.
    variants
        Those that add ingredients, and those that remove one from the full recipe.
    progress
        Called with (trainings done, trainings in all).

    Yields
    ------
    dict
        The JSON that the module describes.
    """
    trainings = list(dict.fromkeys(v.training for part in variants for v in part))
    answers: dict[Variant, list[tuple[Answers, Answers]]] = {v: [] for v in trainings}
    for count, seed in enumerate(seeds):
        for number, variant in enumerate(trainings, start=1):
            network = fit(features, variant, recipe, seed)
            straight, mirrored = (answer(network, part) for part in measured)
            answers[variant].append((straight, with_mirror(straight, mirrored)))
            if progress:
                progress(count * len(trainings) + number, len(trainings) * len(seeds))
        rows = [
            _row(measured[0], part, variant, answers[variant.training])
            for part, members in zip(("added", "removed"), variants, strict=True)
            for variant in members
        ]
        done = seeds[: count + 1]
        yield {"setting": setting(features, measured[0], recipe, done), "rows": rows}


def _row(
    measured: Features, part: str, variant: Variant, answers: Sequence[tuple[Answers, Answers]]
) -> dict[str, Any]:
    return {
        "ingredient": variant.ingredient,
        "part": part,
        "group": variant.group,
        **measure(measured, [pair[variant.test_flips] for pair in answers]),
        "map": variant.map_name,
        "seeds": len(answers),
        "given": {
            name: value for name, value in asdict(variant).items() if isinstance(value, bool)
        },
    }


def setting(
    features: Features, measured: Features, recipe: Recipe, seeds: Sequence[int]
) -> dict[str, Any]:
    """Say what was done, in numbers and sentences."""
    return {
        "base": "ResNet50V2 to conv4, ImageNet, frozen",
        "trained_folds": list(TRAINING_FOLDS),
        "measured_folds": list(MEASURED_FOLDS),
        "trained_images": len(features.records),
        "measured_images": len(measured.records),
        "measured_patients": len({record.group for record in measured.records}),
        "recipe": asdict(recipe),
        "seeds": list(seeds),
        "chosen": "Nothing was chosen on these patients: the same steps and seeds for every "
        "variant, measured once at the end.",
        "interval": "95 %, bootstrap over the measured patients of the mean over the seeds.",
        "spread": "Largest minus smallest figure of the single seeds.",
    }


def table(result: dict[str, Any]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| Ingredient | Group | lgg FLAIR AUROC | lgg T1ce AUROC | Maximum in tumor | Spread |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["rows"]:
        name = row["ingredient"] if row["part"] == "added" else f"without {row['ingredient']}"
        spread = " / ".join(_number(row["spread"][measure]) for measure in MEASURES)
        figures = " | ".join(
            f"{_number(row[measure]['value'])} "
            f"({_number(row[measure]['low'])}-{_number(row[measure]['high'])}, "
            f"n {row[measure]['n']})"
            for measure in MEASURES
        )
        lines.append(f"| {name} | {row['group']} | {figures} | {spread} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
