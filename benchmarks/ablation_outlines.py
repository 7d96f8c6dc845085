"""What each choice brings to the outlines: decoders trained briefly on the frozen released base.

    python -m benchmarks.ablation_outlines --data ../shared/data [--out outlines-ablation.json]

A decoder takes an hour on two cores; here every variant gets the same few epochs on the same
slices of folds 1-3, so the differences between the rows count, not their height. Measured on the
outlined slices of fold 4, that no training saw: mean Dice a slice on the network's input,
probability 0.5, no test-time flips, and the share of tumor-free slices with any mask. Nothing is
chosen here: the recipe of the release was set before.

The JSON has ``setting`` (what was done) and ``rows``, one a variant: ``variant``, the mean Dice of
``figshare`` and ``lgg flair`` as ``{"value", "low", "high", "n", "method", "reason"}`` (95 %
interval, bootstrap over patients), and ``false_masks`` on tumor-free ``lgg flair`` slices.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from brainscan.data.augmentation import Augmentation
from brainscan.data.dataset import Dataset, combine, open_dataset
from brainscan.data.loader import DataLoader
from brainscan.evaluation.intervals import (
    Estimate,
    proportion,
    resampling_units,
)
from brainscan.evaluation.ratios import mean
from brainscan.imaging.preprocessing import Preprocessing
from brainscan.networks.build import build_network, freeze_all_but_decoder
from brainscan.networks.decoder import OUTLINE, attach_decoder
from brainscan.progress import ProgressBar
from brainscan.training.losses import OUTLINE_CROSS_ENTROPY, outline_loss

_BATCH = 16
_MEASURED = 32  # slices a batch


@dataclass(frozen=True)
class Variant:
    """One training. The defaults are the recipe of the release."""

    name: str
    cross_entropy: float = OUTLINE_CROSS_ENTROPY
    dice: float = 1.0
    finest: int = 2
    size: int = 192
    base: str = "released"


VARIANTS = (
    Variant("Recipe of the release"),
    Variant("cross-entropy alone", dice=0.0),
    Variant("Dice loss alone", cross_entropy=0.0),
    Variant("decoder that ends at stride 4", finest=4),
    Variant("decoder that ends at stride 8", finest=8),
    Variant("input of 128 pixels", size=128),
    Variant("base of ImageNet, not of the classifier", base="imagenet"),
)


def main() -> None:
    """Train, measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER",
                        help="holds brain-mri, lgg and weights")  # fmt: skip
    parser.add_argument("--released", default="models/resnet50/weights.npz", metavar="FILE")
    parser.add_argument("--images", type=int, default=1600, metavar="N")
    parser.add_argument("--epochs", type=int, default=3, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    args = parser.parse_args()
    keras.config.set_dtype_policy(args.precision)
    imagenet = next((args.data / "weights").glob("*.npz"))
    weights = {"released": args.released, "imagenet": str(imagenet)}
    training, measured = read(args.data, args.images, args.seed)
    rows = []
    with ProgressBar("Trainings") as shown:
        for number, variant in enumerate(VARIANTS, start=1):
            network = train(variant, training, weights[variant.base], args.epochs, args.seed)
            rows.append({"variant": variant.name, **measure(network, measured, variant.size)})
            shown.update(number, len(VARIANTS))
            if args.out:
                setting = {
                    "trained_images": len(training.records),
                    "measured_images": len(measured.records),
                    "epochs": args.epochs,
                    "seed": args.seed,
                    "precision": args.precision,
                }
                args.out.write_text(json.dumps({"setting": setting, "rows": rows}, indent=1) + "\n")
    print(table(rows))


def read(data: Path, count: int, seed: int) -> tuple[Dataset, Dataset]:
    """Return slices to train on, three quarters of them outlined, and all to measure on."""
    every = combine([open_dataset(data / "brain-mri"), open_dataset(data / "lgg")], [])
    generator = np.random.default_rng(seed)
    training = every.select(folds=["1", "2", "3"])
    chosen: list[Any] = []
    for outlined, share in ((True, 0.75), (False, 0.25)):
        part = [
            record
            for record in training.records
            if record.label
            and (record.mask is not None) == outlined
            and (outlined or record.label == "no_tumor")
        ]
        order = generator.permutation(len(part))[: round(share * count)]
        chosen += [part[index] for index in order]
    test = every.select(folds=["4"])
    kept = [
        record
        for record in test.records
        if record.stratum in ("figshare", "lgg flair")
        and (record.mask is not None or record.label == "no_tumor")
    ]
    return replace(training, records=tuple(chosen)), replace(test, records=tuple(kept))


def train(variant: Variant, data: Dataset, weights: str, epochs: int, seed: int) -> keras.Model:
    """Train a decoder on a frozen base."""
    keras.utils.set_random_seed(seed)
    plain = build_network("resnet50", size=variant.size, weights=weights, types=_types(weights))
    outline = attach_decoder(plain, finest=variant.finest)
    network = keras.Model(plain.input, {OUTLINE: outline}, name=plain.name)
    freeze_all_but_decoder(network)
    slices = DataLoader(data, Preprocessing(size=variant.size))
    steps = max(1, len(slices.order(0, 0)) // _BATCH) * epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, alpha=0.02, warmup_target=2e-3, warmup_steps=max(1, steps // 10)
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=0.05, global_clipnorm=1.0)
    optimizer.build(network.trainable_variables)

    @tf.function
    def step(images: tf.Tensor, shares: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logits = network(images, training=True)[OUTLINE]
            loss = outline_loss(
                shares, logits, cross_entropy=variant.cross_entropy, dice=variant.dice
            )
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))

    cells = int(outline.shape[1])
    for epoch in range(epochs):
        for images, _, _, shares in slices.batches(
            _BATCH, epoch=epoch, seed=seed, how=Augmentation(), cells=cells
        ):
            step(images, shares)
    return network


