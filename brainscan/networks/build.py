"""Build a network by the name of its architecture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras

from brainscan.errors import TrainingError
from brainscan.networks.custom_cnn import custom_cnn_base
from brainscan.networks.decoder import OUTLINE, PREFIX, attach_decoder
from brainscan.networks.heads import attach_heads
from brainscan.networks.resnet import resnet50_base
from brainscan.networks.weights import is_whole_network, load_weights

ARCHITECTURES = ("resnet50", "custom_cnn")


def build_network(
    architecture: str,
    *,
    size: int = 192,
    types: Sequence[str] = (),
    weights: str | Path | None = None,
    dropout: float = 0.3,
    outlines: bool = False,
) -> keras.Model:
    """Build a flat functional network.

    Parameters
    ----------
    architecture
        ``"resnet50"`` or ``"custom_cnn"``.
    size
        Side of the square input in pixels, a multiple of 16.
    types
        Names of the tumor types; empty for a binary (tumor / no tumor) network.
    weights
        Where training starts: ``"imagenet"`` (ResNet50 base), an ``.npz`` file with the base,
        the ``weights.npz`` of a release (the whole network), or ``None``.
    dropout
        Rate before the dense layers.
    outlines
        Whether to attach the decoder. Weights of a release without one leave it random.

    Returns
    -------
    keras.Model
        Input ``(b, size, size, 1)`` in [0, 1]; a dict of float32 outputs as
        :func:`brainscan.networks.heads.attach_heads` describes, and with a decoder
        ``"outline"`` ``(b, size / 2, size / 2)`` logit of tumor tissue.
    """
    if size % 16 or size < 64:
        msg = f"The input size must be a multiple of 16 and at least 64 pixels, got {size}."
        raise TrainingError(msg)
    image = keras.Input((size, size, 1), name="image")
    whole = weights not in (None, "imagenet") and is_whole_network(Path(str(weights)))
    if architecture == "resnet50":
        stride_8, stride_16 = resnet50_base(image, None if whole else weights)
        width = 192
    elif architecture == "custom_cnn":
        if weights is not None and not whole:
            msg = "The custom CNN starts from random weights or from its own release's weights.npz."
            raise TrainingError(msg)
        stride_8, stride_16 = custom_cnn_base(image)
        width = 128
    else:
        msg = f"Unknown architecture {architecture!r}. Choose {' or '.join(ARCHITECTURES)}."
        raise TrainingError(msg)
    outputs = attach_heads(stride_8, stride_16, width=width, types=types, dropout=dropout)
    network = keras.Model(image, outputs, name=architecture)
    if outlines:
        outputs |= {OUTLINE: attach_decoder(network)}
        network = keras.Model(image, outputs, name=architecture)
    if whole:
        load_weights(network, Path(str(weights)), optional=PREFIX)
    return network


def freeze(network: keras.Model, stages: Sequence[str]) -> None:
    """Freeze the layers whose names begin with ``stages``, and train all others.

    Batch normalization of a ResNet50 base always keeps its stored statistics: a batch of a
    few slices estimates them worse than the pre-training did.
    """
    pretrained = ("conv1_", "conv2_", "conv3_", "conv4_")
    for layer in network.layers:
        kept = isinstance(layer, keras.layers.BatchNormalization) and layer.name.startswith(
            pretrained
        )
        layer.trainable = not (kept or layer.name.startswith(tuple(stages)))


def freeze_all_but_decoder(network: keras.Model) -> None:
    """Train the decoder and leave every other answer of the network as it is."""
    for layer in network.layers:
        layer.trainable = layer.name.startswith(PREFIX)
