"""An asymmetric patient in space, and files of it in every orientation, written by hand.

The head is an ellipsoid around the origin; a bright marker lies in the patient's left, anterior,
superior part. Coordinates are RAS+ millimetres unless a name says LPS.
"""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from brainscan.imaging.orientation import Plane
from brainscan.imaging.volume import Volume

MARKER = np.array([-18.0, 15.0, 12.0])
NAME = "Doe^Secretia"
PATIENT_ID = "PID-4711-X"
BIRTH_DATE = "19610203"
STUDY_DATE = "20240131"
SECRETS = ("Doe", "Secretia", PATIENT_ID, BIRTH_DATE, STUDY_DATE)
MR_CLASS = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR_CLASS = "1.2.840.10008.5.1.4.1.1.4.1"

# Row direction and column direction in LPS+, as scanners write them.
AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
OBLIQUE = (0.98, 0.12, -0.1589025, -0.0871, 0.9769, 0.1952)


def intensity(ras: np.ndarray) -> np.ndarray:
    """Return the patient's values at ``(..., 3)`` points."""
    inside = ((ras / [34.0, 40.0, 36.0]) ** 2).sum(axis=-1) <= 1
    near = ((ras - MARKER) ** 2).sum(axis=-1) <= 7.0**2
    tissue = np.rint(300 + ras @ [2.1, 1.3, 0.9])
    return np.where(near, 1000, np.where(inside, tissue, 0))


