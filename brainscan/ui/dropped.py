"""Sort what was dropped on the Diagnose page: slices to the worklist, volumes to a card."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from brainscan.errors import DatasetError, InputRejected
from brainscan.imaging.dicom.series import FEWEST_SLICES
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff
from brainscan.imaging.intake import FoundScan, find_scans
from brainscan.imaging.nifti import slices_of
from brainscan.imaging.orientation import Plane
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.sequence import guess_from_file_name
from brainscan.imaging.source import Source
from brainscan.imaging.sources import collect_sources
from brainscan.imaging.volume import digest_of
from brainscan.ui.reading_room import add_files
from brainscan.ui.store import Stores
from brainscan.ui.worklist import Row, VolumeEntry, Worklist

_MOST_NAMED = 2
_SCANS = frozenset({*READABLE, Format.DICOM, Format.NIFTI})


@dataclass(frozen=True)
class Taken:
    """What became of a drop beside its rows and cards.

    Attributes
    ----------
    known
        How many files were on the list already.
    left_out
        Names of the files that are no scans, or are not needed beside the others.
    """

    known: int
    left_out: tuple[str, ...]

    @property
    def words(self) -> str:
        """A sentence for each, or nothing."""
        found = []
        if self.known:
            found.append(f"{_files(self.known)} on the list already.")
        if self.left_out:
            named = ", ".join(self.left_out[:_MOST_NAMED])
            more = len(self.left_out) - _MOST_NAMED
            named += f" and {more} more" if more > 0 else ""
            many = f"{_files(len(self.left_out))} left out (no scans, or not needed)"
            found.append(f"{many}: {named}.")
        return " ".join(found)


def take(
    listed: Worklist,
    memory: Stores,
    files: Iterable[tuple[str, bytes]],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Taken:
    """Put the slices of a drop on the worklist, unread, and its volumes beside it.

    Files are recognised by content, ZIP archives opened in memory. A series of too few slices to
    cover a brain counts as slices. What cannot be read becomes a row with its sentence. A file
    that is no scan becomes one too, unless the drop holds DICOM, where it is what lies about in
    every folder and on every disc of a hospital.

    Parameters
    ----------
    listed, memory
        Where to put them.
    files
        Names and bytes.
    progress
        Called with the number of DICOM files looked at and of all.
    """
    sources, rejected = _sources(files)
    intake = find_scans(sources, progress=progress)
    volumes: list[tuple[FoundScan, Plane | None, int]] = []
    single: set[Source] = set()
    for found in intake.scans:
        if not found.is_volume or _few(found):
            single.update(found.sources)
            continue
        try:
            volumes.append((found, *_extent(found)))
        except InputRejected as error:
            rejected.append(Rejected.of(found.sources[0], error))
    rejected += intake.rejected
    kinds = {source: _kind(source) for source in sources}
    if Format.DICOM not in kinds.values():
        # A damaged NIfTI file is a volume by its name; what is wrong with it is said already.
        known_volumes = {source for found in intake.volumes for source in found.sources}
        strays = (
            source
            for source, kind in kinds.items()
            if kind not in _SCANS and source not in known_volumes
        )
        single |= {source for source in strays if source.inside is None}
    slices = ((source.name, source.read()) for source in sources if source in single)
    known = add_files(listed, memory, slices)
    for volume in volumes:
        known += not _add_volume(listed, memory, *volume)
    used = single.union(*(found.sources for found, _, _ in volumes))
    rest = [source for source in sources if source not in used]
    for one in rejected:
        known += not listed.add(_rejected_row(one, rest))
    listed.notices = intake.dicom.warnings
    return Taken(known, tuple(source.name for source in rest))


def _sources(files: Iterable[tuple[str, bytes]]) -> tuple[list[Source], list[Rejected]]:
    given = [Source.of_bytes(data, name) for name, data in files]
    try:
        return collect_sources(given)
    except DatasetError as error:  # an archive that is all there is
        return [], [Rejected(given[0].name, None, str(error))]


def _few(found: FoundScan) -> bool:
    """Whether a series is a handful of slices in files of their own."""
    series = found.series
    return series is not None and len(found.sources) == series.slices < FEWEST_SLICES


def _kind(source: Source) -> Format:
    try:
        with source.open() as stream:
            return sniff(stream.read(HEAD_BYTES))
    except OSError:
        return Format.DICOM  # as find_scans has it: refused there, with the reason


def _extent(found: FoundScan) -> tuple[Plane | None, int]:
    """Return the plane in which a volume was acquired, where known, and its slices."""
    if found.series is not None:
        return found.series.plane, found.series.slices
    return slices_of(found.sources[0])


def _add_volume(
    listed: Worklist, memory: Stores, found: FoundScan, plane: Plane | None, slices: int
) -> bool:
    digests = [hashlib.sha256(source.read()).hexdigest() for source in found.sources]
    series = found.series.key if found.series else ""
    key = hashlib.sha256(f"{digest_of(digests)} {series}".encode()).hexdigest()
    size = sum(source.size for source in found.sources)
    guess = found.series.sequence if found.series else guess_from_file_name(found.name)
    memory.volumes.put((listed.session, key), found.sources, size)
    return listed.add_volume(VolumeEntry(key, found.name, plane, slices, guess.label, size))


def _rejected_row(one: Rejected, rest: list[Source]) -> Row:
    """Return the row of a file that cannot be read and take the file off the rest."""
    data = b""
    source = next((source for source in rest if source.name == one.name), None)
    if source is not None:
        rest.remove(source)
        with contextlib.suppress(OSError):  # a damaged member of an archive
            data = source.read()
    known_by = data or f"{one.inside or one.name} {one.reason}".encode()
    sha256 = hashlib.sha256(known_by).hexdigest()
    return Row(sha256, one.name, len(data), status="rejected", reason=one.reason)


def _files(count: int) -> str:
    return "1 file was" if count == 1 else f"{count} files were"
