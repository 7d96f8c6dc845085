"""Unpack the images of a ZIP archive without trusting it.

Nothing in an archive decides where a file lands except its checked, relative path below an
empty target folder. Sizes are checked as declared and counted again while bytes come out.
"""

from __future__ import annotations

import io
import shutil
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from brainscan.errors import Cancelled, DatasetError
from brainscan.imaging.archive_members import (
    Skipped,
    check_content,
    check_member,
    largest_size,
    safe_path,
    shown_name,
)
from brainscan.imaging.files import is_hidden
from brainscan.imaging.formats import HEAD_BYTES
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits, human_bytes

_CHUNK = 256 * 1024
_DIRECTORY_BYTES_PER_MEMBER = 512
# What zipfile raises on damaged structures; RuntimeError covers NotImplementedError and a
# password, ValueError an offset in front of the file.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, RuntimeError)
"""What ``zipfile`` raises on damaged archives."""


@dataclass(frozen=True)
class ExtractionReport:
    """What came out of an archive.

    Attributes
    ----------
    folder
        The target folder; class folders are kept below it.
    files
        Images and manifests written, in archive order.
    skipped
        One sentence for each member left out (hidden files share one).
    total_bytes
        Bytes written.
    """

    folder: Path
    files: tuple[Path, ...]
    skipped: tuple[str, ...]
    total_bytes: int


@dataclass
class _Progress:
    files: list[Path] = field(default_factory=list)
    total_bytes: int = 0


def extract_images(
    zip_source: str | Path | bytes | BinaryIO,
    target: Path,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    cancel: Callable[[], bool] = lambda: False,
) -> ExtractionReport:
    """Unpack images and ``manifest.csv`` files from a ZIP archive into an empty folder.

    Members with ``..`` or absolute paths (also Windows drives), links, encrypted members,
    archives in the archive, names that occur twice and anything that is not an image by its
    bytes are left out with a sentence. Folders, empty ones too, are kept. When the archive as a
    whole is refused, whatever was already written is removed again.

    Parameters
    ----------
    zip_source
        Path, bytes or seekable binary stream of the archive.
    target
        Folder to write to; created when missing, must be empty otherwise.
    limits
        Number of members, total bytes, ratio and size of one file.
    cancel
        Asked between members; true stops the work.

    Raises
    ------
    DatasetError
        If the file is no ZIP archive, is damaged, has too many members or unpacks to too much.
    Cancelled
        If ``cancel`` said so.
    """
    target = Path(target)
    existed = target.exists()
    if existed and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"The folder {target} is not empty. Choose a new or empty folder.")
    try:
        with _open(zip_source) as stream:
            _check_directory(stream, limits)
            with zipfile.ZipFile(stream) as archive:
                members = archive.infolist()
                _check_totals(members, target, limits)
                target.mkdir(parents=True, exist_ok=True)
                report = None
                try:
                    report = _extract(archive, members, target, limits, cancel)
                    return report
                finally:
                    if report is None:
                        _clear(target, remove=not existed)
    except BROKEN as error:
        raise DatasetError(
            f"The ZIP archive cannot be opened ({error}). Create or download it again."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"The ZIP archive cannot be unpacked ({error.strerror or error}). "
            "Check the path, its permissions and the free disk space."
        ) from error


