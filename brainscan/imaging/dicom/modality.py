"""What kind of object a DICOM file is, and whether it can be an MR scan."""

from __future__ import annotations

from typing import Literal

from pydicom.dataset import Dataset

from brainscan.imaging.dicom.parsing import text

_KINDS = {
    "CT": "a CT image",
    "CR": "an X-ray image",
    "DX": "an X-ray image",
    "DR": "an X-ray image",
    "RG": "an X-ray image",
    "PX": "an X-ray image",
    "IO": "an X-ray image",
    "MG": "a mammogram",
    "RF": "a fluoroscopy",
    "XA": "an angiography",
    "US": "an ultrasound image",
    "IVUS": "an ultrasound image",
    "PT": "a PET image",
    "NM": "a nuclear medicine image",
    "ES": "an endoscopy",
    "XC": "a photograph",
    "GM": "a microscopy image",
    "SM": "a microscopy image",
    "OP": "a photograph of the eye",
    "OPT": "an eye tomography",
    "OCT": "an optical tomography",
    "RTIMAGE": "a radiotherapy image",
    "RTDOSE": "a dose distribution",
    "SEG": "a segmentation",
    "RTSTRUCT": "a set of radiotherapy contours",
    "RTPLAN": "a radiotherapy plan",
    "SR": "a structured report",
    "PR": "a presentation state",
    "KO": "a list of key images",
    "REG": "a registration",
    "DOC": "a document",
    "ECG": "an ECG",
    "HD": "a waveform",
    "AU": "a sound recording",
}
_BY_CLASS = {
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.1": "CR",
    "1.2.840.10008.5.1.4.1.1.6": "US",
    "1.2.840.10008.5.1.4.1.1.12": "XA",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.20": "NM",
    "1.2.840.10008.5.1.4.1.1.481.2": "RTDOSE",
    "1.2.840.10008.5.1.4.1.1.66": "SEG",
    "1.2.840.10008.5.1.4.1.1.88": "SR",
    "1.2.840.10008.5.1.4.1.1.4": "MR",
}

Verdict = Literal["mr", "unsaid", "other"]


def modality(dataset: Dataset) -> str:
    """Return the Modality in capitals, from the SOP class where the element is missing."""
    stated = text(dataset, "Modality").upper()
    if stated:
        return stated
    found = text(dataset, "SOPClassUID")
    fitting = [uid for uid in _BY_CLASS if found == uid or found.startswith(f"{uid}.")]
    return _BY_CLASS[max(fitting, key=len)] if fitting else ""


def judge(stated: str) -> Verdict:
    """Judge a Modality: ``"mr"``, ``"other"``, or ``"unsaid"`` as for secondary captures."""
    if stated == "MR":
        return "mr"
    return "other" if stated in _KINDS else "unsaid"


def describe(stated: str) -> str:
    """Return what a file of a Modality is, in words: ``"an X-ray image (DX)"``."""
    if stated not in _KINDS:
        return f"of the modality {stated or 'nobody states'}"
    return _KINDS[stated] if f" {stated} " in _KINDS[stated] else f"{_KINDS[stated]} ({stated})"
