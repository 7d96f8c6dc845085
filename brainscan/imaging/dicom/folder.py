"""Find the series in any collection of files: a folder, a disc, a ZIP archive, an upload."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.dicom.directory import is_directory, listed_files
from brainscan.imaging.dicom.image import DicomImage, read_image
from brainscan.imaging.dicom.series import Series, describe_series, rank, why_not
from brainscan.imaging.dicom.slices import Slice
from brainscan.imaging.dicom.stack import build_stacks
from brainscan.imaging.formats import HEAD_BYTES, Format, sniff
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import Source, unreadable
from brainscan.imaging.sources import collect_sources


@dataclass(frozen=True, eq=False)
class SeriesFolder:
    """The series of a collection of files.

    Attributes
    ----------
    series
        The preselected one first, then the others that can be opened, then the rest; by patient
        and series number among equals.
    rejected
        DICOM files that could not be used, each with a sentence.
    left_out
        Tables of contents that are not needed, each with a sentence.
    ignored
        How many files are no DICOM at all (viewers, pictures, texts).
    patients
        How many patients the files belong to.
    warnings
        Sentences about the collection, such as two patients in one folder.
    """

    series: tuple[Series, ...]
    rejected: tuple[Rejected, ...]
    ignored: int
    patients: int
    warnings: tuple[str, ...]
    left_out: tuple[Rejected, ...] = ()

    @property
    def preselected(self) -> Series | None:
        """The series to open unless the reader chooses another; ``None`` when none suits."""
        return next((one for one in self.series if one.preselected), None)


def find_series(
    given: str | Path | Source | Iterable[str | Path | Source],
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
) -> SeriesFolder:
    """Group DICOM files into series, by their headers alone.

    Files are recognised by content. Folders are walked, ZIP archives read in memory, a DICOMDIR
    given by itself stands for the files it lists. Images are grouped by patient and
    SeriesInstanceUID, sorted along the slice normal, and divided where orientation, size or
    echo differ. Pixel data are not read.

    Parameters
    ----------
    given
        Files, folders, ZIP archives, or :class:`Source` for uploads; one or several.
    limits
        Largest file and volume to accept.
    progress
        Called with the number of files looked at and of all files.
    cancel
        Asked before each file; true stops the work.

    Raises
    ------
    DatasetError
        If a path does not exist or an archive is refused as a whole.
    Cancelled
        If ``cancel`` said so.
    """
    sources, skipped = collect_sources(given, limits=limits)
    warnings = [one.reason for one in skipped]
    images: list[DicomImage] = []
    rejected: list[Rejected] = []
    left_out: list[Rejected] = []
    ignored = 0
    alone = len(sources) == 1
    queue = list(sources)
    for done, source in enumerate(queue):
        if cancel():
            raise Cancelled("Looking through the files was stopped.")
        progress(done, len(queue))
        try:
            if not _is_dicom_source(source):
                ignored += 1
                continue
            if is_directory(source):
                # The table of contents of a folder that is walked anyway adds nothing.
                if alone:
                    listed = listed_files(source, limits)
                    queue += listed.sources
                    warnings += listed.warnings
                else:
                    left_out.append(Rejected.of(source, _contents(source)))
                continue
            images.append(read_image(source, limits))
        except InputRejected as error:
            rejected.append(Rejected.of(source, error))
    progress(len(queue), len(queue))
    series, patients = _series(images)
    if patients > 1:
        warnings.insert(0, _patients_warning(patients))
    return SeriesFolder(
        tuple(series), tuple(rejected), ignored, patients, tuple(warnings), tuple(left_out)
    )


def _is_dicom_source(source: Source) -> bool:
    try:
        with source.open() as stream:
            return sniff(stream.read(HEAD_BYTES)) is Format.DICOM
    except OSError as error:
        raise unreadable(source, error) from error


def _contents(source: Source) -> str:
    return (
        f"{source.name} is the table of contents of a DICOM disc. The files beside it are read "
        "themselves."
    )


def _patients_warning(count: int) -> str:
    return (
        f"The files belong to {count} different patients, by their names, numbers and birth "
        "dates. Their series are kept apart; make sure that you open the right one."
    )


def _series(images: list[DicomImage]) -> tuple[list[Series], int]:
    grouped: dict[tuple[str, str, str], list[DicomImage]] = {}
    for image in images:
        series_uid = image.series_uid or image.sop_instance_uid or image.source.name
        # A series has one modality (PS3.3 C.7.3.1); where files disagree, each keeps its own.
        grouped.setdefault((image.patient, series_uid, image.modality), []).append(image)
    patients = {
        patient: number
        for number, patient in enumerate(dict.fromkeys(image.patient for image in images), start=1)
    }
    found: list[Series] = []
    for (patient, uid, kind), members in grouped.items():
        slices = [Slice(image, frame) for image in members for frame in image.frames]
        for number, stack in enumerate(build_stacks(slices)):
            key = hashlib.sha256(f"{patient} {uid} {kind} {number}".encode()).hexdigest()[:16]
            found.append(describe_series(key, stack, patients[patient]))
    found.sort(key=_order)
    return _with_choice(found), len(patients)


def _order(series: Series) -> tuple[int, int, str]:
    number = series.stack.slices[0].image.series_number
    return series.patient, 10**9 if number is None else number, series.description


def _with_choice(found: list[Series]) -> list[Series]:
    """Choose the series to open first, and tell of every other one why it was not chosen."""
    suitable = [one for one in found if one.reason is None]
    if not suitable:
        return sorted(found, key=lambda one: not one.readable)
    chosen = min(suitable, key=rank)
    others = [
        replace(one, reason=one.reason or why_not(one, chosen))
        for one in found
        if one is not chosen
    ]
    candidates = {one.key for one in suitable}
    others.sort(key=lambda one: (one.key not in candidates, not one.readable))
    return [chosen, *others]
