"""The custom CNN: a small network of convolution, pooling and dense layers."""

from __future__ import annotations

import keras


def custom_cnn_base(image: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Attach the small convolutional base to an input, as a flat graph.

    Parameters
    ----------
    image
        ``(batch, size, size, 1)`` in [0, 1].

    Returns
    -------
    tuple
        Features at stride 8 (160 channels) and at stride 16 (192 channels).
    """
    x = keras.layers.Rescaling(4.0, offset=-1.0, name="centre")(image)
    x = _block(x, 32, 1, "block1")
    x = _block(x, 64, 1, "block2")
    x = _block(x, 96, 2, "block3")
    stride_8 = _block(x, 160, 2, "block4", pool=False)
    x = keras.layers.MaxPooling2D(name="block4_pool")(stride_8)
    stride_16 = _block(x, 192, 2, "block5", pool=False)
    return stride_8, stride_16


def _block(
    x: keras.KerasTensor, filters: int, convolutions: int, name: str, *, pool: bool = True
) -> keras.KerasTensor:
    for number in range(1, convolutions + 1):
        x = keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False, name=f"{name}_conv{number}"
        )(x)
        x = keras.layers.BatchNormalization(momentum=0.97, name=f"{name}_norm{number}")(x)
        x = keras.layers.ReLU(name=f"{name}_relu{number}")(x)
    return keras.layers.MaxPooling2D(name=f"{name}_pool")(x) if pool else x
