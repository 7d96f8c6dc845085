"""DICOM: recognise it, find series in it, read slices and volumes from it.

Nothing of the patient is logged, put into an exception or written to disk here. Identity is
collected in :class:`brainscan.imaging.identity.Identity` and in no other place.
"""

from __future__ import annotations

from brainscan.imaging.dicom.folder import Rejected, SeriesFolder, find_series
from brainscan.imaging.dicom.scan import read_dicom_scan
from brainscan.imaging.dicom.series import Series
from brainscan.imaging.dicom.volume import read_series
from brainscan.imaging.formats import HEAD_BYTES, Format, sniff

__all__ = [
    "Rejected",
    "Series",
    "SeriesFolder",
    "find_series",
    "is_dicom",
    "read_dicom_scan",
    "read_series",
]


def is_dicom(data: bytes) -> bool:
    """Whether bytes are (the beginning of) a DICOM file, with or without preamble."""
    return sniff(data[:HEAD_BYTES]) is Format.DICOM
