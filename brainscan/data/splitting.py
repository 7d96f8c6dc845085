"""A new split that keeps copies and patients on one side, written as ``manifest.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.errors import DatasetError

_COLUMNS = ("file", "label", "source", "group", "fold", "sequence", "mask")


def balanced_folds(groups: np.ndarray, strata: Sequence[str], folds: int) -> np.ndarray:
    """Deal whole groups to folds so that every stratum is spread evenly.

    Largest groups first, each goes to the fold where it brings the strata closest to equal
    shares. The result depends on the input only.

    Parameters
    ----------
    groups
        ``(n,)`` integers.
    strata
        What to balance, for example source and class of each image.
    folds
        How many folds, two or more.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64, from 0 to ``folds - 1``.

    Raises
    ------
    DatasetError
        When there are fewer groups than folds.
    """
    names, stratum = np.unique(np.asarray(strata), return_inverse=True)
    numbers, group = np.unique(groups, return_inverse=True)
    if len(numbers) < folds:
        msg = (
            f"{len(numbers)} group(s) of images cannot be dealt to {folds} folds. "
            "Ask for fewer folds, or add images of more patients."
        )
        raise DatasetError(msg)
    counts = np.zeros((len(numbers), len(names)))
    np.add.at(counts, (group, stratum), 1)
    # Small strata weigh as much as large ones: errors are shares, not numbers of images.
    weight = 1.0 / counts.sum(axis=0)
    held = np.zeros((folds, len(names)))
    fold_of = np.zeros(len(numbers), np.int64)
    for number in np.lexsort((np.arange(len(numbers)), -counts.sum(axis=1))):
        # Adding to the fold that holds least of these strata lowers the sum of squares most;
        # ties go to the smallest fold, so that none stays empty.
        load = (weight**2 * held * counts[number]).sum(axis=1)
        best = np.lexsort((held.sum(axis=1), np.round(load, 12)))[0]
        held[best] += counts[number]
        fold_of[number] = best
    return fold_of[group]


def manifest_path(target: Path) -> Path:
    """Return the file to write: ``target`` itself, or ``manifest.csv`` in a folder.

    Raises
    ------
    DatasetError
        When the file exists already or its folder cannot be made. Nothing is overwritten.
    """
    path = target if target.suffix.lower() == ".csv" else target / "manifest.csv"
    if path.exists():
        msg = f"{path} exists already and is not overwritten. Choose another file with --split."
        raise DatasetError(msg)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {path.parent} cannot be created ({error.strerror}). Choose another one."
        raise DatasetError(msg) from error
    return path


def write_split(
    dataset: Dataset, records: Sequence[Record], groups: np.ndarray, fold: np.ndarray, path: Path
) -> bool:
    """Write a manifest that :func:`brainscan.data.dataset.open_dataset` reads.

    Parameters
    ----------
    dataset
        Where the records come from.
    records
        The images to list.
    groups, fold
        ``(n,)`` integers; groups become ``g00000`` and so on, folds count from 1.
    path
        The file.

    Returns
    -------
    bool
        Whether the manifest can be used where it is. Paths in it are relative to its own folder
        if the dataset lies there or below, otherwise to the dataset's folder, where it must
        then be moved.

    Raises
    ------
    DatasetError
        When the file cannot be written.
    """
    usable = dataset.root.resolve().is_relative_to(path.parent.resolve())
    base = path.parent.resolve() if usable else dataset.root.resolve()
    text = manifest_text(records, groups, fold, base)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        temporary.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}). Choose another place with --split."
        raise DatasetError(msg) from error
    finally:
        temporary.unlink(missing_ok=True)
    return usable


def manifest_text(
    records: Sequence[Record], groups: np.ndarray, fold: np.ndarray, base: Path
) -> str:
    """Return a split as the text of a ``manifest.csv`` that lies in ``base``, a resolved folder."""
    rows = [
        {
            "file": _relative(record.path, base),
            "label": _label(record),
            "source": record.source,
            "group": f"g{group:05d}",
            "fold": str(number + 1),
            "sequence": record.sequence or "",
            "mask": _relative(record.mask, base) if record.mask else "",
        }
        for record, group, number in zip(records, groups, fold, strict=True)
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _relative(path: Path, base: Path) -> str:
    return path.resolve().relative_to(base).as_posix()


def _label(record: Record) -> str:
    if record.label == "no_tumor":
        return "notumor"
    return record.type or record.label or "uncertain"
