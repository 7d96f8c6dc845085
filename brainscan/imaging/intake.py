"""Sort any collection of files into slices and volumes that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from brainscan.imaging.dicom.folder import SeriesFolder, find_series
from brainscan.imaging.dicom.image import DicomImage
from brainscan.imaging.dicom.modality import describe, judge
from brainscan.imaging.dicom.scan import frames_words
from brainscan.imaging.dicom.series import Series
from brainscan.imaging.dicom.stack import why_no_volume
from brainscan.imaging.dicom.volume import read_series
from brainscan.imaging.files import IMAGE_SUFFIXES
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.reading import read_scan
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.scan import Scan
from brainscan.imaging.source import Source
from brainscan.imaging.sources import collect_sources
from brainscan.imaging.volume import Volume

Kind = Literal["slice", "series", "nifti"]

_SHAPELESS = frozenset({Format.UNKNOWN, Format.GZIP, Format.TEXT})
"""What a damaged NIfTI file looks like by its first bytes."""


@dataclass(frozen=True, eq=False)
class FoundScan:
    """One thing to read: a slice, or a volume.

    Attributes
    ----------
    kind
        ``"slice"`` (a picture, or a DICOM object that makes no volume), ``"series"`` (DICOM) or
        ``"nifti"``.
    name
        Safe to show: a file name, or a series description without any trace of the patient.
    sources
        The files, in the order of the slices; one for a slice and a NIfTI.
    series
        The DICOM series of a ``"series"``.
    framed
        Of a ``"slice"`` that is one of several frames: how many, and why they make no volume;
        ``""`` otherwise.
    """

    kind: Kind
    name: str
    sources: tuple[Source, ...] = field(repr=False)
    series: Series | None = field(default=None, repr=False)
    framed: str = ""

    @property
    def is_volume(self) -> bool:
        return self.kind != "slice"

    @property
    def path(self) -> Path | None:
        """The file, or the folder that holds all files of a series; ``None`` in memory."""
        paths = [source.path for source in self.sources if source.path is not None]
        return _common(paths) if len(paths) == len(self.sources) else None

    @property
    def place(self) -> Path | None:
        """As ``path``; for members of a ZIP archive their path behind that of the archive."""
        places = [
            Path(found) for one in self.sources if (found := one.path or one.inside) is not None
        ]
        return _common(places) if len(places) == len(self.sources) else None

    def read_slice(self, *, limits: ReadLimits = DEFAULT_LIMITS) -> Scan:
        """Read a ``"slice"``.

        Raises
        ------
        InputRejected
            If it cannot be read as a slice.
        """
        source = self.sources[0]
        return read_scan(source.path or source.read(), name=self.name, limits=limits)

    def read_volume(
        self,
        *,
        limits: ReadLimits = DEFAULT_LIMITS,
        progress: Callable[[int, int], None] = lambda done, total: None,
        cancel: Callable[[], bool] = lambda: False,
    ) -> Volume:
        """Read a ``"series"`` or a ``"nifti"``.

        Raises
        ------
        InputRejected
            If it cannot be read as a volume.
        Cancelled
            If ``cancel`` said so; only a series asks.
        """
        if self.series is not None:
            return read_series(self.series, limits=limits, progress=progress, cancel=cancel)
        return read_nifti(self.sources[0], limits=limits)


@dataclass(frozen=True, eq=False)
class Intake:
    """What a collection of files holds.

    Attributes
    ----------
    scans
        Everything that can be read, pictures and NIfTI in the order of the files, then DICOM.
    dicom
        The DICOM part, with the preselected series and the reasons for the others.
    rejected
        Files that cannot be read, each with a sentence.
    left_out
        Files that are not needed or no scans, each with a sentence: viewers, texts, tables, the
        contents of a disc, copies within a volume, members that an archive does not give out.
        With ``scans`` and ``rejected`` every file is accounted for.
    ignored
        How many files are nothing that BrainScan reads (viewers, texts, tables).
    warnings
        Sentences about the collection, such as two patients in one folder.
    """

    scans: tuple[FoundScan, ...]
    dicom: SeriesFolder
    rejected: tuple[Rejected, ...]
    ignored: int
    warnings: tuple[str, ...]
    left_out: tuple[Rejected, ...] = ()

    @property
    def volumes(self) -> tuple[FoundScan, ...]:
        return tuple(scan for scan in self.scans if scan.is_volume)


def find_scans(
    given: str | Path | Source | Iterable[str | Path | Source],
    *,
    volumes: bool = True,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
) -> Intake:
    """Find the slices and volumes in files, folders, ZIP archives, discs and uploads.

    Files are recognised by content. DICOM files are grouped into series by their headers
    (:func:`brainscan.imaging.dicom.find_series`); a series of one image, or whose images make no
    volume, counts as slices, and so does every copy of them. A file that is nothing known is
    ignored in a folder or archive, and refused where it was given by itself or its suffix says
    that it is an image. One whose suffix says that it is a NIfTI volume counts as one, so that
    reading it says what is wrong with it.

    Parameters
    ----------
    given
        Files, folders, ZIP archives, or :class:`Source` for uploads; one or several.
    volumes
        Whether DICOM series are volumes; otherwise every DICOM file is a slice.
    limits
        Largest file and volume to accept.
    progress
        Called with the number of DICOM files looked at and of all.
    cancel
        Asked before each DICOM file; true stops the work.

    Raises
    ------
    DatasetError
        If a path does not exist, or an archive that is all there is is refused as a whole.
    Cancelled
        If ``cancel`` said so.
    """
    if isinstance(given, (str, Path, Source)):
        given = [given]
    given = list(given)
    named = {Path(one) for one in given if not isinstance(one, Source)}
    sources, skipped = collect_sources(given, limits=limits)
    scans: list[FoundScan] = []
    dicom: list[Source] = []
    left_out: list[Rejected] = []
    ignored = 0
    for source in sources:
        kind = _sniff(source)
        if kind is Format.DICOM:
            dicom.append(source)
        elif kind is Format.NIFTI or (kind in _SHAPELESS and _claims_nifti(source)):
            scans.append(FoundScan("nifti", source.name, (source,)))
        elif kind in READABLE or source.path in named or _claims_image(source):
            scans.append(FoundScan("slice", source.name, (source,)))
        else:
            ignored += 1
            left_out.append(Rejected.of(source, _no_scan(source, kind)))
    found = find_series(dicom, limits=limits, progress=progress, cancel=cancel)
    rejected = list(found.rejected)
    unused: dict[Source, str] = {}
    for series in found.series:
        if judge(series.modality) == "other":
            rejected += _refused(series)
            continue
        scans += _scans_of(series, volumes)
        unused |= series.unused
    stacked = {source for scan in scans if scan.is_volume for source in scan.sources}
    scans = [scan for scan in scans if scan.is_volume or scan.sources[0] not in stacked]
    read = {source for scan in scans for source in scan.sources}
    left_out += [
        Rejected.of(source, reason) for source, reason in unused.items() if source not in read
    ]
    return Intake(
        tuple(scans),
        found,
        tuple(rejected),
        ignored,
        (*(one.reason for one in skipped), *found.warnings),
        (*skipped, *found.left_out, *left_out),
    )


def _common(paths: list[Path]) -> Path | None:
    """Return the only path, or the deepest folder that holds all of them."""
    if len(paths) == 1:
        return paths[0]
    folder = paths[0].parent
    while not all(path.is_relative_to(folder) for path in paths):
        if folder == folder.parent:
            return None
        folder = folder.parent
    return folder


def _scans_of(series: Series, volumes: bool) -> list[FoundScan]:
    """Return a series as one volume, or as slices where it makes none."""
    sources = dict.fromkeys(piece.image.source for piece in series.stack.slices)
    if volumes and series.readable and series.slices > 1:
        return [FoundScan("series", series.description, tuple(sources), series)]
    stack = series.stack
    images = (piece.image for piece in (*stack.slices, *stack.copies, *stack.displaced))
    framed = {image.source: _framed(image) for image in dict.fromkeys(images)}
    return [
        FoundScan("slice", one.name, (one,), framed=framed[one])
        for one in (sources | series.unused)
    ]


def _framed(image: DicomImage) -> str:
    """Say of a file of several frames that makes no volume what is read of it."""
    if len(image.frames) == 1:
        return ""
    held = f"{image.source.name} holds {frames_words(image)}, of which only the middle one is read."
    return f"{held} {why_no_volume(image) or ''}".rstrip()


def _refused(series: Series) -> list[Rejected]:
    sources = dict.fromkeys(piece.image.source for piece in series.stack.slices)
    what = describe(series.modality)
    return [
        Rejected.of(source, f"{source.name} is {what}, not an MR scan. Choose an MR series.")
        for source in (sources | series.unused)
    ]


def _no_scan(source: Source, kind: Format) -> str:
    what = "of an unknown kind" if kind is Format.UNKNOWN else f"of the kind {kind.value}"
    if kind is Format.EMPTY:
        what = "empty (0 bytes)"
    return f"{source.name} is {what}: no scan, so it is left out."


def _sniff(source: Source) -> Format:
    try:
        with source.open() as stream:
            return sniff(stream.read(HEAD_BYTES))
    except OSError:
        return Format.DICOM  # refused with the reason when its header is read


def _claims_image(source: Source) -> bool:
    """Whether a file says by its name that it is an image, so that a bad one is not lost."""
    return source.name.casefold().endswith(tuple(IMAGE_SUFFIXES)) or _claims_nifti(source)


def _claims_nifti(source: Source) -> bool:
    """Whether a file says by its name that it is a NIfTI volume."""
    return source.name.casefold().endswith((".nii", ".nii.gz"))
