"""Results in the clinic's own format: pictures, reports, segmentations and contours in DICOM.

They belong to the patient and study of the images that were read, form series of their own,
and say in text and in their headers that they are for research use only.
"""

from __future__ import annotations

from brainscan.reporting.dicom.capture import secondary_captures
from brainscan.reporting.dicom.file import DicomFile
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.report import structured_report
from brainscan.reporting.dicom.rtstruct import structure_set
from brainscan.reporting.dicom.segmentation import evidence_segmentation, mask_segmentation
from brainscan.reporting.dicom.writing import KINDS, Written, make_results, write_results

__all__ = [
    "KINDS",
    "DicomFile",
    "Findings",
    "Written",
    "evidence_segmentation",
    "make_results",
    "mask_segmentation",
    "secondary_captures",
    "structure_set",
    "structured_report",
    "write_results",
]
