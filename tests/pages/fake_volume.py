"""A stand-in for reading whole volumes with a released model, and small scans to read.

Slices are scored by :class:`tests.pages.fake_model.FakeClassifier`. Where the environment variable
``FAKE_VOLUME_HOLD`` names a file, the work waits after the first slice while the file exists.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from brainscan.errors import Cancelled, NotBrainMR
from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.slice_score import SliceScore, key_slices
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.inference.volume_rule import VolumeRule
from brainscan.ui import volume_work
from tests.pages.fake_model import FakeClassifier, list_fake_models, note

FIRST = 4  # below there is too little head to read
EVERY = 3  # slices from one scored slice to the next


def head_nifti(side: int = 48, slices: int = 18, *, blob: bool = True) -> bytes:
    """Return a head-like scan with a bright blob on the patient's right."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in (side, side, slices)), indexing="ij")
    radius = np.sqrt(sum(axis**2 for axis in axes))
    noise = np.random.default_rng(5).normal(0, 12, radius.shape)
    voxels = np.where(radius < 0.9, 300 + noise, 0)
    near = np.sqrt((axes[0] - 0.35) ** 2 + axes[1] ** 2 + axes[2] ** 2)
    if blob:
        voxels = np.where(near < 0.28, 1000 + noise, voxels)
    affine = np.diag((4.0, 4.0, 8.0, 1.0))
    return bytes(nib.Nifti1Image(voxels.clip(0).astype(np.int16), affine).to_bytes())


class Classifier:
    """Knows its release and scores slices by their brightness."""

    def __init__(self, folder: Path) -> None:
        self.release: Release = next(r for r in list_fake_models() if r.name == folder.name)
        self.fake = FakeClassifier(folder.name)


def predict_volume(
    classifier: Classifier,
    volume: Volume,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
    gate: bool = True,
) -> VolumePrediction:
    """Answer; the gate refuses what is called ``not-brain...``."""
    note("volume")
    if gate and volume.name.startswith("not-brain"):
        raise NotBrainMR(f"{volume.name} does not look like an MR scan of the brain. Choose one.")
    depth = volume.depth("axial")
    scored: dict[int, SliceScore] = {}
    for index in range(FIRST, depth - FIRST, EVERY):
        hold = os.environ.get("FAKE_VOLUME_HOLD", "")
        while index > FIRST and hold and Path(hold).exists() and not cancel():
            time.sleep(0.02)
        if cancel():
            raise Cancelled("Stopped.")
        told = classifier.fake.predict(volume.to_scan("axial", index), gate=False)
        scored[index] = SliceScore(
            index,
            "scored",
            told.tumor_probability,
            told.evidence,
            told.type_probabilities,
            segmentation=told.segmentation,
        )
        progress(len(scored), depth // EVERY)
    slices = tuple(scored.get(i, SliceScore(i, "no_brain")) for i in range(depth))
    return VolumePrediction.of_slices(
        "axial",
        slices,
        classifier.release,
        VolumeRule.of(classifier.release),
        None,
        ranked=key_slices(slices, volume.spacing[2]),
        sha256=volume.sha256,
        elapsed_ms=1.0,
        warnings=volume.warnings,
    )


def install() -> None:
    """Put the stand-ins where the Volume page looks for the real ones."""
    volume_work.predict_volume = predict_volume  # type: ignore[assignment]
    volume_work._classifier = lambda folder, fingerprint: Classifier(folder)  # type: ignore[assignment, return-value]
