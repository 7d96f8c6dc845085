"""Files that are written beside what is there already, never over it."""

from __future__ import annotations

from pathlib import Path


def write_fresh(path: Path, data: bytes) -> Path:
    """Write a file; where its name is taken, a number is added to it (``a.dcm``, ``a-2.dcm``).

    Parameters
    ----------
    path
        Where to write; missing folders above it are made.
    data
        The whole file.

    Returns
    -------
    Path
        The file written. Two programs that write at once get two files.

    Raises
    ------
    OSError
        When the folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh, number = path, 1
    while True:
        try:
            with fresh.open("xb") as stream:
                stream.write(data)
        except FileExistsError:
            number += 1
            fresh = path.with_name(f"{path.stem}-{number}{path.suffix}")
        else:
            return fresh
