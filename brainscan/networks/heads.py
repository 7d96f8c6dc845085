"""The heads both architectures share: where, whether and which.

All heads read one feature map linearly, through poolings whose weights sum to one. That makes
Grad-CAM of every output a linear map of the features (see :mod:`brainscan.networks.serving`).
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

FEATURES = "features"
EVIDENCE = "evidence"
EVIDENCE_CELLS = "evidence_cells"
TUMOR = "tumor"
TYPE = "type"


@keras.saving.register_keras_serializable("brainscan")
class TopMean(keras.layers.Layer):
    """Mean of the largest cells of a one-channel map: ``(b, h, w, 1)`` to ``(b, 1)``.

    A small tumor fills few cells; the mean over all of them would drown it, and the single
    maximum would follow noise.
    """

    def __init__(self, share: float = 0.015, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.share = share

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        cells = int(inputs.shape[1] * inputs.shape[2])
        flat = keras.ops.reshape(inputs, (-1, cells))
        top, _ = keras.ops.top_k(flat, max(1, round(self.share * cells)))
        return keras.ops.mean(top, axis=-1, keepdims=True)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "share": self.share}


@keras.saving.register_keras_serializable("brainscan")
class EvidencePooling(keras.layers.Layer):
    """Mean of the features, weighted by softmax of the evidence: ``(b, c)``.

    The weights carry no gradient: the type head may look where the tumor is, but not move it.
    """

    def call(self, inputs: tuple[keras.KerasTensor, keras.KerasTensor]) -> keras.KerasTensor:
        features, evidence = inputs
        cells = int(features.shape[1] * features.shape[2])
        flat = keras.ops.reshape(features, (-1, cells, features.shape[3]))
        logits = keras.ops.reshape(keras.ops.stop_gradient(evidence), (-1, cells, 1))
        weights = keras.ops.softmax(keras.ops.cast(logits, "float32"), axis=1)
        return keras.ops.sum(flat * keras.ops.cast(weights, flat.dtype), axis=1)


def read_evidence_alone(network: keras.Model) -> None:
    """Read the tumor logit off the strongest evidence alone, now and while training goes on.

    The weights of the mean features become and stay zero, so the served network needs no form of
    its own, and Grad-CAM of the tumor is the evidence map on another scale.
    """
    dense = network.get_layer("tumor_dense")
    kernel, bias = dense.get_weights()
    alone = np.zeros_like(kernel)
    alone[0] = max(kernel[0, 0], 0.5)  # without the rest, the evidence has to speak up
    dense.set_weights([alone, bias])
    only = (alone > 0).astype(np.float32)
    dense.kernel.constraint = lambda weights: keras.ops.maximum(weights, 0.0) * only


def attach_heads(
    stride_8: keras.KerasTensor,
    stride_16: keras.KerasTensor,
    *,
    width: int,
    types: Sequence[str],
    dropout: float,
) -> dict[str, keras.KerasTensor]:
    """Join two feature maps (as in feature pyramids, arXiv:1612.03144) and read the answers.

    Parameters
    ----------
    stride_8, stride_16
        ``(b, 2n, 2n, c1)`` and ``(b, n, n, c2)``.
    width
        Channels of the joint feature map.
    types
        Names of the tumor types; empty for a binary model.
    dropout
        Rate before the dense layers.

    Returns
    -------
    dict
        ``"evidence"`` ``(b, 2n, 2n)`` logit of tumor tissue in a cell; ``"tumor"`` ``(b,)``
        logit; ``"type"`` ``(b, len(types))`` logits, absent for a binary model.
    """
    layers = keras.layers
    deep = layers.Conv2D(width, 1, name="lateral16")(stride_16)
    deep = layers.UpSampling2D(2, interpolation="bilinear", name="upsample16")(deep)
    joint = layers.Add(name="join")([deep, layers.Conv2D(width, 1, name="lateral8")(stride_8)])
    joint = layers.ReLU(name="join_relu")(layers.GroupNormalization(16, name="join_norm")(joint))
    joint = layers.Conv2D(width, 3, padding="same", use_bias=False, name="refine")(joint)
    joint = layers.GroupNormalization(16, name="refine_norm")(joint)
    features = layers.ReLU(name=FEATURES)(joint)

    # Rare tissue: start from a prior of 5 % so that the first steps are not spent on the bias.
    prior = keras.initializers.Constant(-3.0)
    cells = layers.Conv2D(1, 1, bias_initializer=prior, dtype="float32", name=EVIDENCE_CELLS)(
        features
    )
    mean = layers.GlobalAveragePooling2D(name="global_mean")(features)
    top = TopMean(dtype="float32", name="evidence_top")(cells)
    whole = layers.Concatenate(dtype="float32", name="tumor_inputs")(
        [top, layers.Dropout(dropout, name="tumor_dropout")(mean)]
    )
    outputs = {
        EVIDENCE: layers.Reshape(cells.shape[1:3], dtype="float32", name=EVIDENCE)(cells),
        TUMOR: layers.Reshape((), dtype="float32", name=TUMOR)(
            layers.Dense(1, dtype="float32", name="tumor_dense")(whole)
        ),
    }
    if types:
        looked = EvidencePooling(name="evidence_pooling")([features, cells])
        both = layers.Concatenate(name="type_inputs")([looked, mean])
        both = layers.Dropout(dropout, name="type_dropout")(both)
        outputs[TYPE] = layers.Dense(len(types), dtype="float32", name=TYPE)(both)
    return outputs
