"""Find the image files of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from brainscan.errors import DatasetError
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".dib", ".webp", ".gif"}
    | {".dcm", ".dicom", ".ima"}
)
"""Suffixes taken for images without a look inside, so that a bad file is reported, not lost."""

_SKIPPED_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"})
_DIGITS = re.compile(r"(\d+)")


def natural_key(path: Path | str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Return a sort key that puts ``slice2`` before ``slice10``, folder by folder."""
    parts = path.parts if isinstance(path, Path) else (path,)
    return tuple(
        tuple(
            (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold())
            for piece in _DIGITS.split(part)
            if piece
        )
        for part in parts
    )


def is_hidden(name: str) -> bool:
    """Whether a file or folder name is one that no person put there as data."""
    return name.startswith(".") or name.casefold() in _SKIPPED_NAMES


def find_images(folder: str | Path) -> list[Path]:
    """Return the image files below a folder, in natural order.

    A file counts by its suffix, or, when it has none, by its first bytes. Hidden files,
    ``__MACOSX``, ``Thumbs.db`` and the like are skipped. Links to folders are not followed; a
    link to a file counts only when the file lies inside the folder and is not listed already.

    Parameters
    ----------
    folder
        Where to look, at any depth.

    Returns
    -------
    list of Path
        Paths beginning with ``folder``.

    Raises
    ------
    DatasetError
        If the folder does not exist or cannot be opened.
    """
    return _walk(Path(folder), _is_candidate)


def find_files(folder: str | Path) -> list[Path]:
    """Return all files below a folder that a person may have put there, in natural order.

    Hidden files and links are treated as in :func:`find_images`.

    Raises
    ------
    DatasetError
        If the folder does not exist or cannot be opened.
    """
    return _walk(Path(folder), Path.is_file)


def _walk(root: Path, accept: Callable[[Path], bool]) -> list[Path]:
    if not root.is_dir():
        raise DatasetError(
            f"The folder {root} does not exist or is not a folder. Check the path and try again."
        )
    try:
        next(root.iterdir(), None)
    except OSError as error:
        raise DatasetError(
            f"The folder {root} cannot be opened ({error.strerror}). Check its permissions."
        ) from error
    home = root.resolve()
    plain: list[Path] = []
    linked: dict[Path, Path] = {}
    for parent, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_hidden(name)]
        here = Path(parent)
        for name in names:
            path = here / name
            if is_hidden(name) or not accept(path):
                continue
            if path.is_symlink():
                goal = path.resolve()
                if goal.is_relative_to(home):
                    linked.setdefault(goal, path)
            else:
                plain.append(path)
    if linked:
        known = {path.resolve() for path in plain}
        plain += [path for goal, path in linked.items() if goal not in known]
    return sorted(plain, key=lambda path: (natural_key(path.relative_to(root)), str(path)))


def _is_candidate(path: Path) -> bool:
    """Whether a file looks like an image by suffix or, without a suffix, by content."""
    if path.suffix.casefold() in IMAGE_SUFFIXES:
        return path.is_file()
    if path.suffix or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            found = sniff(stream.read(HEAD_BYTES))
    except OSError:
        return False
    return found in READABLE or found in (Format.DICOM, Format.GIF)