def directions(orientation: Sequence[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return orthonormal LPS+ directions: across a row, down a column, across slices."""
    across = np.array(orientation[:3], float)
    across /= np.linalg.norm(across)
    down = np.array(orientation[3:], float)
    down -= across * (down @ across)
    down /= np.linalg.norm(down)
    return across, down, np.cross(across, down)


def slice_pixels(
    orientation: Sequence[float],
    step: float,
    spacing: tuple[float, float] = (2.0, 2.0),
    size: tuple[int, int] = (48, 44),
    count: int = 20,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each slice its pixels and the LPS+ position of its first pixel."""
    across, down, normal = directions(orientation)
    rows, columns = np.mgrid[: size[0], : size[1]]
    found = []
    for index in range(count):
        corner = normal * step * (index - (count - 1) / 2)
        corner = corner - down * spacing[0] * (size[0] - 1) / 2
        corner = corner - across * spacing[1] * (size[1] - 1) / 2
        lps = (
            corner + rows[..., None] * spacing[0] * down + columns[..., None] * spacing[1] * across
        )
        found.append((intensity(lps * [-1, -1, 1]).astype(np.uint16), corner))
    return found


def header(**more: Any) -> Dataset:
    """Return a data set with the patient's identity and an MR series, without pixels."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = MR_CLASS
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = "1.2.3.4"
    dataset.SeriesInstanceUID = "1.2.3.4.5"
    dataset.PatientName = NAME
    dataset.PatientID = PATIENT_ID
    dataset.PatientBirthDate = BIRTH_DATE
    dataset.StudyDate = STUDY_DATE
    dataset.Modality = "MR"
    dataset.SeriesDescription = "AX T1 post Gd Doe"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return dataset


def with_pixels(dataset: Dataset, pixels: np.ndarray, bits: int = 12) -> Dataset:
    """Put uncompressed pixels into a data set."""
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = dataset.get("PhotometricInterpretation", "MONOCHROME2")
    dataset.BitsAllocated = pixels.dtype.itemsize * 8
    dataset.BitsStored = min(bits, dataset.BitsAllocated)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset["PixelData"].VR = "OW"
    return dataset


def to_bytes(dataset: Dataset, *, bare: bool = False) -> bytes:
    """Return the file; ``bare`` leaves preamble and meta information out."""
    buffer = io.BytesIO()
    if bare:
        del dataset.file_meta
        pydicom.dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True)
    else:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def classic_series(
    folder: Path,
    orientation: Sequence[float] = AXIAL,
    step: float = 4.0,
    *,
    backwards: bool = False,
    spacing: tuple[float, float] = (2.0, 2.0),
    change: Callable[[Dataset, int], Dataset | None] = lambda dataset, index: dataset,
    **more: Any,
) -> Path:
    """Write a series of single-frame files, with names and numbers in either order."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = slice_pixels(orientation, step, spacing)
    across, down, _ = directions(orientation)
    for index, (pixels, corner) in enumerate(slices):
        number = len(slices) - index if backwards else index + 1
        dataset = header(**more)
        dataset.InstanceNumber = number
        dataset.ImagePositionPatient = [f"{part:.6f}" for part in corner]
        dataset.ImageOrientationPatient = [f"{part:.9f}" for part in (*across, *down)]
        dataset.PixelSpacing = list(spacing)
        dataset.SliceThickness = step
        changed = change(with_pixels(dataset, pixels), index)
        if changed is not None:
            (folder / f"IM{(number * 7) % 23:04d}").write_bytes(to_bytes(changed))
    return folder


def enhanced_file(path: Path, orientation: Sequence[float] = AXIAL, step: float = 4.0) -> Path:
    """Write the slices as frames of one enhanced multi-frame object, in a shuffled order."""
    slices = slice_pixels(orientation, step)
    order = np.random.default_rng(3).permutation(len(slices))
    across, down, _ = directions(orientation)
    dataset = header(SOPClassUID=ENHANCED_MR_CLASS, NumberOfFrames=len(slices))
    shared, measures, plane, rescale = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [2.0, 2.0], step
    plane.ImageOrientationPatient = [f"{part:.9f}" for part in (*across, *down)]
    rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = 2, 5, "US"
    shared.PixelMeasuresSequence = [measures]
    shared.PlaneOrientationSequence = [plane]
    shared.PixelValueTransformationSequence = [rescale]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for index in order:
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [f"{part:.6f}" for part in slices[index][1]]
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    path.write_bytes(to_bytes(with_pixels(dataset, np.stack([slices[i][0] for i in order]))))
    return path


def nifti_bytes(
    affine: np.ndarray,
    shape: tuple[int, int, int] = (40, 44, 36),
    *,
    qform: np.ndarray | None = None,
    codes: tuple[int, int] = (1, 1),
    dtype: type = np.int16,
    compressed: bool = True,
    edit: Callable[[nib.Nifti1Header, np.ndarray], np.ndarray | None] = lambda head, data: None,
) -> bytes:
    """Return a NIfTI file of the patient on a grid."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), axis=-1)
    ras = index @ affine[:3, :3].T + affine[:3, 3]
    values = intensity(ras).astype(dtype)
    image = nib.Nifti1Image(values, affine)
    image.set_qform(affine if qform is None else qform, code=codes[0])
    image.set_sform(affine, code=codes[1])
    changed = edit(image.header, values)
    if changed is not None:
        image = nib.Nifti1Image(changed, None, image.header)
    data = image.to_bytes()
    return gzip.compress(data, 1) if compressed else data


def marker_place(voxels: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Return where the marker lies in a volume that was read, in RAS+ millimetres."""
    bright = np.argwhere(voxels > 0.7 * voxels.max())
    return np.asarray(affine[:3, :3] @ bright.mean(axis=0) + affine[:3, 3])


def displayed_at(
    volume: Volume, plane: Plane, voxel: tuple[float, float, float]
) -> tuple[float, float]:
    """Return the row and column at which a canonical voxel is shown on its slice."""
    # Radiological display: the head up or the face up, the patient's left on the right, and on
    # sagittal slices the face on the left. Canonical axes run to the right, front and top.
    across, down = {"sagittal": (1, 2), "coronal": (0, 2), "axial": (0, 1)}[plane]
    return volume.shape[down] - 1 - voxel[down], volume.shape[across] - 1 - voxel[across]


def csa_header(tags: dict[str, tuple[str, list[str]]]) -> bytes:
    """Write Siemens' CSA2 header: tags of name, value representation and text items."""
    body = b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(tags), 77)
    for name, (vr, items) in tags.items():
        body += struct.pack("<64si4siii", name.encode(), len(items), vr.encode(), 0, len(items), 77)
        for item in items:
            data = item.encode() + b"\x00"
            body += struct.pack("<4i", len(data), len(data), 77, len(data))
            body += data + bytes(-len(data) % 4)
    return body
