"""A finished DICOM file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from brainscan.reporting.dicom.findings import Findings

_DIGEST = 12
_NUMBERED = {"sc": 1, "sr": 2, "seg": 3, "evidence": 4, "rtstruct": 5}
_SERIES_STEP = 100
_HIGHEST_SERIES = 100_000


@dataclass(frozen=True, eq=False)
class DicomFile:
    """A DICOM file in memory.

    Attributes
    ----------
    name
        To save it under; made of the digest of the scan's bytes, so that nothing in it comes
        from the patient or the file names of the images.
    data
        The file (PS3.10).
    """

    name: str
    data: bytes = field(repr=False)


def series_number(findings: Findings, kind: str) -> int:
    """Return a series number that sorts behind the images' own: 4 becomes 491 to 495."""
    own = findings.origin.series_number
    if not 0 < own < _HIGHEST_SERIES:
        own = 0
    return own * _SERIES_STEP + 90 + _NUMBERED[kind]


def finish(dataset: Dataset, findings: Findings, kind: str, number: int | None = None) -> DicomFile:
    """Place a result with its patient and study, and write it.

    The patient's data are put in only here: the library that builds results quotes names in
    warnings and log entries.
    """
    dataset.update(findings.origin.patient)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    parts = ["brainscan", findings.answer.sha256[:_DIGEST], kind]
    if number is not None:
        parts.append(f"{number:02d}")
    return DicomFile("-".join(parts) + ".dcm", buffer.getvalue())
