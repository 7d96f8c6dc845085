"""The data sets for trainers that ``predict`` writes, slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from brainscan.commands.predict_outputs import write_bytes
from brainscan.reporting.label_sets import LabeledSlice, LabelSet, new_label_set


class LabelFolders:
    """Writes every slice into each folder that was asked for."""

    def __init__(self, folders: Mapping[str, Path | None]) -> None:
        """Open data sets.

        Parameters
        ----------
        folders
            For each of :data:`brainscan.reporting.label_sets.LABEL_KINDS` where to write it;
            ``None`` where it is not asked for.
        """
        self._sets: list[tuple[Path, LabelSet]] = [
            (folder, new_label_set(kind)) for kind, folder in folders.items() if folder
        ]

    def add(self, one: LabeledSlice) -> None:
        """Write the picture of a slice, and its labels where they have a file of their own.

        Raises
        ------
        BrainScanError
            If a file cannot be written.
        """
        for folder, labels in self._sets:
            _write(folder, labels.add(one))

    def finish(self) -> None:
        """Write what is known only after the last slice; also after a run that was stopped.

        Raises
        ------
        BrainScanError
            If a file cannot be written.
        """
        for folder, labels in self._sets:
            _write(folder, labels.finish())


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for place, data in files.items():
        write_bytes(folder / place, data)
