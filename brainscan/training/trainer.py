"""The training loop: staged fine-tuning, averaged weights, a checkpoint every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import roc_auc_score

from brainscan.data.loader import DataLoader
from brainscan.errors import TrainingError
from brainscan.networks.build import build_network, freeze, freeze_all_but_decoder
from brainscan.networks.decoder import OUTLINE
from brainscan.networks.heads import EVIDENCE, TUMOR, TYPE, read_evidence_alone
from brainscan.runs.folder import RunFolder
from brainscan.training.checkpoint import Row, best_epoch, commit, has_checkpoint, restore
from brainscan.training.config import TrainingConfig
from brainscan.training.datasets import balanced_weights
from brainscan.training.losses import Objective
from brainscan.training.validation import (
    cell_dice,
    outline_scores,
    validation_report,
    validation_scores,
)

_BASE = ("conv1_", "conv2_", "conv3_", "conv4_")
_STATUS_EVERY_S = 2.0
_BATCH = 32  # of validation slices


@dataclass(frozen=True)
class Progress:
    """Where a run stands: finished epochs and steps, and seconds left (``None``: unknown)."""

    epoch: int
    epochs: int
    step: int
    steps: int
    eta_s: float | None


class Trainer:
    """Trains one network in one run folder.

    Parameters
    ----------
    config
        Settings.
    run
        Where history and checkpoints go.
    training, validation
        Slices in memory; nothing is chosen on anything but ``validation``.
    report
        Called every few seconds.
    """

    def __init__(
        self,
        config: TrainingConfig,
        run: RunFolder,
        training: DataLoader,
        validation: DataLoader,
        report: Callable[[Progress], None] | None = None,
    ) -> None:
        keras.config.set_dtype_policy(config.precision)
        keras.utils.set_random_seed(config.seed)
        self.config, self.run = config, run
        self.training, self.validation = training, validation
        self._report = report
        start = None if config.weights == "none" else config.weights
        size, types = config.preprocessing.size, config.types
        outlines = config.outlines != "none"
        self.network = build_network(
            config.architecture,
            size=size,
            types=types,
            weights=start,
            dropout=config.dropout,
            outlines=outlines,
        )
        if config.tumor_from == "evidence":
            read_evidence_alone(self.network)
        # The averaged weights live in a network of their own: validating needs no swapping.
        self.averaged = build_network(
            config.architecture, size=size, types=types, outlines=outlines
        )
        self.averaged.set_weights(self.network.get_weights())
        self.cells = int(self.network.output[OUTLINE if outlines else EVIDENCE].shape[1])
        self.steps = max(1, len(training.order(0, 0)) // config.batch_size)
        self.history: list[Row] = []
        self._seconds_a_step: float | None = None
        self._objective = Objective(
            config,
            balanced_weights(training.tumor, 2),
            balanced_weights(training.type_index, len(types)),
        )
        self._infer = tf.function(lambda images: self.averaged(images, training=False))

    def fit(self, *, resume: bool = False) -> None:
        """Train until the last epoch or until ``patience`` epochs bring nothing better."""
        stored: list[np.ndarray] = []
        if resume and has_checkpoint(self.run):
            self.history, stored = restore(self.run, self.network, self.averaged)
        optimizer: keras.Optimizer | None = None
        for epoch in range(len(self.history), self.config.epochs):
            if self._exhausted():
                break
            stage = "head" if epoch < self.config.head_epochs else "fine"
            if optimizer is None or stage != self._stage_of(epoch - 1):
                optimizer, step = self._begin_stage(stage)
                if stored and stage == self._stage_of(epoch - 1):
                    for variable, value in zip(optimizer.variables, stored, strict=True):
                        variable.assign(value)
                stored = []
            row = self._epoch(epoch, stage, optimizer, step)
            self.history.append(row)
            commit(
                self.run,
                self.history,
                self.network,
                self.averaged,
                optimizer,
                self._last_report,
                self.config.keep,
            )
        self.run.write_status("finished", epoch=len(self.history), epochs=len(self.history))

    def _stage_of(self, epoch: int) -> str:
        return "none" if epoch < 0 else "head" if epoch < self.config.head_epochs else "fine"

    def _exhausted(self) -> bool:
        done = len(self.history)
        return (
            bool(done)
            and done - 1 - best_epoch(self.history, self.config.keep) >= self.config.patience
        )

    def _begin_stage(self, stage: str) -> tuple[keras.Optimizer, Callable[..., Any]]:
        config = self.config
        head = stage == "head"
        if config.outlines == "only":
            freeze_all_but_decoder(self.network)
        else:
            freeze(self.network, _BASE if head else config.frozen)
        epochs = config.head_epochs if head else config.epochs - config.head_epochs
        total = epochs * self.steps
        warm = min(300, max(1, total // 10))
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            warmup_target=config.head_learning_rate if head else config.learning_rate,
            warmup_steps=warm,
            decay_steps=max(1, total - warm),
            alpha=0.1 if head else 0.02,
        )
        optimizer = keras.optimizers.AdamW(
            schedule, weight_decay=config.weight_decay, global_clipnorm=1.0
        )
        optimizer.build(self.network.trainable_variables)
        return optimizer, self._step_function(optimizer)

    def _step_function(self, optimizer: keras.Optimizer) -> Callable[..., Any]:
        config = self.config
        variables = self.network.trainable_variables
        layers = zip(self.averaged.layers, self.network.layers, strict=True)
        pairs = [
            pair
            for slow, fast in layers
            if fast.trainable
            for pair in zip(slow.weights, fast.weights, strict=True)
        ]

        @tf.function
        def step(
            images: tf.Tensor, tumor: tf.Tensor, kind: tf.Tensor, shares: tf.Tensor
        ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
            with tf.GradientTape() as tape:
                outputs = self.network(images, training=True)
                losses = self._objective(outputs, tumor, kind, shares)
            gradients = tape.gradient(losses["loss"], variables)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            # Young averages follow fast, or the random start would stay in them for long.
            count = tf.cast(optimizer.iterations, tf.float32)
            decay = tf.minimum(config.average, (1.0 + count) / (10.0 + count))
            for slow, fast in pairs:
                slow.assign(decay * slow.value + (1.0 - decay) * fast.value)
            return losses, outputs[TUMOR]

        return step

    def _epoch(
        self, epoch: int, stage: str, optimizer: keras.Optimizer, step: Callable[..., Any]
    ) -> Row:
        config = self.config
        batches = self.training.batches(
            config.batch_size,
            epoch=epoch,
            seed=config.seed,
            how=config.augmentation,
            cells=self.cells,
        )
        began = told = pace_from = time.monotonic()
        sums: dict[str, float] = {}
        truths, logits = [], []
        for number, batch in enumerate(batches, start=1):
            losses, logit = step(*batch)
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            truths.append(batch[1].numpy())
            logits.append(logit.numpy())
            if not np.isfinite(float(losses["loss"])):
                msg = (
                    f"The loss is no longer a number after step {number} of epoch {epoch + 1}. "
                    "Start again with a lower --learning-rate."
                )
                raise TrainingError(msg)
            if number == 1:
                pace_from = time.monotonic()  # the first step also compiles
                self._tell(epoch, number)
            elif time.monotonic() - told > _STATUS_EVERY_S:
                told = time.monotonic()
                self._seconds_a_step = (told - pace_from) / (number - 1)
                self._tell(epoch, number)
        truth, score = np.concatenate(truths), np.concatenate(logits)
        row: Row = {"epoch": epoch, "stage": stage}
        row |= {name: value / len(truths) for name, value in sums.items()}
        row["accuracy"] = float(np.mean((score >= 0) == (truth == 1)))
        if len(np.unique(truth)) == 2:
            row["tumor_auroc"] = float(roc_auc_score(truth, score))
        row["learning_rate"] = float(optimizer.learning_rate)
        row |= self._validate()
        row["seconds"] = round(time.monotonic() - began, 1)
        return row

    def _validate(self) -> dict[str, float]:
        slices = self.validation
        sums: dict[str, float] = {}
        tumor = np.zeros(len(slices), np.float32)
        kinds = np.zeros((len(slices), len(self.config.types)), np.float32)
        overlap = np.full(len(slices), np.nan)
        for start in range(0, len(slices), _BATCH):
            part = slice(start, start + _BATCH)
            truth = (slices.tumor[part], slices.type_index[part])
            images = slices.images[part, ..., None].astype(np.float32) / 255
            outputs = self._infer(tf.constant(images))
            shares = np.stack(
                [slices.evidence(i, slices.masks[i], self.cells) for i in _indices(part, slices)]
            )
            for name, value in self._objective(outputs, *truth, shares).items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(images)
            tumor[part] = tf.sigmoid(outputs[TUMOR]).numpy()
            if self.config.types:
                kinds[part] = tf.nn.softmax(outputs[TYPE]).numpy()
            if OUTLINE in outputs:
                overlap[part] = cell_dice(shares >= 0.5, outputs[OUTLINE].numpy() >= 0)
        truths = (slices.tumor, slices.type_index)
        self._last_report = validation_report(self.config.types, *truths, tumor, kinds)
        losses = {f"val_{name}": value / len(slices) for name, value in sums.items()}
        scores = validation_scores(slices.records, *truths, tumor, kinds)
        if self.config.outlines != "none":
            dice = outline_scores(slices.records, overlap)
            if self.config.outlines == "only":  # the rest stays as it is and decides nothing
                scores["val_score"] = float(np.mean(list(dice.values())))
            scores |= dice
        return losses | scores

    def _tell(self, epoch: int, step: int) -> None:
        left = (self.config.epochs - epoch) * self.steps - step
        eta = None if self._seconds_a_step is None else round(left * self._seconds_a_step, 1)
        progress = Progress(epoch, self.config.epochs, step, self.steps, eta)
        self.run.write_status(
            "running",
            epoch=epoch,
            epochs=progress.epochs,
            step=step,
            steps=progress.steps,
            eta_s=eta,
        )
        if self._report:
            self._report(progress)


def _indices(part: slice, slices: DataLoader) -> range:
    return range(*part.indices(len(slices)))
