"""The long pieces of work of the Volume page, each a job in the background."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from brainscan.errors import NotBrainMR
from brainscan.imaging.intake import find_scans
from brainscan.imaging.volume import Volume
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui.jobs import Handle, Job
from brainscan.ui.models import title_of
from brainscan.ui.volume_candidates import Candidate, Found, describe
from brainscan.ui.volume_intake import Given

EVIDENT = 0.5
"""Evidence from which a place is more likely tumor tissue than not."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model said about a volume.

    Attributes
    ----------
    prediction
        ``None`` when the input gate refused the volume.
    refusal
        Its sentence; ``None`` when there is an answer.
    evident_ml
        Millilitres in which the evidence reaches :data:`EVIDENT`.
    outline
        What is outlined at the model's own operating point; ``None`` for a release without a
        decoder.
    cell_mm
        Side of a cell of the evidence map in the plane of the slices, in millimetres.
    """

    prediction: VolumePrediction | None
    refusal: str | None = None
    evident_ml: float = 0.0
    outline: VolumeOutline | None = None
    cell_mm: float | None = None


def search(given: Given) -> Job[Found]:
    """Look through files for volumes and describe them."""

    def work(handle: Handle) -> Found:
        handle.begin("Drawing the sample" if given.synthetic else "Looking through the files")
        intake = find_scans(given.opened(), progress=handle.report, cancel=handle.should_stop)
        handle.begin("Looking at the volumes")
        return describe(intake, progress=handle.report, cancel=handle.should_stop)

    return Job(given.title, work)


def read(candidate: Candidate) -> Job[Volume]:
    """Read a volume."""
    scan = candidate.scan

    def work(handle: Handle) -> Volume:
        handle.begin("Reading the slices")
        return scan.read_volume(progress=handle.report, cancel=handle.should_stop)

    return Job(candidate.name, work)


def ask(release: Release, volume: Volume, *, gate: bool) -> Job[Answer]:
    """Ask a model about a volume."""

    def work(handle: Handle) -> Answer:
        handle.begin("Loading the model")
        classifier = _classifier(Path(release.folder), release.fingerprint)
        handle.begin("Reading")
        try:
            prediction = predict_volume(
                classifier,
                volume,
                progress=handle.report,
                cancel=handle.should_stop,
                gate=gate,
            )
        except NotBrainMR as refusal:
            return Answer(None, str(refusal))
        handle.begin("Measuring")
        return Answer(
            prediction,
            None,
            evident_ml(volume, prediction),
            VolumeOutline.of(volume, prediction),
            cell_mm(volume, prediction),
        )

    return Job(title_of(release), work)


def evident_ml(volume: Volume, prediction: VolumePrediction) -> float:
    """Return how many millilitres of a volume have evidence of :data:`EVIDENT` or more."""
    voxel = abs(float(np.linalg.det(volume.affine[:3, :3])))
    return int((prediction.evidence_volume(volume) >= EVIDENT).sum()) * voxel / 1000.0


def cell_mm(volume: Volume, prediction: VolumePrediction) -> float | None:
    """Return the side of a cell of the evidence map in millimetres; ``None`` without a map."""
    for one in prediction.scored:
        if one.evidence is not None:
            shown = volume.plane_slice(prediction.plane, one.index)
            geometry = one.evidence.geometry
            sides = (
                geometry.crop_height * shown.spacing[0],
                geometry.crop_width * shown.spacing[1],
            )
            return max(sides) / one.evidence.grid.shape[0]
    return None


@lru_cache(maxsize=2)
def _classifier(folder: Path, fingerprint: str) -> TumorClassifier:
    """Load a release for many slices; the fingerprint has a changed one loaded anew."""
    return TumorClassifier.load(folder, runtime="openvino-throughput")
