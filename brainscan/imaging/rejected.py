"""A file that is not read, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.source import Source


@dataclass(frozen=True)
class Rejected:
    """A file that is not read.

    Attributes
    ----------
    name
        File name without folders.
    path
        Where it lies; ``None`` in memory.
    reason
        A sentence.
    inside
        Archive and path in it, for a member of a ZIP archive.
    unreadable
        Whether it could not be opened at all, so that nothing is known about what it holds.
    """

    name: str
    path: Path | None
    reason: str
    inside: str | None = None
    unreadable: bool = False

    @property
    def place(self) -> Path:
        """Where it lies, as far as is known."""
        return self.path or Path(self.inside or self.name)

    @classmethod
    def of(cls, source: Source, reason: str | InputRejected) -> Rejected:
        """Reject a file for a reason, or for the error that reading it raised."""
        gone = isinstance(reason, FileUnreadable)
        return cls(source.name, source.path, str(reason), source.inside, gone)
