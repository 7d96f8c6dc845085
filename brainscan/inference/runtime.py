"""Runtimes: from a batch of network inputs to the network's raw outputs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from brainscan.errors import ModelUnavailable
from brainscan.inference.release import WEIGHTS, XML, Release

# The bindings set themselves up during the first call of a process. Two first calls at once can
# wait for each other for ever: one for Python's lock, one for the set-up. So the first call is
# made here, by one thread.
_FIRST_CALL = threading.Lock()


@dataclass(frozen=True, eq=False)
class RawOutput:
    """Outputs of the network for a batch of ``b`` slices, all float32 logits.

    Attributes
    ----------
    tumor
        ``(b,)``.
    type
        ``(b, types)``; ``(b, 0)`` for a binary model.
    evidence
        ``(b, n, n)``.
    gradcam
        ``(b, n, n, 1 + types)``, before the ReLU.
    embedding
        ``(b, d)``, what the input gate judges by; ``None`` for a release made before the gate.
    outline
        ``(b, w, m, m)``, one for each way the slice is read; ``None`` for a release without
        a decoder.
    """

    tumor: np.ndarray
    type: np.ndarray
    evidence: np.ndarray
    gradcam: np.ndarray
    embedding: np.ndarray | None = None
    outline: np.ndarray | None = None


class Runtime(Protocol):
    """Runs a released network. Implementations are safe to call from several threads."""

    def forward(self, images: np.ndarray) -> RawOutput:
        """Run ``(b, size, size)`` uint8 network inputs."""
        ...


class OpenVINORuntime:
    """Runs a release with OpenVINO in float32, which every processor answers alike.

    Parameters
    ----------
    release
        The release; its ``model.xml`` is compiled here.
    hint
        ``"LATENCY"`` gives one slice all cores, ``"THROUGHPUT"`` a slice to each core.
    """

    def __init__(
        self, release: Release, *, hint: Literal["LATENCY", "THROUGHPUT"] = "LATENCY"
    ) -> None:
        import openvino

        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": hint,
            # Left to itself the CPU plugin computes in bfloat16 where the processor can.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            model = openvino.Core().read_model(release.folder / XML)
            self._compiled = openvino.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            msg = (
                f"OpenVINO cannot load the model {release.name}: {str(error).splitlines()[0]} "
                "Restore the model folder from the repository."
            )
            raise ModelUnavailable(msg) from error
        self._names = [next(iter(output.get_names())) for output in self._compiled.outputs]
        self._types = len(release.types)
        size = release.preprocessing.size
        with _FIRST_CALL:
            self.forward(np.zeros((1, size, size), np.uint8))

    def forward(self, images: np.ndarray) -> RawOutput:
        """Run ``(b, size, size)`` uint8 network inputs."""
        batch = images[..., None].astype(np.float32) / np.float32(255)
        request = self._compiled.create_infer_request()
        results = request.infer([batch], share_inputs=True)
        named = {name: np.array(results[index]) for index, name in enumerate(self._names)}
        return _raw(named, len(images), self._types)


class KerasRuntime:
    """Runs a release with Keras: the reference for the others. Imports TensorFlow."""

    def __init__(self, release: Release) -> None:
        from brainscan.networks.build import build_network
        from brainscan.networks.serving import serving_network
        from brainscan.networks.weights import load_weights

        network = build_network(
            release.architecture,
            size=release.preprocessing.size,
            types=release.types,
            outlines=release.segmentation is not None,
        )
        load_weights(network, release.folder / WEIGHTS)
        self._network = serving_network(network, mirrored=release.mirrored)
        self._types = len(release.types)

    def forward(self, images: np.ndarray) -> RawOutput:
        """Run ``(b, size, size)`` uint8 network inputs."""
        batch = images[..., None].astype(np.float32) / np.float32(255)
        outputs = self._network(batch, training=False)
        named = {name: np.asarray(value) for name, value in outputs.items()}
        return _raw(named, len(images), self._types)


def _raw(named: dict[str, np.ndarray], count: int, types: int) -> RawOutput:
    return RawOutput(
        tumor=named["tumor"].reshape(count),
        type=named["type"] if types else np.zeros((count, 0), np.float32),
        evidence=named["evidence"],
        gradcam=named["gradcam"],
        embedding=named.get("embedding"),
        outline=named.get("outline"),
    )
