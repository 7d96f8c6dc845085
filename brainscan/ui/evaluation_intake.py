"""Where the scans of an evaluation come from: a folder, a ZIP archive, an uploaded folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from brainscan.data.dataset import Dataset, open_dataset
from brainscan.errors import Cancelled, DatasetError
from brainscan.imaging.archive import extract_images
from brainscan.imaging.files import is_hidden

_SHOWN_NOTES = 8
_FORBIDDEN = set('<>:"|?*\\') | {chr(code) for code in range(32)}


class Source(Protocol):
    """A place scans come from."""

    @property
    def title(self) -> str:
        """What to call it on the page."""

    def open(self, workspace: Path, cancel: Callable[[], bool]) -> Dataset:
        """Return the dataset; ``workspace`` is an empty folder that lives as long as the job."""


@dataclass(frozen=True)
class FolderSource:
    """A folder or manifest on this machine, some folds or sources of it when given."""

    path: Path
    folds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.path.name or str(self.path)

    def open(self, workspace: Path, cancel: Callable[[], bool]) -> Dataset:
        dataset = open_folder(self.path)
        if self.folds or self.sources:
            return dataset.select(folds=self.folds or None, sources=self.sources or None)
        return dataset


@dataclass(frozen=True)
class ZipSource:
    """An uploaded ZIP archive."""

    name: str
    stream: BinaryIO

    @property
    def title(self) -> str:
        return self.name

    def open(self, workspace: Path, cancel: Callable[[], bool]) -> Dataset:
        target = workspace / _folder_name(PurePosixPath(self.name).stem)
        report = extract_images(self.stream, target, cancel=cancel)
        return _with_notes(open_unpacked(target), report.skipped)


@dataclass(frozen=True)
class UploadSource:
    """The files of an uploaded folder: path relative to it, and content."""

    files: Sequence[tuple[str, BinaryIO]]

    @property
    def title(self) -> str:
        first = PurePosixPath(self.files[0][0]).parts if self.files else ()
        return first[0] if len(first) > 1 else "uploaded folder"

    def open(self, workspace: Path, cancel: Callable[[], bool]) -> Dataset:
        target = workspace / "upload"
        target.mkdir()
        notes = []
        for name, stream in self.files:
            if cancel():
                raise Cancelled("Copying the uploaded folder was stopped.")
            relative = safe_relative(name)
            if relative is None:
                notes.append(f"{name!r} was skipped: its path cannot be kept inside a folder.")
                continue
            if any(is_hidden(part) for part in relative.parts):
                continue
            path = target / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            stream.seek(0)
            with path.open("wb") as sink:
                shutil.copyfileobj(stream, sink)
        return _with_notes(open_unpacked(target), notes)


def open_folder(path: Path) -> Dataset:
    """Open a dataset on this machine.

    Raises
    ------
    DatasetError
        When it is not usable or may not be read.
    """
    try:
        return open_dataset(path)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or error}). Check its permissions."
        raise DatasetError(msg) from error


def typed_path(text: str) -> Path | None:
    """Return the path somebody typed or pasted, without quotes; ``None`` when there is none."""
    bare = text.strip().strip("\"'").strip()
    return Path(bare).expanduser() if bare else None


def safe_relative(name: str) -> Path | None:
    """Return an uploaded file's path below its folder, or ``None`` when it leads elsewhere."""
    path = PurePosixPath(name)
    parts = path.parts
    if path.is_absolute() or not parts or ".." in parts or _FORBIDDEN & set(name):
        return None
    return Path(*parts)


def open_unpacked(folder: Path) -> Dataset:
    """Open an unpacked dataset, which often sits in a folder of its own inside the upload."""
    while True:
        inside = [entry for entry in folder.iterdir() if not is_hidden(entry.name)]
        if len(inside) != 1 or not inside[0].is_dir():
            return open_dataset(folder)
        dataset = open_dataset(folder)
        if dataset.labelled:
            return dataset
        folder = inside[0]


def _folder_name(text: str) -> str:
    """Return a name that can be a folder: it becomes the dataset's name."""
    kept = "".join(c for c in text if c not in _FORBIDDEN and c != "/").strip(". ")
    return kept[:80] or "upload"


def _with_notes(dataset: Dataset, notes: Sequence[str]) -> Dataset:
    shown = tuple(notes[:_SHOWN_NOTES])
    if len(notes) > len(shown):
        shown += (f"{len(notes) - len(shown)} more files were skipped for such reasons.",)
    return replace(dataset, warnings=(*dataset.warnings, *shown))
