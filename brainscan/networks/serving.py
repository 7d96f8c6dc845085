"""The network as it is served: all answers and all Grad-CAM maps in one forward pass."""

from __future__ import annotations

import keras
import numpy as np

from brainscan.networks.heads import EVIDENCE, EVIDENCE_CELLS, FEATURES, TUMOR, TYPE

GRADCAM = "gradcam"


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


def serving_network(network: keras.Model) -> keras.Model:
    """Return a network that shares the given one's layers and adds the ``"gradcam"`` output.

    Outputs: ``"tumor"`` ``(b,)``, ``"type"`` ``(b, types)``, ``"evidence"`` ``(b, n, n)`` and
    ``"gradcam"`` ``(b, n, n, 1 + types)``, all float32; Grad-CAM before its ReLU.
    """
    kernel = gradcam_kernel(network)
    layer = keras.layers.Conv2D(kernel.shape[1], 1, use_bias=False, dtype="float32", name=GRADCAM)
    maps = layer(network.get_layer(FEATURES).output)
    layer.set_weights([kernel[None, None]])
    names = (TUMOR, TYPE, EVIDENCE)
    outputs = {name: network.output[name] for name in names if name in network.output}
    return keras.Model(network.input, {**outputs, GRADCAM: maps}, name="serving")
