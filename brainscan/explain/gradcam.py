"""GradCAM: which region drove an answer.

Two ways to the same map (Selvaraju et al. 2017, arXiv:1610.02391). A served model has Grad-CAM
of every class in closed form, at the cost of the forward pass it needs anyway. For any other
Keras network, layer and class there is the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap

if TYPE_CHECKING:
    import keras

    from brainscan.inference.classifier import TumorClassifier


class GradCAM:
    """Grad-CAM of a served model.

    Parameters
    ----------
    classifier
        A loaded model.

    Examples
    --------
    >>> from brainscan import GradCAM, TumorClassifier, read_scan
    >>> explain = GradCAM(TumorClassifier.load("resnet50"))
    >>> heat = explain(read_scan("slice.png"), "tumor")     # doctest: +SKIP
    >>> heat.on_slice().shape                               # doctest: +SKIP
    (512, 512)
    """

    def __init__(self, classifier: TumorClassifier) -> None:
        self.classifier = classifier

    @property
    def targets(self) -> tuple[str, ...]:
        """Classes that can be explained: ``"tumor"`` and the types the model knows."""
        return ("tumor", *self.classifier.release.types)

    def __call__(self, scan: Scan, target: str = "tumor") -> HeatMap:
        """Return the map of one class for one slice.

        Raises
        ------
        ModelUnavailable
            When the model does not know the class.
        """
        if target not in self.targets:
            msg = (
                f"The model {self.classifier.release.name} has no class {target!r}. "
                f"Choose one of {', '.join(self.targets)}."
            )
            raise ModelUnavailable(msg)
        return self.classifier.predict(scan, gate=False).gradcam[target]


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
    import keras as keras_package
    import tensorflow as tf

    both = keras_package.Model(network.input, [network.get_layer(layer).output, network.output])
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
