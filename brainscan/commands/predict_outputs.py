"""The files that ``predict`` writes: where each lies, and that none lies on an input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from brainscan.errors import BrainScanError
from brainscan.imaging.files import IMAGE_SUFFIXES
from brainscan.imaging.intake import FoundScan

_SUFFIXES = (".nii.gz", ".nii", *sorted(IMAGE_SUFFIXES))
_ODD = re.compile(r"[^\w.+-]+")
_LONGEST = 80


@dataclass(frozen=True)
class Targets:
    """What is written of one scan; ``None`` where nothing is asked for.

    Attributes
    ----------
    heatmap, mask
        Files.
    dicom
        Folder for DICOM results.
    label
        Name of the picture in data sets for trainers, below their folder of pictures and
        without suffix; of a volume it begins the names.
    """

    heatmap: Path | None
    mask: Path | None
    dicom: Path | None
    label: Path | None = None


@dataclass
class Naming:
    """Gives every scan its files below the output folders, no two of one name on any system.

    Attributes
    ----------
    heatmaps, masks, dicom, coco, yolo
        The output folders; ``None`` where nothing is asked for.
    """

    heatmaps: Path | None = None
    masks: Path | None = None
    dicom: Path | None = None
    coco: Path | None = None
    yolo: Path | None = None
    _taken: set[str] = field(default_factory=set, repr=False)

    @property
    def folders(self) -> tuple[Path, ...]:
        """All output folders."""
        found = (self.heatmaps, self.masks, self.dicom, *self.label_folders.values())
        return tuple(one for one in found if one)

    @property
    def label_folders(self) -> dict[str, Path | None]:
        """The output folders of data sets for trainers, by their kind."""
        return {"coco": self.coco, "yolo": self.yolo}

    def targets(self, scan: FoundScan, place: Path) -> Targets:
        """Name the files of a scan after its place below an output folder.

        Volumes are written as NIfTI, slices as NumPy array and 1-bit PNG.
        """
        heat, mask = (".nii.gz", ".nii.gz") if scan.is_volume else (".npy", ".png")
        if scan.is_volume and self.masks and self.masks == self.heatmaps:
            mask = "-mask.nii.gz"
        return Targets(
            self._name(self.heatmaps, place, heat),
            self._name(self.masks, place, mask),
            self._name(self.dicom, place, "") if scan.kind != "nifti" else None,
            self._label(place),
        )

    def _label(self, place: Path) -> Path | None:
        if not (self.coco or self.yolo):
            return None
        root = Path("labels")
        named = self._name(root, place, "")
        return named.relative_to(root) if named else None

    def _name(self, folder: Path | None, place: Path, suffix: str) -> Path | None:
        """Name an output after the input's stem; a second input of that stem keeps its suffix."""
        if folder is None:
            return None
        target = folder / place.with_name(_stem(place.name) + suffix)
        if str(target).casefold() in self._taken:
            target = folder / place.with_name(place.name + suffix)
        number = 2
        while str(target).casefold() in self._taken:
            target = folder / place.with_name(f"{place.name}-{number}{suffix}")
            number += 1
        self._taken.add(str(target).casefold())
        return target


def _stem(name: str) -> str:
    """Return a file name without the suffix of an image; a dot in a UID is none."""
    for suffix in _SUFFIXES:
        if name.casefold().endswith(suffix):
            stem = name[: -len(suffix)]
            return stem if stem.strip(".") else name  # dots alone would name another folder
    return name


def place_of(scan: FoundScan, given: Iterable[Path]) -> Path:
    """Return where the outputs of a scan lie below an output folder.

    As the file lies below the folder that was given; a series of several files is named after
    its description, which holds nothing of the patient.
    """
    found = scan.place or Path(scan.name)
    several = len(scan.sources) > 1
    place = Path() if several else Path(found.name)
    for root in given:
        # What is given by itself keeps its name, an archive as a folder.
        above = root if root.is_dir() else root.parent
        if found.is_relative_to(root):
            place = found.relative_to(above)
            break
    if several:
        place /= _ODD.sub("-", scan.name).strip("-.")[:_LONGEST] or "series"
    return place


def refuse_to_overwrite(inputs: Iterable[Path], outputs: Iterable[Path]) -> None:
    """Refuse outputs that are also inputs.

    Raises
    ------
    BrainScanError
        Naming the first such output.
    """
    taken = {_identity(path) for path in inputs}
    for output in outputs:
        if _identity(output) in taken:
            msg = (
                f"The output {output} is also one of the files to read and would be overwritten. "
                "Choose another place for the output."
            )
            raise BrainScanError(msg)


def refuse_inputs_below(inputs: Iterable[Path], folders: Iterable[Path]) -> None:
    """Refuse to fill folders from which files are read.

    Raises
    ------
    BrainScanError
        Naming the first such file.
    """
    filled = [folder.resolve() for folder in folders]
    for path in inputs:
        for folder in filled:
            if path.resolve().is_relative_to(folder):
                msg = (
                    f"{path} is one of the files to read and lies in {folder}, which would be "
                    "filled with pictures and labels. Choose another place for the output."
                )
                raise BrainScanError(msg)


def _identity(path: Path) -> tuple[int, int] | Path:
    """Return what two names of one file share: links and letter case included."""
    try:
        status = path.stat()
    except OSError:
        return path.resolve()
    return status.st_dev, status.st_ino


def write_map(target: Path, values: np.ndarray) -> None:
    """Write a map of a slice as ``.npy``.

    Raises
    ------
    BrainScanError
        If it cannot be written.
    """
    _make_folder(target)
    try:
        np.save(target, values)
    except OSError as error:
        raise _unwritten(target, error) from error


def write_bytes(target: Path, data: bytes) -> None:
    """Write a file and the folders it lies in.

    Raises
    ------
    BrainScanError
        If it cannot be written.
    """
    _make_folder(target)
    try:
        target.write_bytes(data)
    except OSError as error:
        raise _unwritten(target, error) from error


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritten(target, error) from error


def _unwritten(target: Path, error: OSError) -> BrainScanError:
    return BrainScanError(
        f"{target} could not be written: {error.strerror}. Choose another folder."
    )
