"""Datasets described by a ``manifest.csv``."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

from brainscan.data.record import TYPES, Record, parse_label
from brainscan.data.scans import ScanEntry, entry_of
from brainscan.errors import DatasetError


def read_manifest(manifest: Path) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """Return the records of a ``manifest.csv``; its paths are relative to its folder.

    A ``file`` may be an image, a NIfTI volume, an enhanced multi-frame DICOM file, or a folder
    that holds a DICOM series. A link counts as where it leads.

    Returns
    -------
    records
        One a line.
    warnings
        Sentences about folders that hold several series, and about files with several lines.

    Raises
    ------
    DatasetError
        When it is no CSV, lacks a column, names an unknown label, a missing file, a file
        outside its folder, or a folder without a volume.
    """
    root = manifest.parent
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            columns = set(reader.fieldnames or ())
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{manifest.name} is not a CSV text file in UTF-8 ({error}). Save it as CSV UTF-8."
        raise DatasetError(msg) from error
    if not {"file", "label"} <= columns:
        msg = (
            f"{manifest.name} must have the columns file and label; it has "
            f"{', '.join(sorted(columns)) or 'none'}."
        )
        raise DatasetError(msg)
    records = [_record(root, manifest, number, row) for number, row in enumerate(rows, start=2)]
    if not records:
        raise DatasetError(f"{manifest.name} lists no image. Add one line for each image.")
    missing = [
        str(file.relative_to(root))
        for record in records
        for file in (record.path, record.mask)
        if file is not None and not (file.is_file() or (file is record.path and file.is_dir()))
    ]
    if missing:
        shown = ", ".join(missing[:3])
        msg = (
            f"{manifest.name} names {len(missing)} file(s) that are not there: {shown}"
            f"{', ...' if len(missing) > 3 else ''}. Restore the files or remove their lines."
        )
        raise DatasetError(msg)
    found, warnings = _with_volumes(records, manifest)
    return found, (*warnings, *_listed_twice(records, manifest))


def _listed_twice(records: list[Record], manifest: Path) -> list[str]:
    """Say which files have several lines: all of them count, also in different folds."""
    lines = Counter(record.name for record in records)
    twice = [name for name, count in lines.items() if count > 1]
    if not twice:
        return []
    shown = ", ".join(twice[:3]) + (", ..." if len(twice) > 3 else "")
    return [
        f"{manifest.name} lists {len(twice)} file(s) more than once: {shown}. Every line counts as "
        "an image."
    ]


def _with_volumes(
    records: list[Record], manifest: Path
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """Look at what every line names; a file named twice is looked at once."""
    known: dict[Path, ScanEntry] = {}
    warnings: list[str] = []
    for number, record in enumerate(records):
        if record.path not in known:
            try:
                known[record.path], notes = entry_of(record.path)
            except DatasetError as error:
                raise DatasetError(f"Line {number + 2} of {manifest.name}: {error}") from error
            warnings += notes
        entry = known[record.path]
        records[number] = replace(record, path=entry.path, volume=entry.volume)
    return tuple(records), tuple(warnings)


def _record(root: Path, manifest: Path, number: int, row: dict[str, str]) -> Record:
    try:
        label, kind = parse_label(row["label"] or "")
    except KeyError:
        msg = (
            f"Line {number} of {manifest.name} has the label {row['label']!r}. "
            f"Known labels: {', '.join(TYPES)}, tumor, notumor, uncertain."
        )
        raise DatasetError(msg) from None
    mask = row.get("mask") or None
    return Record(
        path=_inside(root, row["file"] or "", manifest, number),
        name=Path(row["file"]).as_posix(),
        label=label,
        type=kind,
        group=row.get("group") or row.get("patient") or None,
        source=row.get("source") or root.name,
        fold=row.get("fold") or None,
        sequence=row.get("sequence") or None,
        mask=_inside(root, mask, manifest, number) if mask else None,
    )


def _inside(root: Path, file: str, manifest: Path, number: int) -> Path:
    """Refuse manifest entries that leave the dataset's folder."""
    path = root / file
    if not file or not path.resolve().is_relative_to(root.resolve()):
        msg = (
            f"Line {number} of {manifest.name} names the file {file!r}, which is not inside the "
            "dataset's folder. Use paths relative to the manifest."
        )
        raise DatasetError(msg)
    return path
