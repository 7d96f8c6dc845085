"""Where the bytes of a file come from: a disk, an upload in memory, a ZIP archive in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


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
    """

    name: str
    path: Path | None
    size: int
    opener: Callable[[], BinaryIO] = field(repr=False)

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
