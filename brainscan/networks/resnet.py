"""The ResNet50 base: pre-trained features at stride 8 and 16."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.networks.weights import read_arrays

# In keras.applications.ResNet50V2 the stride sits in the last block of a stage, so a stage's
# finest features are the input of that block, after its pre-activation.
STRIDE_8 = "conv3_block4_preact_relu"
STRIDE_16 = "conv4_block6_preact_relu"


def resnet50_base(
    image: keras.KerasTensor, weights: str | Path | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Attach ResNet-50 v2 (He et al. 2016, arXiv:1603.05027) to an input, as a flat graph.

    Parameters
    ----------
    image
        ``(batch, size, size, 1)`` in [0, 1].
    weights
        ``"imagenet"`` (downloaded by Keras), the path of a ``.npz`` file with keys
        ``layer/index``, or ``None`` for random weights.

    Returns
    -------
    tuple
        Features at stride 8 (512 channels) and at stride 16 (1024 channels).

    Raises
    ------
    ModelUnavailable
        When the weights file is missing or does not fit the network.
    """
    # ImageNet weights expect three channels in [-1, 1].
    scaled = keras.layers.Rescaling(2.0, offset=-1.0, name="to_minus_one_to_one")(image)
    three = keras.layers.Concatenate(name="to_three_channels")([scaled, scaled, scaled])
    base = keras.applications.ResNet50V2(
        include_top=False,
        weights="imagenet" if weights == "imagenet" else None,
        input_tensor=three,
    )
    if weights not in (None, "imagenet"):
        _load(base, Path(str(weights)))
    return base.get_layer(STRIDE_8).output, base.get_layer(STRIDE_16).output


def _load(base: keras.Model, path: Path) -> None:
    stored = read_arrays(path)
    wanted = [layer for layer in base.layers if layer.weights and layer.name < "conv5"]
    for layer in wanted:
        names = [f"{layer.name}/{index}" for index in range(len(layer.weights))]
        if any(
            name not in stored or stored[name].shape != tuple(weight.shape)
            for name, weight in zip(names, layer.weights, strict=True)
        ):
            msg = (
                f"{path.name} does not fit ResNet50V2: the weights of layer {layer.name} are "
                "missing or have another shape. Give a file with all layers up to conv4."
            )
            raise ModelUnavailable(msg)
        layer.set_weights([stored[name].astype(np.float32) for name in names])