def _open(source: str | Path | bytes | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Return the archive as a stream; one that the caller opened stays open."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, (str, Path)):
        return Path(source).open("rb")
    return nullcontext(source)


def _clear(target: Path, *, remove: bool) -> None:
    """Remove what was written below a folder that was empty before."""
    for child in target.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
    if remove:
        target.rmdir()


def check_archive(stream: BinaryIO, limits: ReadLimits) -> None:
    """Refuse an archive that lists too much, before and after its directory is loaded.

    Raises
    ------
    DatasetError
        If it is no archive, has too many members or unpacks to too much.
    """
    _check_directory(stream, limits)
    with zipfile.ZipFile(stream) as archive:
        _check_declared(archive.infolist(), limits)
    stream.seek(0)


def _check_directory(stream: BinaryIO, limits: ReadLimits) -> None:
    """Refuse a central directory too large to be loaded, before ``zipfile`` loads it.

    Sizes as in the end-of-central-directory records (APPNOTE 6.3.10, 4.3.14 and 4.3.16).
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    stream.seek(0)
    end, end64 = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    if end < 0:
        raise DatasetError(
            "The file is not a ZIP archive, or it ends early. Create or download it again."
        )
    declared = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end64 >= 0 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        declared = max(
            declared % 0xFFFFFFFF, int.from_bytes(tail[end64 + 40 : end64 + 48], "little")
        )
    if declared > limits.max_archive_members * _DIRECTORY_BYTES_PER_MEMBER:
        raise DatasetError(
            f"The ZIP archive lists too many files; the limit is "
            f"{limits.max_archive_members:,}. Split it into smaller archives."
        )


def _check_declared(members: list[zipfile.ZipInfo], limits: ReadLimits) -> int:
    if len(members) > limits.max_archive_members:
        raise DatasetError(
            f"The ZIP archive lists {len(members):,} files; the limit is "
            f"{limits.max_archive_members:,}. Split it into smaller archives."
        )
    declared = sum(member.file_size for member in members)
    if declared > limits.max_archive_bytes:
        raise DatasetError(
            f"The ZIP archive unpacks to {human_bytes(declared)}; the limit is "
            f"{human_bytes(limits.max_archive_bytes)}. Split it into smaller archives."
        )
    return declared


def _check_totals(members: list[zipfile.ZipInfo], target: Path, limits: ReadLimits) -> None:
    declared = _check_declared(members, limits)
    place = target.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if declared > free:
        raise DatasetError(
            f"The ZIP archive unpacks to {human_bytes(declared)}, but only {human_bytes(free)} "
            "are free on the disk. Make room and try again."
        )


def _extract(
    archive: zipfile.ZipFile,
    members: list[zipfile.ZipInfo],
    target: Path,
    limits: ReadLimits,
    cancel: Callable[[], bool],
) -> ExtractionReport:
    home = target.resolve()
    progress = _Progress()
    skipped: list[str] = []
    seen: set[str] = set()
    hidden = 0
    for member in members:
        if cancel():
            raise Cancelled("Unpacking the ZIP archive was stopped; nothing was kept.")
        try:
            relative = safe_path(member)
            if any(is_hidden(part) for part in relative.parts):
                hidden += not member.is_dir()
                continue
            goal = home.joinpath(*relative.parts)
            if not goal.resolve().is_relative_to(home):
                raise Skipped("leads out of the target folder.")
            if member.is_dir():
                goal.mkdir(parents=True, exist_ok=True)
                continue
            key = unicodedata.normalize("NFC", str(relative)).casefold()
            if key in seen:
                raise Skipped("occurs twice in the archive; the first one is used.")
            seen.add(key)
            check_member(member, limits)
            _write(archive, member, goal, target.joinpath(*relative.parts), limits, progress)
        except Skipped as reason:
            skipped.append(f"{shown_name(member)} was skipped: it {reason}")
        except (FileExistsError, NotADirectoryError):
            skipped.append(
                f"{shown_name(member)} was skipped: its name collides with another file."
            )
        except BROKEN:
            skipped.append(f"{shown_name(member)} was skipped: it is damaged in the archive.")
    if hidden:
        what = "1 hidden file was" if hidden == 1 else f"{hidden:,} hidden files were"
        skipped.append(f"{what} skipped (such as __MACOSX or Thumbs.db).")
    return ExtractionReport(target, tuple(progress.files), tuple(skipped), progress.total_bytes)


def _write(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    goal: Path,
    reported: Path,
    limits: ReadLimits,
    progress: _Progress,
) -> None:
    """Stream one member to disk, counting what really comes out."""
    written, largest = 0, largest_size(member, limits)
    with archive.open(member) as source:
        chunk = source.read(HEAD_BYTES)
        check_content(chunk, member)
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            with goal.open("xb") as sink:
                while chunk:
                    written += len(chunk)
                    if written > largest:
                        raise Skipped(f"unpacks to more than {human_bytes(largest)}.")
                    if progress.total_bytes + written > limits.max_archive_bytes:
                        raise DatasetError(
                            "The ZIP archive unpacks to more than the limit of "
                            f"{human_bytes(limits.max_archive_bytes)}. Split it."
                        )
                    sink.write(chunk)
                    chunk = source.read(_CHUNK)
        except (Skipped, *BROKEN):
            goal.unlink()
            raise
    progress.total_bytes += written
    progress.files.append(reported)
