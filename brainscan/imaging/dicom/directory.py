"""DICOMDIR: the table of contents of a DICOM disc (PS3.10 section 8, PS3.3 annex F)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.parsing import PARSE_ERRORS, items, parse_dicom, text, value
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.source import Source, unreadable

_CLASS = b"1.2.840.10008.1.3.10\x00"
_META_BYTES = 1024


@dataclass(frozen=True)
class Listed:
    """What a DICOMDIR lists.

    Attributes
    ----------
    sources
        The image files that are there.
    warnings
        Sentences on files that are missing.
    """

    sources: tuple[Source, ...]
    warnings: tuple[str, ...]


def is_directory(source: Source) -> bool:
    """Whether a DICOM file is a DICOMDIR, by the class in its meta information or its name.

    Raises
    ------
    FileUnreadable
        If the file cannot be read from disk.
    """
    if source.name.casefold() == "dicomdir":
        return True
    try:
        with source.open() as stream:
            return _CLASS in stream.read(_META_BYTES)
    except OSError as error:
        raise unreadable(source, error) from error


def listed_files(source: Source, limits: ReadLimits) -> Listed:
    """Return the images a DICOMDIR refers to.

    File names are matched without regard to case, as discs are mounted in capitals or not, and
    never lead out of the DICOMDIR's folder.

    Raises
    ------
    InputRejected
        If the file is damaged, or exists in memory only, without a folder around it.
    """
    records = items(parse_dicom(source, limits, pixels=False), "DirectoryRecordSequence")
    if not records:
        raise InputRejected(
            f"{source.name} is a DICOMDIR without a list of files. Open the folder it is in."
        )
    if source.path is None:
        raise InputRejected(
            f"{source.name} is a DICOMDIR, the table of contents of a DICOM disc. Choose the "
            "files or the folder it lists as well."
        )
    root = source.path.parent
    found: list[Source] = []
    missing = 0
    for record in records:
        if text(record, "DirectoryRecordType").upper() != "IMAGE":
            continue
        path = _resolve(root, _parts(record))
        if path is None:
            missing += 1
        else:
            found.append(Source.of_path(path))
    warnings: tuple[str, ...] = ()
    if missing:
        noun = "file" if missing == 1 else "files"
        warnings = (
            f"{missing} of {missing + len(found)} images that the DICOMDIR lists are not there: "
            f"copy the whole disc ({missing} {noun} missing).",
        )
    return Listed(tuple(found), warnings)


def _parts(record: Dataset) -> tuple[str, ...]:
    found = value(record, "ReferencedFileID")
    if found is None:
        return ()
    try:
        return (found,) if isinstance(found, str) else tuple(str(part) for part in found)
    except PARSE_ERRORS:
        return ()


def _resolve(root: Path, parts: tuple[str, ...]) -> Path | None:
    """Follow the components of a file ID below the DICOMDIR's folder."""
    here = root
    for part in parts:
        if part in ("", ".", "..") or "/" in part or "\\" in part or not here.is_dir():
            return None
        exact = here / part
        if not exact.exists():
            folded = part.casefold()
            matches = [child for child in here.iterdir() if child.name.casefold() == folded]
            if not matches:
                return None
            exact = matches[0]
        here = exact
    inside = here.resolve().is_relative_to(root.resolve())
    return here if parts and here.is_file() and inside else None
