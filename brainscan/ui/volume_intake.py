"""What a reader gives to the Volume page: uploads, a path, the sample, files from Diagnose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import streamlit as st

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.limits import human_bytes
from brainscan.imaging.phantom_volume import PHANTOM_NAME, phantom_nifti, phantom_volume
from brainscan.imaging.source import Source
from brainscan.ui.evaluation_intake import typed_path

HANDED_OVER = "volume_handover"
MOST_BYTES = 2 * 1024**3
"""Largest sum of uploaded files that is held in memory."""

_SAMPLE_SEED = 7


@dataclass(frozen=True, eq=False)
class Given:
    """Files to look through.

    Attributes
    ----------
    title
        What to call them on the page.
    sources
        Files in memory, or a path; empty for the sample, which is drawn when it is opened.
    synthetic
        Whether BrainScan draws it itself.
    """

    title: str
    sources: tuple[Source | Path, ...] = field(default=(), repr=False)
    synthetic: bool = False

    def opened(self) -> tuple[Source | Path, ...]:
        """Return the files, drawing the sample."""
        return (Source.of_bytes(sample(), PHANTOM_NAME),) if self.synthetic else self.sources


SAMPLE = Given("Synthetic head", synthetic=True)


@lru_cache(maxsize=1)
def sample() -> bytes:
    """Return the synthetic head as a NIfTI file, drawn once a process."""
    return phantom_nifti(phantom_volume(_SAMPLE_SEED))


def in_memory(files: Iterable[tuple[str, bytes]]) -> Given:
    """Hold uploaded files in memory.

    Raises
    ------
    InputRejected
        If there is none, or they are too large together.
    """
    sources: list[Source] = []
    held = 0
    for name, data in files:
        held += len(data)
        if held > MOST_BYTES:
            raise InputRejected(
                f"The files are larger than {human_bytes(MOST_BYTES)} together, which is more than "
                "is held in memory. Type the path of their folder instead: from there only what "
                "is shown is read."
            )
        sources.append(Source.of_bytes(data, name))
    if not sources:
        raise InputRejected("There is no file in what was dropped. Drop the files themselves.")
    return Given(_title(sources), tuple(sources))


def on_this_computer(text: str) -> Given:
    """Return the file or folder whose path somebody typed or pasted.

    Raises
    ------
    FileUnreadable
        If there is no path, or nothing is there.
    """
    path = typed_path(text)
    if path is None:
        raise FileUnreadable("Type the path of a file or folder on this computer first.")
    try:
        there = path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        raise FileUnreadable(f"There is nothing at {path}. Check the path and its permissions.")
    return Given(path.name or str(path), (path,))


def hand_over(files: Iterable[tuple[str, bytes]]) -> None:
    """Leave files for the Volume page to open when it is shown next."""
    st.session_state[HANDED_OVER] = list(files)


def handed_over() -> list[tuple[str, bytes]]:
    """Take the files that another page left, once."""
    files: list[tuple[str, bytes]] = st.session_state.pop(HANDED_OVER, [])
    return files


def _title(sources: Sequence[Source]) -> str:
    return sources[0].name if len(sources) == 1 else f"{len(sources):,} files"
