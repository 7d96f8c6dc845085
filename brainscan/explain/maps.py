"""The maps of a served model on the network's input grid, where they are put to the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from brainscan.imaging.geometry import Geometry
from brainscan.inference.calibration import sigmoid
from brainscan.inference.reading import Reading
from brainscan.inference.release import Release
from brainscan.inference.runtime import RawOutput, Runtime

GRADCAM, EVIDENCE, OUTLINE = "gradcam", "evidence", "outline"
_BATCH = 8


def whole_input(size: int) -> Geometry:
    """Return the geometry of a slice that is the network's input itself: nothing cropped."""
    return Geometry(size, size, 0, 0, size, size, 0, 0, size, size, size)


def outputs(runtime: Runtime, images: np.ndarray, batch: int = _BATCH) -> Iterator[RawOutput]:
    """Yield what a network says of each of ``(n, size, size)`` uint8 inputs, as batches of one."""
    for start in range(0, len(images), batch):
        raw = runtime.forward(images[start : start + batch])
        for index in range(len(raw.tumor)):
            yield _one(raw, index)


def _one(raw: RawOutput, index: int) -> RawOutput:
    here = slice(index, index + 1)
    return replace(
        raw,
        tumor=raw.tumor[here],
        type=raw.type[here],
        evidence=raw.evidence[here],
        gradcam=raw.gradcam[here],
        embedding=None,  # judges pictures, explains nothing
        outline=None if raw.outline is None else raw.outline[here],
    )


def tumor_probabilities(release: Release, runtime: Runtime, images: np.ndarray) -> np.ndarray:
    """Return ``(n,)`` float64 calibrated tumor probabilities of ``(n, size, size)`` uint8."""
    logits = [raw.tumor[0] for raw in outputs(runtime, images, 16)]
    return np.asarray(sigmoid(np.array(logits) / release.manifest["temperature"]["tumor"]))


def heat_maps(release: Release, raw: RawOutput, size: int) -> dict[str, np.ndarray]:
    """Return the maps a reader is shown, on the input instead of the slice.

    They go the way of the app, so that what is measured is what is shown.

    Parameters
    ----------
    release
        The model.
    raw
        A batch of one.
    size
        Side of the input in pixels.

    Returns
    -------
    dict
        ``"gradcam"`` (of the tumor), ``"evidence"`` and, of a release with a decoder,
        ``"outline"``: ``(size, size)`` float32 in [0, 1].
    """
    reading = Reading.of(release, raw, whole_input(size), None)
    maps = {
        GRADCAM: reading.gradcam()["tumor"].on_slice(),
        EVIDENCE: reading.evidence.on_slice(),
    }
    if reading.segmentation is not None:
        maps[OUTLINE] = reading.segmentation.probability
    return maps


def raw_maps(raw: RawOutput) -> dict[str, np.ndarray]:
    """Return the same maps of a batch of one before anything was cut off or squashed.

    Grad-CAM before its ReLU and logits of the others, each ``(n, n)`` float32 on a grid of its
    own: the order of their cells can be compared even where a map has no positive value.
    """
    maps = {GRADCAM: raw.gradcam[0, :, :, 0], EVIDENCE: raw.evidence[0]}
    if raw.outline is not None:
        maps[OUTLINE] = raw.outline[0].mean(axis=0)
    return maps
