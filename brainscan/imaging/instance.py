"""One stored DICOM image behind a slice, so that results can refer to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from brainscan.imaging.source import Source


@dataclass(frozen=True, eq=False)
class Instance:
    """The DICOM object and frame that one source slice comes from.

    Unique identifiers can be traced to a patient in the archive they come from, so they are
    left out of ``repr``.

    Attributes
    ----------
    sop_instance_uid, sop_class_uid
        As in the file.
    frame
        Number of the frame in the object, from 1; 1 for a single-frame object.
    source
        Where the object's bytes are; ``source.open()`` reads them again.
    position
        Image Position (Patient): centre of the first pixel in LPS+ millimetres, or ``None``.
    """

    sop_instance_uid: str = field(repr=False)
    sop_class_uid: str = field(repr=False)
    frame: int
    source: Source
    position: tuple[float, float, float] | None = field(default=None, repr=False)

    @property
    def path(self) -> Path | None:
        """Where the object lies on disk; ``None`` when it exists in memory only."""
        return self.source.path
