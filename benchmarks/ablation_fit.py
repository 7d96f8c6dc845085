"""Heads trained on cached features for the ablation, and their answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from benchmarks.ablation_features import MEASURED_SOURCE, Features
from brainscan.data.dataset import TYPES
from brainscan.data.loader import UNKNOWN
from brainscan.networks.heads import EVIDENCE, FEATURES, TUMOR, attach_heads
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import balanced_weights
from brainscan.training.losses import Objective

MAP = "map"
_BATCH = 64  # of measured slices


@dataclass(frozen=True)
class Variant:
    """What a training is given. Everything on is the full recipe.

    Attributes
    ----------
    ingredient
        Name of the row.
    group
        ``"data"``, ``"supervision"``, ``"head"`` or ``"recipe"``.
    lgg
        Slices with and without tumor from the same scans.
    web
        ``br35h``, ``sartaj`` and ``healthy-oasis``.
    figshare
        Tumors of one hospital; no tumor-free slice.
    masks
        Where the tumor is: the outlines of tumor slices, and tumor-free slices as tumor-free
        everywhere. Off: the evidence target is unknown in every cell of every slice.
    top_cells
        The tumor head reads the strongest cells of the evidence beside the global mean.
    types
        The type head is trained along.
    smoothing
        Label smoothing as in the training of the releases.
    test_flips
        The answer is the mean over the slice and its mirror image.
    """

    ingredient: str
    group: str
    lgg: bool = True
    web: bool = True
    figshare: bool = True
    masks: bool = True
    top_cells: bool = True
    types: bool = True
    smoothing: bool = True
    test_flips: bool = True

    @property
    def training(self) -> Variant:
        """The variant without what does not change the training, to train equal ones once."""
        return replace(self, ingredient="", group="", test_flips=True)

    @property
    def map_name(self) -> str:
        """``"evidence"``, or the class activation map where nothing trains the evidence."""
        return EVIDENCE if self.masks or self.top_cells else "class activation map"


@dataclass(frozen=True)
class Recipe:
    """What is the same for all variants; the values are those of the releases' head stage."""

    steps: int = 200
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    width: int = 64


@dataclass(frozen=True, eq=False)
class Given:
    """What one variant may see: indices into the features, its types and evidence targets."""

    rows: np.ndarray
    kind: np.ndarray
    evidence: np.ndarray


@dataclass(frozen=True, eq=False)
class Answers:
    """Tumor logit ``(n,)`` and map ``(n, 2k, 2k)`` of the measured slices, float32."""

    tumor: np.ndarray
    maps: np.ndarray


def given(features: Features, variant: Variant) -> Given:
    """Select the slices and targets of a variant."""
    wanted = {MEASURED_SOURCE: variant.lgg, "figshare": variant.figshare}
    kept = [wanted.get(record.source, variant.web) for record in features.records]
    rows = np.flatnonzero(kept)
    kind, evidence = features.kind[rows], features.evidence[rows]
    return Given(
        rows,
        kind if variant.types else np.full_like(kind, -1),
        evidence if variant.masks else np.full_like(evidence, UNKNOWN),
    )


def build_heads(features: Features, variant: Variant, recipe: Recipe) -> keras.Model:
    """Return the project's heads on features as input, and a ``"map"`` output beside theirs."""
    inputs = [keras.Input(store.shape[1:]) for store in (features.stride_8, features.stride_16)]
    outputs = attach_heads(
        *inputs,
        width=recipe.width,
        types=TYPES if variant.types else (),
        dropout=recipe.dropout,
    )
    network = keras.Model(inputs, outputs)
    if not variant.top_cells:
        dense = keras.layers.Dense(1, dtype="float32", name="tumor_of_mean")
        mean = network.get_layer("tumor_dropout").output
        outputs[TUMOR] = keras.layers.Reshape((), dtype="float32")(dense(mean))
    if variant.map_name == EVIDENCE:
        outputs[MAP] = outputs[EVIDENCE]
    else:
        # The dense layer read cell by cell (class activation map, arXiv:1512.04150).
        cells = dense(network.get_layer(FEATURES).output)
        outputs[MAP] = keras.layers.Reshape(cells.shape[1:3], dtype="float32")(cells)
    return keras.Model(inputs, outputs)


def fit(features: Features, variant: Variant, recipe: Recipe, seed: int) -> keras.Model:
    """Train heads for ``recipe.steps`` steps; the last state is the result, none is chosen."""
    keras.utils.set_random_seed(seed)
    network = build_heads(features, variant, recipe)
    part = given(features, variant)
    config = TrainingConfig(
        architecture="resnet50",
        datasets=(),
        types=TYPES if variant.types else (),
        label_smoothing=TrainingConfig.label_smoothing if variant.smoothing else 0.0,
    )
    objective = Objective(
        config,
        balanced_weights(features.tumor[part.rows], 2),
        balanced_weights(part.kind, len(config.types)),
    )
    warm = max(1, recipe.steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        recipe.steps - warm,
        alpha=0.02,
        warmup_target=recipe.learning_rate,
        warmup_steps=warm,
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0
    )
    variables = network.trainable_variables
    optimizer.build(variables)

    @tf.function(reduce_retracing=True)
    def step(*batch: tf.Tensor) -> None:
        fine, coarse, tumor, kind, evidence = batch
        with tf.GradientTape() as tape:
            outputs = network([fine, coarse], training=True)
            loss = objective(outputs, tumor, kind, evidence)["loss"]
        gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    for batch in batches(features, part, recipe, seed):
        step(*map(tf.constant, batch))
    return network


def batches(
    features: Features, part: Given, recipe: Recipe, seed: int
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield ``recipe.steps`` batches ``(stride 8, stride 16, tumor, type, evidence)``.

    Half of the examples are mirrored. The mirror image of the features stands for the features
    of the mirror image, which it resembles but for the half-cell shifts of the base's padding.
    """
    generator = np.random.default_rng(seed)
    wanted = recipe.steps * recipe.batch_size
    rounds = -(-wanted // len(part.rows))
    order = np.concatenate([generator.permutation(len(part.rows)) for _ in range(rounds)])
    for chosen in order[:wanted].reshape(recipe.steps, recipe.batch_size):
        rows = part.rows[chosen]
        mirrored = generator.random(len(rows)) < 0.5
        maps = [features.stride_8[rows], features.stride_16[rows], part.evidence[chosen]]
        for values in maps:
            values[mirrored] = values[mirrored][:, :, ::-1]
        fine, coarse, evidence = maps
        yield fine, coarse, features.tumor[rows], part.kind[chosen], evidence


def answer(network: keras.Model, features: Features) -> Answers:
    """Run trained heads over features."""

    @tf.function(reduce_retracing=True)
    def run(fine: tf.Tensor, coarse: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        outputs = network([fine, coarse], training=False)
        return outputs[TUMOR], outputs[MAP]

    parts = []
    for start in range(0, len(features.records), _BATCH):
        part = slice(start, start + _BATCH)
        stores = (features.stride_8[part], features.stride_16[part])
        parts.append([values.numpy() for values in run(*map(tf.constant, stores))])
    tumor, maps = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Answers(tumor, maps)


def with_mirror(straight: Answers, mirrored: Answers) -> Answers:
    """Return the mean of the answers to slices and to their mirror images."""
    return Answers(
        (straight.tumor + mirrored.tumor) / 2, (straight.maps + mirrored.maps[:, :, ::-1]) / 2
    )