def measure(network: keras.Model, data: Dataset, size: int) -> dict[str, Any]:
    """Return mean Dice by source, and the share of tumor-free slices with a mask."""
    slices = DataLoader(data, Preprocessing(size=size))
    infer: Callable[[tf.Tensor], tf.Tensor]
    infer = tf.function(lambda images: tf.sigmoid(network(images, training=False)[OUTLINE]))
    maps = np.concatenate(
        [
            infer(slices.images[start : start + _MEASURED, ..., None].astype(np.float32) / 255)
            for start in range(0, len(slices), _MEASURED)
        ]
    )
    cells = tf.image.resize(maps[..., None], (size, size)).numpy()[..., 0]
    found = cells >= 0.5
    truth = slices.masks > 0
    both = truth.sum(axis=(1, 2)) + found.sum(axis=(1, 2))
    dice = 2.0 * (truth & found).sum(axis=(1, 2)) / np.maximum(both, 1)
    strata = np.array([record.stratum for record in slices.records])
    groups, _ = resampling_units(
        [record.group for record in slices.records],
        [record.source for record in slices.records],
        [record.name for record in slices.records],
    )
    tumor = truth.any(axis=(1, 2))
    free = (strata == "lgg flair") & (slices.tumor == 0)
    return {
        name: _mean(dice, groups, (strata == name) & tumor).to_json()
        for name in ("figshare", "lgg flair")
    } | {
        "false_masks": proportion(
            int(found[free].any(axis=(1, 2)).sum()), int(free.sum()), "No tumor-free slice."
        ).to_json()
    }


def _mean(values: np.ndarray, groups: Sequence[Hashable], chosen: np.ndarray) -> Estimate:
    numbers = np.flatnonzero(chosen)
    return mean(values[numbers], [groups[number] for number in numbers], "No such slice.")


def _types(weights: str) -> tuple[str, ...]:
    """Return the types of a whole network: its type head must find its weights."""
    with np.load(weights) as stored:
        return ("glioma", "meningioma", "pituitary") if "type/0" in stored.files else ()


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as Markdown."""
    lines = ["| Variant | figshare Dice | lgg FLAIR Dice | false masks |", "|---|---|---|---|"]
    for row in rows:
        figures = " | ".join(
            f"{row[name]['value']:.3f} ({row[name]['low']:.3f}-{row[name]['high']:.3f})"
            for name in ("figshare", "lgg flair", "false_masks")
        )
        lines.append(f"| {row['variant']} | {figures} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
