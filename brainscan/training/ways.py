"""How a release reads a slice: which tumor logit it serves, and whether mirrored too."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import keras
import numpy as np

from brainscan.data.loader import DataLoader
from brainscan.inference.calibration import sigmoid, softmax
from brainscan.inference.release import XML, Release
from brainscan.inference.runtime import OpenVINORuntime, RawOutput
from brainscan.networks.export import export_openvino
from brainscan.networks.serving import TumorFrom
from brainscan.training.validation import validation_scores

_BATCH = 16
_WORTH_TWICE = 0.001  # gain of the mean validation AUROC for which a prediction may cost double


def choose_ways(
    network: keras.Model,
    slices: DataLoader,
    target: Path,
    manifest: dict[str, Any],
    *,
    mirrored: bool | None = None,
) -> tuple[dict[str, Any], RawOutput]:
    """Export the network the way that scores best on the validation slices.

    The tumor logit is that of the network's head, or simply its strongest evidence, whichever
    scores higher: the head is trained last on slices it knows by heart, and may trust them more
    than the evidence they show. The mirror image is read too where that pays.

    Parameters
    ----------
    network
        Trained.
    slices
        Validation slices.
    target
        Folder of the release.
    manifest
        Of the release so far: name, types, preprocessing.
    mirrored
        Whether the mirror image is read; ``None``: decide.

    Returns
    -------
    dict
        Entries of the manifest.
    RawOutput
        What the exported network says of the slices.
    """
    scores: dict[tuple[TumorFrom, bool], float] = {}
    outputs: dict[tuple[TumorFrom, bool], RawOutput] = {}

    def measure(source: TumorFrom, both: bool) -> None:
        export_openvino(network, target / XML, mirrored=both, tumor_from=source)
        raw = forward(OpenVINORuntime(Release(target, manifest)), slices.images)
        outputs[source, both] = raw
        scores[source, both] = _score(slices, raw)

    first = bool(mirrored)
    measure("head", first)
    measure("evidence", first)
    source: TumorFrom = "evidence" if scores["evidence", first] > scores["head", first] else "head"
    entries: dict[str, Any] = {
        "tumor_from": source,
        "tumor_rule": (
            "The tumour probability is read off the "
            + ("strongest evidence" if source == "evidence" else "tumour head")
            + f": the mean validation score was {scores['evidence', first]:.4f} for the strongest "
            f"evidence alone and {scores['head', first]:.4f} for the tumour head, which weighs it "
            "with the mean features."
        ),
    }
    if mirrored is None:
        measure(source, True)
        alone, both = scores[source, False], scores[source, True]
        mirrored = both - alone >= _WORTH_TWICE
        entries["mirror_rule"] = (
            f"The mean validation score was {alone:.4f} for the slice alone and "
            f"{both:.4f} with its mirror image; the mirror image is used from a gain of "
            f"{_WORTH_TWICE} on, because it doubles the work."
        )
    entries["mirrored"] = mirrored
    export_openvino(network, target / XML, mirrored=mirrored, tumor_from=source)
    return entries, outputs[source, mirrored]


def forward(runtime: OpenVINORuntime, images: np.ndarray) -> RawOutput:
    """Return what a network says of ``(n, size, size)`` uint8 inputs, outlines left out."""
    parts = [
        runtime.forward(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)
    ]
    names = [field.name for field in fields(RawOutput) if field.name != "outline"]
    return RawOutput(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def _score(slices: DataLoader, raw: RawOutput) -> float:
    return validation_scores(
        slices.records,
        slices.tumor,
        slices.type_index,
        sigmoid(raw.tumor),
        softmax(raw.type.astype(np.float64)),
    )["val_score"]
