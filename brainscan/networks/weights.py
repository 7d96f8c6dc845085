"""Network weights in a plain ``.npz`` file: keys ``layer/index``, float16 for a release."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.networks.heads import EVIDENCE_CELLS


def save_weights(network: keras.Model, path: Path) -> None:
    """Write all weights in half precision, and round the network's own to what was written.

    After this call the network computes with exactly the numbers that :func:`load_weights`
    will give back.
    """
    stored: dict[str, np.ndarray] = {}
    for layer in network.layers:
        halves = [weight.astype(np.float16) for weight in layer.get_weights()]
        stored |= {f"{layer.name}/{index}": half for index, half in enumerate(halves)}
        layer.set_weights([half.astype(np.float32) for half in halves])
    np.savez_compressed(path, **stored)  # type: ignore[arg-type]


def is_whole_network(path: Path) -> bool:
    """Return whether a weights file holds a whole network rather than a pre-trained base."""
    if not path.is_file():
        raise ModelUnavailable(f"The weights file {path} does not exist. Check the path.")
    with np.load(path, allow_pickle=False) as stored:
        return f"{EVIDENCE_CELLS}/0" in stored


def load_weights(network: keras.Model, path: Path) -> None:
    """Load weights written by :func:`save_weights` into a network of the same architecture.

    Raises
    ------
    ModelUnavailable
        When the file is missing or belongs to another network.
    """
    if not path.is_file():
        raise ModelUnavailable(f"The weights file {path.name} is missing in {path.parent.name}.")
    with np.load(path, allow_pickle=False) as stored:
        for layer in network.layers:
            names = [f"{layer.name}/{index}" for index in range(len(layer.get_weights()))]
            shapes = [weight.shape for weight in layer.get_weights()]
            if any(name not in stored for name in names) or shapes != [
                stored[name].shape for name in names
            ]:
                msg = (
                    f"{path.name} does not fit the network: the weights of layer {layer.name} "
                    f"are missing or have another shape. Check architecture and types."
                )
                raise ModelUnavailable(msg)
            layer.set_weights([stored[name].astype(np.float32) for name in names])
