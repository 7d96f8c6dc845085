"""What a folder of labelled scans holds: one record an image or volume, whatever the layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from brainscan.data.manifest import read_manifest
from brainscan.data.record import TYPES, Label, Record, parse_label
from brainscan.data.scans import NIFTI_SUFFIXES, ScanEntry, find_entries
from brainscan.errors import DatasetError
from brainscan.imaging.files import IMAGE_SUFFIXES, is_hidden
from brainscan.imaging.volume import digest_of

__all__ = ["TYPES", "Dataset", "Label", "Record", "combine", "open_dataset", "parse_label"]

_SPLITS = ("training", "testing", "train", "test", "validation", "val")


@dataclass(frozen=True)
class Dataset:
    """The records found, and what was noticed on the way."""

    root: Path
    records: tuple[Record, ...]
    layout: Literal["manifest", "class folders", "split folders", "unlabelled"]
    warnings: tuple[str, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether any record has a label."""
        return any(record.label is not None for record in self.records)

    @property
    def types(self) -> tuple[str, ...]:
        """Tumor types that occur, in the order of :data:`TYPES`."""
        found = {record.type for record in self.records}
        return tuple(name for name in TYPES if name in found)

    @property
    def volumes(self) -> int:
        """Number of records that are volumes."""
        return sum(record.volume is not None for record in self.records)

    def images_only(self, work: str) -> Dataset:
        """Return the dataset without its volumes, for work on single images.

        Parameters
        ----------
        work
            What is done with the images, as the subject of a sentence.

        Raises
        ------
        DatasetError
            When there is nothing but volumes.
        """
        count = self.volumes
        if not count:
            return self
        kept = tuple(record for record in self.records if record.volume is None)
        if not kept:
            msg = (
                f"{self.root.name} holds {count} volume(s) (NIfTI or DICOM series) and no single "
                f"image. {work} works on single images: export the slices as PNG files. Volumes "
                "can be evaluated as they are."
            )
            raise DatasetError(msg)
        note = f"{work} works on single images; {count} volume(s) were left out."
        return replace(self, records=kept, warnings=(*self.warnings, note))

    def select(
        self, *, folds: Collection[str] | None = None, sources: Collection[str] | None = None
    ) -> Dataset:
        """Return the records of some folds and sources (``None``: all)."""
        kept = tuple(
            record
            for record in self.records
            if (folds is None or record.fold in folds)
            and (sources is None or record.source in sources)
        )
        if not kept:
            have = sorted({record.fold or "none" for record in self.records})
            asked = [
                f"{one if len(names) == 1 else one + 's'} {' or '.join(sorted(names))}"
                for one, names in (("fold", folds), ("source", sources))
                if names
            ]
            msg = (
                f"No image of {self.root.name} is in {' and '.join(asked) or 'none of the folds'}. "
                f"Folds found: {', '.join(have)}; "
                f"sources found: {', '.join(sorted({r.source for r in self.records}))}."
            )
            raise DatasetError(msg)
        return replace(self, records=kept)

    def fingerprint(self) -> str:
        """Return a SHA-256 over all that training depends on, independent of order.

        These are names, labels, groups, folds and the contents of images and masks.
        """
        return fingerprint((record, _digest_of(record)) for record in self.records)


