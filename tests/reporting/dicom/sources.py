"""DICOM sources of the phantom patient, complete enough to carry every result."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.volume import Volume
from brainscan.reporting.dicom import DicomFile
from tests.imaging import patient

FRAME_OF_REFERENCE = "1.2.3.4.9"
Phantom = Callable[..., Path]
"""Returns the folder of an unchanged series, by orientation and order of its numbers."""

COMPLETE = {
    "FrameOfReferenceUID": FRAME_OF_REFERENCE,
    "PositionReferenceIndicator": "",
    "Manufacturer": "Phantom Works",
    "ManufacturerModelName": "Marker 3000",
    "SoftwareVersions": "7.1",
    "StudyTime": "101112",
    "StudyID": "S1",
    "AccessionNumber": "A-17",
    "PatientSex": "F",
    "ReferringPhysicianName": "Refer^Red",
    "SeriesNumber": 4,
}


def series(
    folder: Path,
    orientation: Sequence[float] = patient.AXIAL,
    *,
    backwards: bool = False,
    step: float = 4.0,
    change: Callable[[Dataset, int], Dataset | None] = lambda dataset, index: dataset,
    **more: Any,
) -> Path:
    """Write a complete classic series; an attribute given as ``None`` is left out."""
    facts = {key: value for key, value in (COMPLETE | more).items() if value is not None}
    lacking = [key for key, value in more.items() if value is None]

    def changed(dataset: Dataset, index: int) -> Dataset | None:
        for keyword in lacking:
            if keyword in dataset:
                delattr(dataset, keyword)
        return change(dataset, index)

    return patient.classic_series(
        folder, orientation, step, backwards=backwards, change=changed, **facts
    )


def enhanced(path: Path, orientation: Sequence[float] = patient.AXIAL) -> Path:
    """Write a complete enhanced object; its frames are in a shuffled order."""
    dataset = pydicom.dcmread(patient.enhanced_file(path, orientation))
    for keyword, value in COMPLETE.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


@lru_cache(maxsize=16)
def volume_of(path: Path) -> Volume:
    """Read the only series of a folder or file, once."""
    return read_series(find_series(path).series[0])


def stored_images(path: Path) -> dict[str, Dataset]:
    """Return the source objects by their SOP Instance UID."""
    paths = [path] if path.is_file() else sorted(path.iterdir())
    images = [pydicom.dcmread(one) for one in paths]
    return {image.SOPInstanceUID: image for image in images}


def opened(file: DicomFile) -> Dataset:
    """Read a result back."""
    return pydicom.dcmread(io.BytesIO(file.data))
