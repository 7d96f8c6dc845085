"""The network as it is served: all answers and all Grad-CAM maps in one forward pass."""

from __future__ import annotations

import keras
import numpy as np

from brainscan.networks.decoder import OUTLINE
from brainscan.networks.heads import EVIDENCE, EVIDENCE_CELLS, FEATURES, TUMOR, TYPE

GRADCAM = "gradcam"
EMBEDDING = "embedding"

# Stages that still see edges and textures rather than tumors: there, everything that is no
# brain MR slice differs. Trained features alone map unknown pictures onto known ones.
EMBEDDING_LAYERS = {
    "resnet50": ("conv2_block3_preact_relu", "conv3_block4_preact_relu"),
    "custom_cnn": ("block2_relu1", "block3_relu2", "block4_relu2"),
}


def gradcam_kernel(network: keras.Model) -> np.ndarray:
    """Return ``(channels, 1 + types)``: what Grad-CAM weighs each feature channel with.

    Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) weighs a channel with the mean gradient
    of the class logit over all positions. Every head reads the features linearly through a
    pooling whose weights sum to one (mean, mean of the top cells, softmax of the evidence), so
    that mean is the head's own kernel divided by the number of positions: a constant factor
    that disappears when a map is divided by its maximum.
    """
    cells = network.get_layer(EVIDENCE_CELLS).get_weights()[0][0, 0, :, 0]
    dense = network.get_layer("tumor_dense").get_weights()[0][:, 0]
    columns = [dense[0] * cells + dense[1:]]
    if TYPE in network.output:
        looked, mean = np.split(network.get_layer(TYPE).get_weights()[0], 2)
        columns += list((looked + mean).T)
    return np.stack(columns, axis=1)


def embedding(network: keras.Model) -> keras.KerasTensor:
    """Return ``(b, d)``: mean and standard deviation of every channel of some stages.

    The stages are those of :data:`EMBEDDING_LAYERS` and the shared features, in this order.
    The input gate judges by them whether the picture is a brain MR slice.
    """
    parts = []
    for name in (*EMBEDDING_LAYERS[network.name], FEATURES):
        values = network.get_layer(name).output
        mean = keras.ops.mean(values, axis=(1, 2))
        square = keras.ops.mean(keras.ops.square(values), axis=(1, 2))
        spread = keras.ops.maximum(square - keras.ops.square(mean), 0.0)
        parts += [mean, keras.ops.sqrt(spread + 1e-6)]
    return keras.ops.concatenate(parts, axis=-1)


def serving_network(network: keras.Model, *, mirrored: bool = False) -> keras.Model:
    """Return a network that shares the given one's layers and adds two outputs.

    Outputs: ``"tumor"`` ``(b,)``, ``"type"`` ``(b, types)``, ``"evidence"`` ``(b, n, n)``,
    ``"gradcam"`` ``(b, n, n, 1 + types)`` and ``"embedding"`` ``(b, d)``, all float32;
    Grad-CAM before its ReLU. A network with a decoder also has ``"outline"`` ``(b, 1, m, m)``.
    With ``mirrored`` every output is the mean over the slice and its left-right mirror image,
    maps mirrored back: twice the work, steadier answers. Only the outline keeps both ways,
    ``(b, 2, m, m)``: where they differ, its border is uncertain.
    """
    kernel = gradcam_kernel(network)
    layer = keras.layers.Conv2D(kernel.shape[1], 1, use_bias=False, dtype="float32", name=GRADCAM)
    maps = layer(network.get_layer(FEATURES).output)
    layer.set_weights([kernel[None, None]])
    names = (TUMOR, TYPE, EVIDENCE)
    outputs = {name: network.output[name] for name in names if name in network.output}
    outputs |= {GRADCAM: maps, EMBEDDING: embedding(network)}
    if OUTLINE in network.output:
        outputs[OUTLINE] = keras.ops.expand_dims(network.output[OUTLINE], 1)
    serving = keras.Model(network.input, outputs, name="serving")
    return _both_ways(serving) if mirrored else serving


def _both_ways(serving: keras.Model) -> keras.Model:
    """Return the mean over a slice and its mirror image, computed as one batch."""
    image = keras.Input(serving.input_shape[1:], name="image")
    ways = serving(keras.ops.concatenate([image, keras.ops.flip(image, axis=2)], axis=0))
    outputs = {}
    for name, value in ways.items():
        one, other = keras.ops.unstack(keras.ops.reshape(value, (2, -1, *value.shape[1:])), 2)
        if name == OUTLINE:
            outputs[name] = keras.ops.concatenate([one, keras.ops.flip(other, axis=3)], axis=1)
            continue
        back = keras.ops.flip(other, axis=2) if name in (EVIDENCE, GRADCAM) else other
        outputs[name] = (one + back) / 2.0
    return keras.Model(image, outputs, name="serving")
