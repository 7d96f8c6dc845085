"""The decoder: from the shared features to the outline of the tumor, at half the input's pixels."""

from __future__ import annotations

import keras

from brainscan.networks.heads import FEATURES

OUTLINE = "outline"
PREFIX = "outline_"
"""Of the names of all layers of the decoder, and of no other."""

# Finest features of each stride: 2, 4, 8 and 16 pixels of the input.
SKIPS = {
    "resnet50": (
        "conv1_conv",
        "conv2_block3_preact_relu",
        "conv3_block4_preact_relu",
        "conv4_block6_preact_relu",
    ),
    "custom_cnn": ("block2_relu1", "block3_relu2", "block4_relu2", "block5_relu2"),
}
_WIDTHS = (32, 64, 128)  # channels at stride 2, 4 and 8


def attach_decoder(base: keras.Model, *, finest: int = 2) -> keras.KerasTensor:
    """Read the outline from a network's features, as a U-Net does (arXiv:1505.04597).

    The decoder only reads: classifier and decoder share one encoder and one forward pass, and
    training the decoder alone leaves every other answer of the network as it was.

    Parameters
    ----------
    base
        A network with the heads of :func:`brainscan.networks.heads.attach_heads`.
    finest
        Stride at which the decoder ends: 2, 4 or 8 pixels of the input.

    Returns
    -------
    KerasTensor
        ``(b, size / finest, size / finest)`` logit of tumor tissue in each cell.
    """
    layers = keras.layers
    fine, middle, coarse, deep = (base.get_layer(name).output for name in SKIPS[base.name])
    narrow, medium, wide = _WIDTHS
    x = layers.Conv2D(wide, 1, use_bias=False, name=f"{PREFIX}lateral16")(deep)
    x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{PREFIX}up8")(x)
    x = layers.Add(name=f"{PREFIX}join8")(
        [
            x,
            layers.Conv2D(wide, 1, use_bias=False, name=f"{PREFIX}lateral8")(coarse),
            layers.Conv2D(wide, 1, use_bias=False, name=f"{PREFIX}shared8")(
                base.get_layer(FEATURES).output
            ),
        ]
    )
    x = _normalised(x, "norm8")
    x = _block(x, wide, "refine8")
    if finest <= 4:
        x = _up(x, middle, medium, 4)
        x = _block(x, medium, "refine4")
    if finest <= 2:
        x = _up(x, fine, narrow, 2)
        x = _block(x, narrow, "refine2")
    prior = keras.initializers.Constant(-3.0)  # rare tissue, as in the evidence
    cells = layers.Conv2D(1, 1, bias_initializer=prior, dtype="float32", name=f"{PREFIX}cells")(x)
    return layers.Reshape(cells.shape[1:3], dtype="float32", name=f"{PREFIX}map")(cells)


def _up(
    x: keras.KerasTensor, skip: keras.KerasTensor, width: int, stride: int
) -> keras.KerasTensor:
    """Double the resolution and join finer features; narrow first, which is cheaper."""
    layers = keras.layers
    x = layers.Conv2D(width, 1, use_bias=False, name=f"{PREFIX}narrow{stride}")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear", name=f"{PREFIX}up{stride}")(x)
    finer = layers.Conv2D(width, 1, use_bias=False, name=f"{PREFIX}lateral{stride}")(skip)
    return _normalised(layers.Add(name=f"{PREFIX}join{stride}")([x, finer]), f"norm{stride}")


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    x = keras.layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{PREFIX}{name}")(x)
    return _normalised(x, f"{name}_norm")


def _normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = keras.layers.BatchNormalization(momentum=0.97, name=f"{PREFIX}{name}")(x)
    return keras.layers.ReLU(name=f"{PREFIX}{name}_relu")(x)
