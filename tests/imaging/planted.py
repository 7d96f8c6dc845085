"""Secrets planted in every attribute of a DICOM file, and copies made without them."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pydicom
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.deidentify import Deidentified, Deidentifier
from brainscan.imaging.dicom.profile import BULK, TECHNICAL_TEXT
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.bad_inputs import PIXELS

KEY = b"a secret of more than sixteen bytes"
TEXT = ("LO", "SH", "LT", "ST", "UC", "UT", "UR", "AE", "PN")
BYTES = ("OB", "OW", "UN", "OB or OW")
MARK = "QZX"
"""Begins every secret of the tests; it occurs in nothing else."""
REFUSED = {"EncapsulatedDocument", "DirectoryRecordSequence"}
STRUCTURE = {"SOPClassUID", "SpecificCharacterSet"}


def source(data: bytes | Dataset, name: str = "slice.dcm") -> Source:
    return Source.of_bytes(data if isinstance(data, bytes) else patient.to_bytes(data), name)


def copy(data: bytes | Dataset, **options: bool) -> tuple[Deidentified, Dataset]:
    made = Deidentifier(Pseudonyms(KEY), **options).copy(source(data))
    return made, pydicom.dcmread(io.BytesIO(made.data))


def public() -> Iterator[tuple[int, str, str]]:
    """Yield tag, VR and keyword of every attribute that a data set may hold."""
    for tag, (vr, _, _, _, keyword) in DicomDictionary.items():
        if tag >> 16 > 4 and keyword and keyword not in REFUSED | STRUCTURE:
            yield tag, vr, keyword


def secret(tag: int, vr: str) -> object:
    """Return a value of a kind that can be found again."""
    if vr == "UI":
        return f"1.2.987654.{tag}"
    if vr == "DA":
        return "19510723"
    if vr == "DT":
        return "19510723074931"
    if vr == "TM":
        return "074931"
    if vr == "AS":
        return "077Y"
    word = f"{MARK}{tag:08x}"
    return word.encode() if vr in BYTES else word


SECRET_BYTES = (MARK.encode(), b"1.2.987654", b"19510723", b"074931", b"077Y")


def fill(dataset: Dataset) -> Dataset:
    """Fill every attribute that can name somebody with a secret of its own."""
    for tag, vr, keyword in public():
        if tag in TECHNICAL_TEXT | BULK:
            continue
        names_a_kind = keyword.endswith(("ClassUID", "TransferSyntaxUID"))
        if vr in (*TEXT, "UI", "DA", "DT", "TM", "AS", *BYTES) and not names_a_kind:
            dataset.add_new(tag, "OB" if vr in BYTES else vr, secret(tag, vr))
    return dataset


def everything() -> Dataset:
    """Return an image with secrets at every depth, in every corner of the file."""
    dataset = patient.with_pixels(fill(patient.header()), PIXELS)
    dataset.SOPInstanceUID = "1.2.987654.1"
    inner = fill(Dataset())
    deepest = fill(Dataset())
    inner.ReferencedImageSequence = [deepest]
    dataset.SharedFunctionalGroupsSequence = [inner]
    dataset.ReferencedImageSequence = [fill(Dataset())]
    dataset.ContentSequence = [fill(Dataset())]
    dataset.OtherPatientIDsSequence = [fill(Dataset())]
    for holder in (dataset, inner):
        block = holder.private_block(0x0029, f"{MARK} CREATOR", create=True)
        block.add_new(1, "LO", f"{MARK} private")
        block.add_new(2, "SQ", [fill(Dataset())])
    dataset.add_new(0x50000020, "CS", f"{MARK} CURVE")
    dataset.add_new(0x60020010, "US", 8)
    dataset.add_new(0x60020102, "US", 0)
    dataset.add_new(0x60021500, "LO", f"{MARK} overlay")
    dataset.add_new(0x60023000, "OW", MARK.encode() * 4)
    dataset.add_new(0xFFFCFFFC, "OB", MARK.encode() * 2)
    dataset.file_meta.SourceApplicationEntityTitle = f"{MARK} AE"
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.987654.2"
    dataset.file_meta.PrivateInformation = MARK.encode() * 2
    dataset.preamble = (MARK.encode() * 60)[:128]
    return dataset
