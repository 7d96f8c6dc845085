"""Grad-CAM by the gradient: the definition, against which the closed form is checked."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf


def gradient_gradcam(
    network: keras.Model, images: np.ndarray, *, layer: str, output: str | None, index: int | None
) -> np.ndarray:
    """Return Grad-CAM by the gradient, for any layer of any flat Keras network.

    Parameters
    ----------
    network
        A functional network; ``layer`` must be one of its own layers.
    images
        ``(b, ...)`` float32 input of the network.
    layer
        Name of a layer with ``(b, h, w, channels)`` output.
    output
        Key of a dict output, or ``None`` for a network with one output. Give logits: after a
        softmax the gradient of a confident class vanishes.
    index
        Column of the output, or ``None`` for an output of shape ``(b,)``.

    Returns
    -------
    numpy.ndarray
        ``(b, h, w)`` float32, the weighted sum of the channels *before* the ReLU, so that a
        caller can tell "no positive evidence" from a small map.
    """
    both = keras.Model(network.input, [network.get_layer(layer).output, network.output])
    inputs = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        # Watching the input records every operation, also where all weights are frozen.
        tape.watch(inputs)
        features, answer = both(inputs, training=False)
        logit = answer if output is None else answer[output]
        chosen = logit if index is None else logit[:, index]
    gradient = tape.gradient(chosen, features)
    weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    result: np.ndarray = tf.reduce_sum(weights * features, axis=-1).numpy()
    return result.astype(np.float32)
