"""What the heads are trained for; unknown labels cost nothing."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from brainscan.networks.decoder import OUTLINE
from brainscan.networks.heads import EVIDENCE, TUMOR, TYPE
from brainscan.training.config import TrainingConfig

# Averaged over mostly tumor-free cells the cross-entropy is small beside the Dice loss.
OUTLINE_CROSS_ENTROPY = 4.0
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


def outline_loss(
    truth: tf.Tensor,
    logits: tf.Tensor,
    *,
    cross_entropy: float = OUTLINE_CROSS_ENTROPY,
    dice: float = 1.0,
) -> tf.Tensor:
    """Binary cross-entropy of every cell, plus soft Dice of every slice with a tumor.

    Cross-entropy alone neglects small tumors, Dice alone (arXiv:1606.04797) leaves tumor-free
    slices without a gradient; their sum is what most medical segmentation uses
    (arXiv:1809.10486).

    Parameters
    ----------
    truth
        ``(b, h, w)`` share of tumor in each cell, -1 where the outline is unknown.
    logits
        ``(b, h, w)``.
    cross_entropy, dice
        Weights of the two parts.
    """
    known = tf.cast(truth >= 0, tf.float32)
    share = tf.maximum(truth, 0.0)
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=share, logits=logits)
    slices = tf.reduce_mean(known * each, axis=(1, 2))
    found = tf.sigmoid(logits) * known
    common = tf.reduce_sum(found * share, axis=(1, 2))
    total = tf.reduce_sum(found + share, axis=(1, 2))
    has_tumor = tf.cast(tf.reduce_sum(share, axis=(1, 2)) > 0.5, tf.float32)
    missed = has_tumor * (1.0 - (2.0 * common + 1.0) / (total + 1.0))
    return cross_entropy * tf.reduce_mean(slices) + dice * tf.reduce_mean(missed)


def shares_at(truth: tf.Tensor, cells: int) -> tf.Tensor:
    """Return shares of tumor ``(b, n, n)`` on a coarser grid ``(b, cells, cells)``.

    ``n`` is a multiple of ``cells``. Where the outline is unknown (-1) it stays so.
    """
    step = int(truth.shape[1]) // cells
    return tf.nn.avg_pool2d(truth[..., None], step, step, "VALID")[..., 0] if step > 1 else truth


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
        self, outputs: dict[str, tf.Tensor], tumor: tf.Tensor, kind: tf.Tensor, shares: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Return the losses of a batch by name, and their sum as ``"loss"``.

        ``shares`` are those of the finest map of the network, see :func:`shares_at`.
        """
        config = self.config
        outline = {}
        if config.outlines != "none":
            loss = outline_loss(shares, outputs[OUTLINE])
            outline["outline_loss"] = config.outline_weight * loss
        if config.outlines == "only":
            return {"loss": outline["outline_loss"], **outline}
        evidence = shares_at(shares, int(outputs[EVIDENCE].shape[1]))
        losses = outline | {
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
