"""Losses against values worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from brainscan.training.losses import (
    OUTLINE_CROSS_ENTROPY,
    evidence_loss,
    outline_loss,
    shares_at,
    tumor_loss,
    type_loss,
)

LN2 = np.log(2)


def test_tumor_loss_weighs_classes() -> None:
    truth = tf.constant([0.0, 1.0])
    logit = tf.constant([0.0, 0.0])  # cross-entropy ln 2 each
    loss = tumor_loss(truth, logit, tf.constant([1.0, 3.0]), 0.0)
    assert float(loss) == pytest.approx((1 * LN2 + 3 * LN2) / 2)


def test_type_loss_ignores_unknown_types() -> None:
    logits = tf.zeros((2, 2))
    weights = tf.constant([1.0, 1.0])
    one = type_loss(tf.constant([0, -1]), logits, weights, 0.0)
    assert float(one) == pytest.approx(LN2 / 2)
    none = type_loss(tf.constant([-1, -1]), logits, weights, 0.1)
    assert float(none) == 0.0


def test_label_smoothing() -> None:
    # Targets 0.95 and 0.05; logits ln 3 and 0 give probabilities 3/4 and 1/4.
    loss = type_loss(
        tf.constant([0]), tf.constant([[np.log(3.0), 0.0]], tf.float32), tf.ones(2), 0.1
    )
    expected = -(0.95 * np.log(0.75) + 0.05 * np.log(0.25))
    assert float(loss) == pytest.approx(expected, rel=1e-6)


def test_evidence_loss_of_unknown_outlines_is_zero() -> None:
    logits = tf.random.normal((2, 4, 4), seed=1)
    assert float(evidence_loss(tf.fill((2, 4, 4), -1.0), logits)) == 0.0


def test_evidence_loss_falls_when_the_map_is_right() -> None:
    truth = np.zeros((1, 4, 4), np.float32)
    truth[0, 1:3, 1:3] = 1
    right = tf.constant(truth * 10 - 5)
    wrong = tf.constant(5 - truth * 10)
    assert float(evidence_loss(tf.constant(truth), right)) < 0.1
    assert float(evidence_loss(tf.constant(truth), wrong)) > 4


def test_tumor_label_smoothing() -> None:
    # Target 0.95 at a probability of 3/4.
    loss = tumor_loss(tf.ones(1), tf.constant([np.log(3.0)], tf.float32), tf.ones(2), 0.1)
    expected = -(0.95 * np.log(0.75) + 0.05 * np.log(0.25))
    assert float(loss) == pytest.approx(expected, rel=1e-6)


def test_outline_loss_worked_by_hand() -> None:
    # Two of four cells are tumor and every logit is 0: probability 1/2, cross-entropy ln 2;
    # Dice loss 1 - (2 * 1 + 1) / (2 + 2 + 1).
    truth = tf.constant([[[1.0, 1.0], [0.0, 0.0]]])
    loss = outline_loss(truth, tf.zeros((1, 2, 2)))
    assert float(loss) == pytest.approx(OUTLINE_CROSS_ENTROPY * LN2 + 1 - 3 / 5)


def test_outline_loss_of_tumor_free_slices_has_no_dice() -> None:
    loss = outline_loss(tf.zeros((1, 2, 2)), tf.zeros((1, 2, 2)))
    assert float(loss) == pytest.approx(OUTLINE_CROSS_ENTROPY * LN2)


def test_outline_loss_of_unknown_outlines_is_zero() -> None:
    logits = tf.random.normal((2, 4, 4), seed=1)
    assert float(outline_loss(tf.fill((2, 4, 4), -1.0), logits)) == 0.0


def test_shares_on_a_coarser_grid() -> None:
    fine = tf.constant(np.arange(16, dtype=np.float32).reshape(1, 4, 4))
    assert np.array_equal(shares_at(fine, 2)[0], [[2.5, 4.5], [10.5, 12.5]])
    assert np.array_equal(shares_at(fine, 4), fine)
    assert float(tf.reduce_max(shares_at(tf.fill((1, 4, 4), -1.0), 2))) == -1.0  # still unknown
