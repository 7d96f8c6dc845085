"""What the heads are trained for; unknown labels cost nothing."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from brainscan.networks.heads import EVIDENCE, TUMOR, TYPE
from brainscan.training.config import TrainingConfig

POSITIVE_WEIGHT = 3.0  # of tumor cells in the evidence loss; they are rare


def tumor_loss(
    truth: tf.Tensor, logit: tf.Tensor, class_weights: tf.Tensor, smoothing: float
) -> tf.Tensor:
    """Class-weighted binary cross-entropy of the slice label.

    Parameters
    ----------
    truth, logit
        ``(b,)`` float32; truth 0 or 1.
    class_weights
        ``(2,)`` weights of tumor-free and tumor slices.
    smoothing
        Label smoothing (arXiv:1512.00567): without it the network grows surer of its training
        slices than it is right about others.
    """
    weights = tf.gather(class_weights, tf.cast(truth, tf.int32))
    target = truth * (1.0 - smoothing) + smoothing / 2.0
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logit)
    return tf.reduce_mean(weights * each)


def type_loss(
    truth: tf.Tensor, logits: tf.Tensor, class_weights: tf.Tensor, smoothing: float
) -> tf.Tensor:
    """Class-weighted cross-entropy of the tumor type, over slices whose type is known.

    Parameters
    ----------
    truth
        ``(b,)`` int32, -1 where unknown.
    logits
        ``(b, types)`` float32.
    class_weights
        ``(types,)``.
    smoothing
        Label smoothing (arXiv:1512.00567).
    """
    count = logits.shape[-1]
    known = tf.cast(truth >= 0, tf.float32)
    index = tf.maximum(truth, 0)
    target = tf.one_hot(index, count) * (1.0 - smoothing) + smoothing / count
    each = tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits)
    weights = known * tf.gather(class_weights, index)
    # Divided by the batch, not by the known: a batch with one typed slice must not shout.
    return tf.reduce_mean(weights * each)


def evidence_loss(truth: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of every cell against its share of tumor, plus soft Dice.

    Parameters
    ----------
    truth
        ``(b, h, w)`` in [0, 1], -1 where the outline is unknown.
    logits
        ``(b, h, w)``.
    """
    known = tf.cast(truth >= 0, tf.float32)
    share = tf.maximum(truth, 0.0)
    each = tf.nn.weighted_cross_entropy_with_logits(share, logits, POSITIVE_WEIGHT)
    cross_entropy = tf.reduce_sum(known * each) / (tf.reduce_sum(known) + 1.0)
    found = tf.sigmoid(logits) * known
    common = tf.reduce_sum(found * share, axis=(1, 2))
    total = tf.reduce_sum(found + share, axis=(1, 2))
    has_tumor = tf.cast(tf.reduce_sum(share, axis=(1, 2)) > 0.5, tf.float32)
    dice = has_tumor * (1.0 - 2.0 * common / (total + 1.0))
    return cross_entropy + 0.25 * tf.reduce_mean(dice)


class Objective:
    """The weighted sum of all losses, for training and for validation alike.

    Parameters
    ----------
    config
        Weights of the losses.
    tumor_weights, type_weights
        Class weights, ``(2,)`` and ``(types,)``.
    """

    def __init__(
        self, config: TrainingConfig, tumor_weights: np.ndarray, type_weights: np.ndarray
    ) -> None:
        self.config = config
        self._tumor_weights = tf.constant(tumor_weights)
        self._type_weights = tf.constant(type_weights)

    def __call__(
        self, outputs: dict[str, tf.Tensor], tumor: tf.Tensor, kind: tf.Tensor, evidence: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Return the losses of a batch by name, and their sum as ``"loss"``."""
        config = self.config
        losses = {
            "tumor_loss": tumor_loss(
                tumor, outputs[TUMOR], self._tumor_weights, config.label_smoothing
            ),
            "evidence_loss": config.evidence_weight * evidence_loss(evidence, outputs[EVIDENCE]),
        }
        if config.types:
            losses["type_loss"] = config.type_weight * type_loss(
                kind, outputs[TYPE], self._type_weights, config.label_smoothing
            )
        return {"loss": tf.add_n(list(losses.values())), **losses}
