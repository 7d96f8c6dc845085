"""Where the bytes of a file come from: a disk, an upload in memory, a ZIP archive in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.limits import human_bytes


@dataclass(frozen=True, eq=False)
class Source:
    """A file that can be opened any number of times.

    Attributes
    ----------
    name
        File name without folders, for sentences about the file.
    path
        Where it lies on disk; ``None`` for a file that exists in memory only.
    size
        Number of bytes.
    opener
        Returns a new seekable stream of the bytes.
    inside
        For a member of a ZIP archive: the archive's name and the member's path in it.
    """

    name: str
    path: Path | None
    size: int
    opener: Callable[[], BinaryIO] = field(repr=False)
    inside: str | None = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        """Open the file for reading; the caller closes it."""
        return self.opener()

    def read(self) -> bytes:
        """Return all bytes."""
        with self.open() as stream:
            return stream.read()

    @classmethod
    def of_path(cls, path: Path) -> Source:
        """Describe a file on disk.

        Raises
        ------
        OSError
            If it is not there.
        """
        return cls(path.name, path, path.stat().st_size, lambda: path.open("rb"))

    @classmethod
    def of_bytes(cls, data: bytes, name: str) -> Source:
        """Describe a file held in memory."""
        shown = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or "unnamed"
        return cls(shown, None, len(data), lambda: io.BytesIO(data))


def unreadable(source: Source, error: OSError) -> FileUnreadable:
    """Return the error for a file that cannot be read, or that vanished meanwhile."""
    return FileUnreadable(
        f"{source.name} cannot be opened ({error.strerror or 'read error'}). Check the path and "
        "its permissions."
    )


def open_source(source: str | Path | bytes | Source, name: str | None, max_bytes: int) -> Source:
    """Describe a file given as path, bytes or source, if it is there and not too large.

    Parameters
    ----------
    source
        The file.
    name
        Name for display instead of the file's own; ``"unnamed"`` for bytes without one.
    max_bytes
        Largest file to accept.

    Raises
    ------
    FileUnreadable
        If it is not there or cannot be looked at.
    InputRejected
        If it is a folder, a device or too large.
    """
    if isinstance(source, bytes):
        source = Source.of_bytes(source, name or "unnamed")
    elif not isinstance(source, Source):
        source = _on_disk(Path(source), name)
    if source.size > max_bytes:
        raise InputRejected(
            f"{source.name} is {human_bytes(source.size)} large; the limit is "
            f"{human_bytes(max_bytes)}. Choose a single scan."
        )
    return source


def _on_disk(path: Path, name: str | None) -> Source:
    who = name or path.name
    try:
        if path.is_dir():
            raise InputRejected(f"{who} is a folder. Choose a single file.")
        if not path.exists():
            raise FileUnreadable(f"{who} does not exist at {path}. Check the path.")
        if not path.is_file():
            raise InputRejected(f"{who} is a device or pipe. Choose an ordinary file.")
        return replace(Source.of_path(path), name=who)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileUnreadable(
            f"{who} cannot be opened ({reason}). Check the path and its permissions."
        ) from error
