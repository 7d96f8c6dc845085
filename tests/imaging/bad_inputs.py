"""Files that are no MR scan, or a damaged one: what radiologists' folders really hold."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np

from tests.imaging import patient

PIXELS = np.arange(40 * 48, dtype=np.uint16).reshape(40, 48)
AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])
AFFINE[:3, 3] = [39, 43, -35]


def dicom(**more: object) -> bytes:
    """Return a sound single image, a patient's first by default."""
    return patient.to_bytes(patient.with_pixels(patient.header(**more), PIXELS))


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted(members: dict[str, bytes]) -> bytes:
    """Return a ZIP archive of one member that says it is encrypted."""
    data = bytearray(zipped(members))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    return bytes(data)


def _report() -> bytes:
    return patient.to_bytes(
        patient.header(Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33")
    )


def _three_gigabytes() -> bytes:
    data = dicom()
    place = data.index(b"\x10\x00\x10\x00PN")
    return data[:place] + b"\x10\x00\x10\x00UN" + struct.pack("<HI", 0, 3_000_000_000) + bytes(100)


def _wrong_rows() -> bytes:
    dataset = patient.with_pixels(patient.header(), PIXELS)
    dataset.Rows = 80
    return patient.to_bytes(dataset)


def _nifti(place: int | None = None, raw: bytes = b"", bad: float | None = None) -> bytes:
    values = np.random.default_rng(0).random((40, 44, 36)).astype(np.float32)
    if bad is not None:
        values[3, 4, 5] = bad
    data = bytearray(nib.Nifti1Image(values, AFFINE).to_bytes())
    if place is not None:
        data[place : place + len(raw)] = raw
    return bytes(data)


def bad_inputs() -> dict[str, tuple[bytes, str]]:
    """Return for each file name its bytes and words of the sentence it must get."""
    return {
        "ct.dcm": (dicom(Modality="CT"), "a CT image, not an MR scan"),
        "xray": (dicom(Modality="DX"), "an X-ray image (DX), not an MR scan"),
        "report.dcm": (_report(), "a structured report (SR), not an image"),
        "long.dcm": (_three_gigabytes(), "it states no rows and columns"),
        "rows.dcm": (_wrong_rows(), "declares 48 x 80 pixels"),
        "short.dcm": (dicom(SeriesInstanceUID="1.2.3.77")[:-500], "ends early"),
        "nan.nii": (_nifti(bad=np.nan), "not finite"),
        "flat.nii": (_nifti(80, np.float32(0).tobytes()), "voxel size of 0"),
        "singular.nii": (_nifti(280, bytes(16)), "singular"),
        "half.nii": (_nifti()[:9000], "ends early"),
        "letter.jpg": (b"Dear colleague,\n", "contains text"),
        "viewer.exe": (b"MZ" + bytes(range(256)), "no scan, so it is left out"),
        "empty.png": (b"", "is empty"),
        "locked.zip": (encrypted({"IM1": dicom()}), "is encrypted"),
        "nest.zip": (zipped({"inner.zip": zipped({"a": dicom()})}), "archive inside the archive"),
        "torn.zip": (zipped({"IM1": dicom()})[:-30], "not a ZIP archive"),
    }


def write_all(folder: Path) -> Path:
    """Write every bad input into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (data, _) in bad_inputs().items():
        (folder / name).write_bytes(data)
    return folder