def fingerprint(images: Iterable[tuple[Record, str]]) -> str:
    """Return the fingerprint of records whose images' SHA-256 is already known."""
    lines = sorted(
        json.dumps([r.name, r.label, r.type, r.group, r.fold, image, r.mask and _digest(r.mask)])
        for r, image in images
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest_of(record: Record) -> str:
    if record.volume is None:
        return _digest(record.path)
    return digest_of([_digest(one.path) for one in record.volume.sources if one.path is not None])


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_dataset(path: str | Path) -> Dataset:
    """Find the images and volumes of a dataset and their labels.

    Accepted layouts: a ``manifest.csv`` (columns ``file`` and ``label``; optional ``source``,
    ``group`` or ``patient``, ``fold``, ``sequence``, ``mask``), class folders
    (``glioma meningioma pituitary notumor`` or ``yes no``), a pair of split folders
    (``Training Testing``) that hold class folders, or a plain folder of unlabelled images.
    A NIfTI file, a folder of DICOM files that form a volume, and an enhanced multi-frame file
    are one record each, a volume with one label.

    Parameters
    ----------
    path
        The folder, or the manifest file.

    Raises
    ------
    DatasetError
        When the path does not exist, holds no image, or the manifest is not usable.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise DatasetError(f"{path} does not exist. Check the path for a typing error.")
    if path.is_file():
        if path.suffix.lower() != ".csv":
            msg = f"{path.name} is a file. Give a folder of images or a manifest.csv."
            raise DatasetError(msg)
        root = path.parent.resolve()
        return _from_manifest(root, root / path.name)
    path = path.resolve()  # "." has no name, but sources and warnings are named after the folder
    if (path / "manifest.csv").is_file():
        return _from_manifest(path, path / "manifest.csv")
    return _from_folders(path)


def combine(datasets: Sequence[Dataset], tumor_free: Sequence[Dataset] = ()) -> Dataset:
    """Join datasets for one training.

    Names and groups are prefixed with the dataset's folder name (``name``, ``name-2`` and so on
    for different folders of one name), so that equal names of different datasets stay apart.

    Parameters
    ----------
    datasets
        Labelled datasets.
    tumor_free
        Datasets whose images are all known to show no tumor, whatever their layout.
    """
    joined = []
    prefixes = _prefixes([dataset.root for dataset in (*datasets, *tumor_free)])
    for dataset, known in [(d, None) for d in datasets] + [(d, "no_tumor") for d in tumor_free]:
        prefix = prefixes[dataset.root]
        for record in dataset.records:
            changes = {"name": f"{prefix}/{record.name}"}
            if record.group:
                changes["group"] = f"{prefix}/{record.group}"
            if known:
                changes["label"] = known
            joined.append(replace(record, **changes))  # type: ignore[arg-type]
    warnings = tuple(w for d in (*datasets, *tumor_free) for w in d.warnings)
    return Dataset(datasets[0].root.parent, tuple(joined), "manifest", warnings)


def _prefixes(roots: Iterable[Path]) -> dict[Path, str]:
    prefixes: dict[Path, str] = {}
    for root in roots:
        name, number = root.name, 2
        while root not in prefixes and name in prefixes.values():
            name = f"{root.name}-{number}"
            number += 1
        prefixes.setdefault(root, name)
    return prefixes


def _from_manifest(root: Path, manifest: Path) -> Dataset:
    records, warnings = read_manifest(manifest)
    return Dataset(root, records, "manifest", warnings)


def _from_folders(root: Path) -> Dataset:
    warnings: list[str] = []
    records = list(_class_folders(root, root, None, warnings))
    if records:
        return Dataset(root, tuple(records), "class folders", tuple(warnings))
    splits = [
        folder
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder.name.lower() in _SPLITS
    ]
    for folder in splits:
        records += _class_folders(root, folder, folder.name, warnings)
    if records:
        warnings += _loose_images(root, root)
        return Dataset(root, tuple(records), "split folders", tuple(warnings))
    entries, notes = find_entries(root)
    if not entries:
        msg = (
            f"{root.name} holds no image. Expected class folders (glioma, meningioma, pituitary, "
            "notumor; or yes, no), a manifest.csv, or image files."
        )
        raise DatasetError(" ".join([msg, *warnings]))
    plain = (Record(e.path, n, source=root.name, volume=e.volume) for e, n in _named(root, entries))
    return Dataset(root, tuple(plain), "unlabelled", (*warnings, *notes))


def _named(root: Path, entries: Iterable[ScanEntry]) -> Iterable[tuple[ScanEntry, str]]:
    """Give every entry its path below the root as a name; volumes of one file stay apart."""
    taken: set[str] = set()
    for entry in entries:
        name = entry.path.relative_to(root).as_posix()
        if name == ".":  # a series that is all there is
            name = root.name
        if name in taken and entry.volume is not None:
            name = f"{name}, {entry.volume.name}"
        taken.add(name)
        yield entry, name


def _class_folders(
    root: Path, parent: Path, fold: str | None, warnings: list[str]
) -> Iterable[Record]:
    unknown = []
    found: list[Record] = []
    for folder in sorted(entry for entry in parent.iterdir() if entry.is_dir()):
        try:
            label, kind = parse_label(folder.name)
        except KeyError:
            unknown.append(folder.name)
            continue
        entries, notes = find_entries(folder)
        warnings += notes
        if not entries:
            warnings.append(
                f"The class folder {folder.relative_to(root).as_posix()} holds no image; "
                "the dataset is read without it."
            )
        for entry, name in _named(root, entries):
            found.append(
                Record(
                    entry.path,
                    name,
                    label,
                    kind,
                    source=root.name,
                    fold=fold,
                    volume=entry.volume,
                )
            )
    if found and unknown:
        warnings.append(
            f"Folders that name no known class were left out: {', '.join(unknown[:5])}."
        )
    if found:
        warnings += _loose_images(root, parent)
    return found


def _loose_images(root: Path, parent: Path) -> list[str]:
    """Say how many images lie beside the folders that give the others their class."""
    count = sum(
        entry.name.lower().endswith((*IMAGE_SUFFIXES, *NIFTI_SUFFIXES))
        and not is_hidden(entry.name)
        and entry.is_file()
        for entry in parent.iterdir()
    )
    if not count:
        return []
    place = (Path(root.name) / parent.relative_to(root)).as_posix()
    return [
        f"Images that lie in {place} itself, in no class folder, were left out: {count}. "
        "Move them into a class folder to use them."
    ]
