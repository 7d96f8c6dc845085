"""What the files of a dataset are: single images, and volumes that are one record each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from brainscan.errors import DatasetError
from brainscan.imaging.files import IMAGE_SUFFIXES, find_files, natural_key
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff
from brainscan.imaging.intake import FoundScan, find_scans
from brainscan.imaging.source import Source

NIFTI_SUFFIXES = (".nii", ".nii.gz")
_IMAGES = READABLE | {Format.GIF}  # which is refused with a remedy
_DISC_INDEX = "DICOMDIR"  # PS3.10 section 8.6: its files lie beside it and are found by themselves


@dataclass(frozen=True, eq=False)
class ScanEntry:
    """One image or volume of a dataset.

    Attributes
    ----------
    path
        The file; of a series that is all there is in its folder, the folder.
    volume
        What to read of a volume; ``None`` for a single image.
    """

    path: Path
    volume: FoundScan | None = None


def find_entries(folder: Path) -> tuple[list[ScanEntry], list[str]]:
    """Find the images and volumes below a folder, in natural order.

    Files are recognised by content, as :func:`brainscan.imaging.intake.find_scans` does; a bad
    file whose suffix says that it is an image is kept, so that it is reported and not lost.
    DICOM files are grouped into series folder by folder, because de-identified copies often
    share their identifiers: the images of a series that form a volume are one entry, others are
    single images. ZIP archives are left alone.

    Returns
    -------
    entries
        Every image and volume.
    warnings
        Sentences about DICOM folders, such as two patients in one.

    Raises
    ------
    DatasetError
        If the folder cannot be opened.
    """
    entries: list[ScanEntry] = []
    dicom: dict[Path, list[Path]] = {}
    for path in find_files(folder):
        kind = _kind(path)
        if kind is Format.DICOM:
            dicom.setdefault(path.parent, []).append(path)
        elif kind is Format.NIFTI or claims_nifti(path):
            entries.append(ScanEntry(path, _nifti(path)))
        elif kind in _IMAGES or path.suffix.casefold() in IMAGE_SUFFIXES:
            entries.append(ScanEntry(path))
    warnings: list[str] = []
    for place, files in dicom.items():
        found, notes = _of_dicom(files)
        alone = len(found) == 1 and not any(entry.path.parent == place for entry in entries)
        entries += [ScanEntry(place, found[0].volume)] if alone and found[0].volume else found
        warnings += [f"{place.name}: {note}" for note in notes]
    entries.sort(key=lambda entry: (natural_key(entry.path.relative_to(folder)), str(entry.path)))
    return entries, warnings


def entry_of(path: Path) -> tuple[ScanEntry, tuple[str, ...]]:
    """Return what one path of a manifest names, and sentences about it.

    A folder stands for the DICOM series or NIfTI volume in it. Where there are several, it
    stands for the one that the app would open first, and a sentence says so.

    Raises
    ------
    DatasetError
        If a folder holds nothing that can be read as a volume.
    """
    if not path.is_dir():
        kind = _kind(path)
        if kind is Format.NIFTI or claims_nifti(path):
            return ScanEntry(path, _nifti(path)), ()
        if kind is Format.DICOM:
            found, _ = _of_dicom([path])
            if len(found) == 1 and found[0].volume is not None:
                return ScanEntry(path, found[0].volume), ()
        return ScanEntry(path), ()
    intake = find_scans(find_files(path))
    volumes = [one for one in intake.volumes if one.path is not None]  # none inside a ZIP archive
    if not volumes:
        if intake.rejected and intake.rejected[0].path is not None:
            return ScanEntry(intake.rejected[0].path), ()  # its reading says what is wrong
        msg = (
            f"The folder {path.name} holds no DICOM series and no NIfTI file that makes a volume. "
            "Name a single file, or a folder that holds one series."
        )
        raise DatasetError(msg)
    first = intake.dicom.preselected
    chosen = next((one for one in volumes if first and one.series is first), volumes[0])
    if len(volumes) == 1:
        return ScanEntry(path, chosen), ()
    note = (
        f"The folder {path.name} holds {len(volumes)} volumes; “{chosen.name}” stands for it. Give "
        "each series a folder and a line of its own to evaluate all."
    )
    return ScanEntry(path, chosen), (note,)


def claims_nifti(path: Path) -> bool:
    """Whether a file says by its name that it is a NIfTI volume."""
    return path.name.casefold().endswith(NIFTI_SUFFIXES)


def _nifti(path: Path) -> FoundScan | None:
    """Describe a NIfTI file; ``None`` for one that vanished, whose reading says so."""
    try:
        return FoundScan("nifti", path.name, (Source.of_path(path),))
    except OSError:
        return None


def _kind(path: Path) -> Format:
    try:
        with path.open("rb") as stream:
            return sniff(stream.read(HEAD_BYTES))
    except OSError:
        return Format.UNKNOWN


def _of_dicom(files: Iterable[Path]) -> tuple[list[ScanEntry], tuple[str, ...]]:
    """Group the DICOM files of a folder; those that cannot be used count as single images."""
    named = [path for path in files if path.name.upper() != _DISC_INDEX]
    intake = find_scans([Source.of_path(path) for path in named])
    entries = []
    for scan in intake.scans:
        first = scan.sources[0].path
        assert first is not None  # every source was made of a path
        entries.append(ScanEntry(first, scan if scan.is_volume else None))
    refused = (one.path for one in intake.rejected)
    entries += [ScanEntry(path) for path in refused if path is not None]
    return entries, intake.warnings
