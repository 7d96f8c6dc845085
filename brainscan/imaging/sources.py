"""Collect the files of folders, ZIP archives and uploads without writing anything to disk."""

from __future__ import annotations

import errno
import io
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from brainscan.errors import DatasetError
from brainscan.imaging.archive import BROKEN, check_archive
from brainscan.imaging.archive_members import Skipped, check_member, safe_path, shown_name
from brainscan.imaging.files import find_files, is_hidden
from brainscan.imaging.formats import HEAD_BYTES, Format, sniff
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import Source


def collect_sources(
    given: str | Path | Source | Iterable[str | Path | Source],
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> tuple[list[Source], list[Rejected]]:
    """Return every file behind paths, folders and ZIP archives, in order.

    Folders are walked at any depth. ZIP archives, on disk or in memory, are opened and their
    members kept compressed until they are read: a patient's files are never unpacked to disk.

    Parameters
    ----------
    given
        One or several paths or sources.
    limits
        What a ZIP archive may hold.

    Returns
    -------
    sources
        The files.
    skipped
        Each file, archive or member of an archive that was left out, with a sentence.

    Raises
    ------
    DatasetError
        If a path does not exist, or a ZIP archive that is all there is is refused as a whole.
    """
    if isinstance(given, (str, Path, Source)):
        given = [given]
    given = list(given)
    alone = len(given) == 1 and (isinstance(given[0], Source) or not Path(given[0]).is_dir())
    sources: list[Source] = []
    skipped: list[Rejected] = []
    for one in given:
        if isinstance(one, Source):
            found = [one]
        elif Path(one).is_dir():
            found = _described(find_files(Path(one)), skipped)
        elif Path(one).is_file():
            found = _described([Path(one)], skipped)
        else:
            raise DatasetError(f"{one} does not exist. Check the path and try again.")
        for source in found:
            if not _is_zip(source):
                sources.append(source)
                continue
            try:
                members, left_out = zip_sources(source, limits=limits)
            except DatasetError as error:
                if alone:
                    raise
                skipped.append(Rejected.of(source, str(error)))
            else:
                sources += members
                skipped += left_out
    return sources, skipped


def _described(paths: Iterable[Path], skipped: list[Rejected]) -> list[Source]:
    found: list[Source] = []
    for path in paths:
        try:
            found.append(Source.of_path(path))
        except OSError as error:
            reason = f"{path.name} cannot be opened ({error.strerror or 'read error'})."
            skipped.append(Rejected(path.name, path, reason, unreadable=True))
    return found


def _is_zip(source: Source) -> bool:
    try:
        with source.open() as stream:
            return sniff(stream.read(HEAD_BYTES)) is Format.ZIP
    except OSError:
        return False  # reported when it is read


def zip_sources(
    archive: Source, *, limits: ReadLimits = DEFAULT_LIMITS
) -> tuple[list[Source], list[Rejected]]:
    """Return the members of a ZIP archive as files in memory.

    The same members are refused as in :func:`brainscan.imaging.archive.extract_images`: links,
    encrypted ones, archives in the archive, paths that lead elsewhere, suspicious ratios.

    Raises
    ------
    DatasetError
        If the archive is damaged, lists too many files or unpacks to too much.
    """
    try:
        stream = archive.open()
        check_archive(stream, limits)
        opened = zipfile.ZipFile(stream)
    except BROKEN as error:
        raise DatasetError(
            f"The ZIP archive {archive.name} cannot be opened ({error}). Create or download it "
            "again."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"The ZIP archive {archive.name} cannot be opened ({error.strerror or error}). Check "
            "the path and its permissions."
        ) from error
    lock = threading.Lock()
    sources: list[Source] = []
    skipped: list[Rejected] = []
    for member in opened.infolist():
        shown = shown_name(member)
        inside = f"{archive.path or archive.name}/{shown}"
        try:
            path = safe_path(member)
            if member.is_dir() or any(is_hidden(part) for part in path.parts):
                continue
            check_member(member, limits)
        except Skipped as reason:
            sentence = f"{shown} was skipped: it {reason}"
            skipped.append(Rejected(shown.rsplit("/", 1)[-1], None, sentence, inside))
            continue
        sources.append(
            Source(
                name=shown.rsplit("/", 1)[-1],
                path=None,
                size=member.file_size,
                opener=_Member(opened, member, lock),
                inside=inside,
            )
        )
    return sources, skipped


class _Member:
    """Opens one member of an archive as a seekable stream."""

    def __init__(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, lock: threading.Lock
    ) -> None:
        self._archive = archive
        self._member = member
        self._lock = lock

    def __call__(self) -> BinaryIO:
        try:
            with self._lock, self._archive.open(self._member) as packed:
                return io.BytesIO(packed.read(self._member.file_size))
        except BROKEN as error:
            raise OSError(errno.EIO, "it is damaged in the ZIP archive") from error
