"""A tumor logit read off the strongest evidence alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from brainscan.data.dataset import TYPES
from brainscan.networks.build import ARCHITECTURES, build_network
from brainscan.networks.heads import EVIDENCE, TUMOR, read_evidence_alone
from brainscan.networks.serving import gradcam_kernel, serving_network

IMAGES = np.random.default_rng(4).random((4, 64, 64, 1)).astype(np.float32)


@pytest.fixture(params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(5)
    network = build_network(request.param, size=64, types=TYPES)
    read_evidence_alone(network)
    return network


def is_scaled_evidence(network: keras.Model) -> bool:
    """Whether the tumor logit is a rising line over the mean of the strongest cells."""
    kernel, bias = network.get_layer("tumor_dense").get_weights()
    found = network(IMAGES, training=False)
    cells = np.sort(np.reshape(found[EVIDENCE], (len(IMAGES), -1)), axis=1)
    strongest = cells[:, -max(1, round(0.015 * cells.shape[1])) :].mean(axis=1)
    assert kernel[0, 0] > 0
    return np.allclose(found[TUMOR], kernel[0, 0] * strongest + bias, atol=1e-3)


def test_nothing_else_reaches_the_logit_before_and_after_training(network: keras.Model) -> None:
    assert is_scaled_evidence(network)
    before = network.get_layer("tumor_dense").get_weights()[0].copy()
    optimizer = keras.optimizers.AdamW(0.01)
    for _ in range(3):
        with tf.GradientTape() as tape:
            logits = network(IMAGES, training=True)[TUMOR]
            loss = tf.reduce_mean(tf.nn.softplus(logits * tf.constant([1.0, -1.0, 1.0, -1.0])))
        variables = network.get_layer("tumor_dense").trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    after = network.get_layer("tumor_dense").get_weights()[0]
    assert after[0, 0] != before[0, 0]
    assert not after[1:].any()
    assert is_scaled_evidence(network)


def test_gradcam_of_the_tumor_is_the_evidence_on_another_scale(network: keras.Model) -> None:
    kernel = gradcam_kernel(network)[:, 0]
    cells = network.get_layer("evidence_cells").get_weights()[0][0, 0, :, 0]
    assert np.allclose(kernel / np.linalg.norm(kernel), cells / np.linalg.norm(cells), atol=1e-5)
    served = serving_network(network)(IMAGES)
    gradcam, evidence = (np.asarray(served[name]) for name in ("gradcam", "evidence"))
    for one, other in zip(gradcam[..., 0], evidence, strict=True):
        assert np.argmax(one) == np.argmax(other)
