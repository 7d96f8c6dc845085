"""Export of a network for the OpenVINO runtime."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np

from brainscan.networks.serving import serving_network


def export_openvino(network: keras.Model, path: Path, *, mirrored: bool = False) -> None:
    """Write ``path`` (``.xml``) and its ``.bin`` in half precision, with named outputs.

    Parameters
    ----------
    network
        A float32 network as :func:`brainscan.networks.build.build_network` returns it.
    path
        Where the ``.xml`` goes.
    mirrored
        Whether it answers with the mean over the slice and its mirror image.
    """
    import openvino

    serving = serving_network(network, mirrored=mirrored)
    serving(np.zeros((1, *network.input_shape[1:]), np.float32))  # Keras exports called models
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.xml"
        serving.export(str(raw), format="openvino", verbose=False)
        model = openvino.Core().read_model(raw)
        order = sorted(serving.output)
        for output, name in zip(model.outputs, order, strict=True):
            output.get_tensor().set_names({name})
        openvino.save_model(model, path, compress_to_fp16=True)
