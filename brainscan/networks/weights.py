"""Network weights in a plain ``.npz`` file: keys ``layer/index``, float16 for a release."""

from __future__ import annotations

import zipfile
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
        halves = [_half(weight, layer.name) for weight in layer.get_weights()]
        stored |= {f"{layer.name}/{index}": half for index, half in enumerate(halves)}
        layer.set_weights([half.astype(np.float32) for half in halves])
    np.savez_compressed(path, **stored)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an ``.npz`` weights file.

    Raises
    ------
    ModelUnavailable
        When the file is missing or is no such file.
    """
    if not path.is_file():
        raise ModelUnavailable(f"The weights file {path} does not exist. Check the path.")
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        msg = f"{path.name} is not an .npz weights file ({error}). Give another file."
        raise ModelUnavailable(msg) from error


def is_whole_network(path: Path) -> bool:
    """Return whether a weights file holds a whole network rather than a pre-trained base."""
    return f"{EVIDENCE_CELLS}/0" in read_arrays(path)


def load_weights(network: keras.Model, path: Path, *, optional: str | None = None) -> None:
    """Load weights written by :func:`save_weights` into a network of the same architecture.

    Parameters
    ----------
    network
        Where they go.
    path
        The ``.npz`` file.
    optional
        Layers whose names begin so keep their weights where the file has none of them.

    Raises
    ------
    ModelUnavailable
        When the file is missing or belongs to another network.
    """
    stored = read_arrays(path)
    lacking = optional is not None and not any(name.startswith(optional) for name in stored)
    for layer in network.layers:
        if lacking and layer.name.startswith(str(optional)):
            continue
        names = [f"{layer.name}/{index}" for index in range(len(layer.weights))]
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if any(name not in stored for name in names) or shapes != [
            stored[name].shape for name in names
        ]:
            msg = (
                f"{path.name} does not fit the network: the weights of layer {layer.name} "
                "are missing or have another shape. Check architecture and types."
            )
            raise ModelUnavailable(msg)
        layer.set_weights([stored[name].astype(np.float32) for name in names])


def _half(weight: np.ndarray, layer: str) -> np.ndarray:
    half = weight.astype(np.float16)
    if not np.isfinite(half).all():
        msg = (
            f"The layer {layer} has weights beyond the range of half precision; the training "
            "diverged. Train again with a lower learning rate."
        )
        raise ModelUnavailable(msg)
    return half
