"""The JSON file that a command writes when its work is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from brainscan.errors import BrainScanError
from brainscan.runs.folder import write_atomic


def check_json(path: Path | None) -> None:
    """Refuse a place for ``--json`` before the work, not after it.

    A file named ``.json`` is replaced, as it is where a command is run again. A file of any other
    kind is taken for a slip: the command reads pictures and tables, and one of them would be lost.

    Raises
    ------
    BrainScanError
        When it is a folder, lies in none, or would replace a file that is not named ``.json``.
    """
    if path is None:
        return
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise BrainScanError(f"{path} {what}. Give a file in an existing folder with --json.")
    if path.exists() and path.suffix.lower() != ".json":
        msg = (
            f"{path} exists already and is no .json file, so it is not overwritten. Choose "
            "another file with --json."
        )
        raise BrainScanError(msg)


def write_json(path: Path, content: Any, *, indent: int = 2) -> None:
    """Write what a command found; the file is whole or as it was.

    Raises
    ------
    BrainScanError
        When it cannot be written.
    """
    try:
        write_atomic(path, (json.dumps(content, indent=indent) + "\n").encode())
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}). Choose another file with --json."
        raise BrainScanError(msg) from error
