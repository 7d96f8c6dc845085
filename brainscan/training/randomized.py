"""A network with weights drawn anew: whatever its maps show was not learned.

For the sanity check of J. Adebayo et al. 2018, arXiv:1810.03292: a map that stays as it was when
the network forgets is no explanation of the network.
"""

from __future__ import annotations

from typing import Literal

import keras
import numpy as np

from brainscan.inference.release import WEIGHTS, Release
from brainscan.inference.runtime import RawOutput
from brainscan.networks.build import build_network
from brainscan.networks.decoder import PREFIX
from brainscan.networks.heads import EVIDENCE_CELLS, TYPE
from brainscan.networks.serving import serving_network
from brainscan.networks.weights import read_arrays

Part = Literal["heads", "network"]
_HEADS = (EVIDENCE_CELLS, "tumor_dense", TYPE)


class RandomizedRuntime:
    """Runs a release whose weights were drawn anew, in whole or in its last layers.

    Parameters
    ----------
    release
        Gives the architecture, and the weights that stay.
    part
        ``"heads"``: the layers that read the shared features, the whole decoder among them;
        ``"network"``: every layer. They are the ends of the cascade of Adebayo et al.
    seed
        Of the draw, which is the one training from scratch begins with.
    """

    def __init__(self, release: Release, part: Part, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        network = build_network(
            release.architecture,
            size=release.preprocessing.size,
            types=release.types,
            outlines=release.segmentation is not None,
        )
        if part == "heads":
            stored = read_arrays(release.folder / WEIGHTS)
            for layer in network.layers:
                if layer.name in _HEADS or layer.name.startswith(PREFIX):
                    continue
                names = [f"{layer.name}/{index}" for index in range(len(layer.weights))]
                layer.set_weights([stored[name].astype(np.float32) for name in names])
        self.network = serving_network(network, mirrored=release.mirrored)
        self._types = len(release.types)

    def forward(self, images: np.ndarray) -> RawOutput:
        """Run ``(b, size, size)`` uint8 network inputs."""
        batch = images[..., None].astype(np.float32) / np.float32(255)
        found = {k: np.asarray(v) for k, v in self.network(batch, training=False).items()}
        return RawOutput(
            tumor=found["tumor"].reshape(len(images)),
            type=found["type"] if self._types else np.zeros((len(images), 0), np.float32),
            evidence=found["evidence"],
            gradcam=found["gradcam"],
            outline=found.get("outline"),
        )
