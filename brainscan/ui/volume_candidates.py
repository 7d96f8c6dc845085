"""The volumes among the files, described for the reader who chooses one of them."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.dicom.series import Series
from brainscan.imaging.formats import HEAD_BYTES, READABLE, Format, sniff
from brainscan.imaging.intake import FoundScan, Intake
from brainscan.imaging.nifti import slices_of
from brainscan.imaging.orientation import PLANE_OF_AXIS
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.sequence import SequenceGuess, SequenceLabel, guess_from_file_name
from brainscan.imaging.source import Source
from brainscan.imaging.volume import Volume
from brainscan.imaging.windowing import apply_window

THUMBNAIL = 96
_SLICES = READABLE | {Format.DICOM}
_PREFERENCE: tuple[SequenceLabel, ...] = ("T1ce", "FLAIR", "T1", "T2", "unknown")


@dataclass(frozen=True, eq=False)
class Candidate:
    """One volume that can be opened.

    Attributes
    ----------
    key
        Tells the volumes of a search apart.
    scan
        How to read it.
    name
        Series description without any trace of the patient, or file name.
    sequence
        Guess, with its reason.
    facts
        Plane, number of slices, pixels and spacing in words.
    patient
        Number of the patient, where the files belong to several.
    reason
        Why it is not opened unless asked for; ``None`` for the preselected one.
    warnings
        Gaps, duplicates and other irregularities.
    thumbnail
        Small picture as a data address, or ``""``.
    """

    key: str
    scan: FoundScan = field(repr=False)
    name: str
    sequence: SequenceGuess
    facts: tuple[str, ...] = ()
    patient: int | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    thumbnail: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class Found:
    """What looking through the files came to.

    Attributes
    ----------
    candidates
        The preselected one first.
    slices
        The single slices among the files; they are read on the Diagnose page.
    rejected
        Files that cannot be read, each with a sentence.
    warnings
        Sentences about the collection.
    patients
        How many patients the DICOM files belong to.
    left_out
        Files that are no scans or not needed beside the others, each with a sentence.
    framed
        Those of ``slices`` that hold several frames which make no volume, each with a sentence.
    """

    candidates: tuple[Candidate, ...]
    slices: tuple[Source, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]
    patients: int
    left_out: tuple[Rejected, ...] = ()
    framed: Mapping[Source, str] = field(default_factory=dict)


def describe(
    intake: Intake,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
) -> Found:
    """Describe every volume; one that turns out not to be readable joins the rejected files.

    Of a volume that is the only one no more than the header is looked at here: it is opened
    anyway. A file that is an image by its name alone joins the rejected files as well.

    Raises
    ------
    Cancelled
        If ``cancel`` said so.
    """
    rejected = list(intake.rejected)
    several = len(intake.volumes) > 1
    found: list[Candidate] = []
    for done, scan in enumerate(intake.volumes):
        if cancel():
            raise Cancelled("Looking through the files was stopped.")
        progress(done, len(intake.volumes))
        try:
            if scan.series is not None:
                found.append(_of_series(str(done), scan, scan.series, intake, several))
            else:
                found.append(_of_nifti(str(done), scan, several))
        except InputRejected as error:
            rejected.append(Rejected.of(scan.sources[0], error))
    progress(len(intake.volumes), len(intake.volumes))
    slices: list[Source] = []
    for scan in intake.scans:
        if scan.is_volume:
            continue
        try:
            slices += _readable(scan)
        except InputRejected as error:
            rejected.append(Rejected.of(scan.sources[0], error))
    return Found(
        tuple(_with_choice(found)),
        tuple(slices),
        tuple(rejected),
        intake.warnings,
        intake.dicom.patients,
        intake.left_out,
        {scan.sources[0]: scan.framed for scan in intake.scans if scan.framed},
    )


def _readable(scan: FoundScan) -> tuple[Source, ...]:
    """Return the files of a slice; only one that no reader can make anything of is read here.

    Raises
    ------
    InputRejected
        With the sentence that the Diagnose page has for it.
    """
    try:
        with scan.sources[0].open() as stream:
            known = sniff(stream.read(HEAD_BYTES)) in _SLICES
        if not known:
            scan.read_slice()
    except OSError:
        pass  # vanished meanwhile; said where it is read
    return scan.sources


def _of_series(
    key: str, scan: FoundScan, series: Series, intake: Intake, several: bool
) -> Candidate:
    facts = [f"{series.plane or 'unknown plane'}", f"{series.slices} slices"]
    facts.append(f"{series.size[1]} × {series.size[0]}")
    if series.spacing is not None:
        between, rows, columns = series.spacing
        facts.append(f"{columns:.2f} × {rows:.2f} × {between:.2f} mm")
    picture = ""
    if several:
        # The sentence comes when the series is opened; its neighbours are not affected.
        with contextlib.suppress(InputRejected):
            picture = _as_address(series.thumbnail(THUMBNAIL))
    return Candidate(
        key,
        scan,
        series.description,
        series.sequence,
        tuple(facts),
        series.patient if intake.dicom.patients > 1 else None,
        series.reason,
        series.warnings,
        picture,
    )


def _of_nifti(key: str, scan: FoundScan, several: bool) -> Candidate:
    if not several:
        slices_of(scan.sources[0])
        return Candidate(key, scan, scan.name, guess_from_file_name(scan.name))
    volume = scan.read_volume()
    plane = volume.plane
    middle = volume.plane_slice(plane, volume.depth(plane) // 2)
    rows, columns = middle.pixels.shape
    between = volume.spacing[PLANE_OF_AXIS.index(plane)]
    return Candidate(
        key,
        scan,
        volume.name,
        volume.sequence or guess_from_file_name(volume.name),
        (
            plane,
            f"{volume.depth(plane)} slices",
            f"{columns} × {rows}",
            f"{middle.spacing[1]:.2f} × {middle.spacing[0]:.2f} × {between:.2f} mm",
        ),
        warnings=volume.warnings,
        thumbnail=_as_address(_thumbnail(volume, middle.pixels, middle.spacing)),
    )


def _with_choice(found: Sequence[Candidate]) -> list[Candidate]:
    """Put the one to open first; NIfTI files stand behind a DICOM series that suits."""
    nifti = [one for one in found if one.scan.series is None]
    series = [one for one in found if one.scan.series is not None]
    chosen = next((one for one in series if one.reason is None), None)
    if chosen is None and nifti:
        chosen = min(nifti, key=lambda one: _PREFERENCE.index(one.sequence.label))
    others = [_not_chosen(one, chosen) for one in (*nifti, *series) if one is not chosen]
    return others if chosen is None else [chosen, *others]


def _not_chosen(one: Candidate, chosen: Candidate | None) -> Candidate:
    if one.reason is not None or chosen is None:
        return one
    if one.sequence.label != chosen.sequence.label:
        here, there = (
            "of unknown sequence" if words == "Unknown" else words
            for words in (one.sequence.words, chosen.sequence.words)
        )
        return replace(one, reason=f"Another volume was chosen: it is {there}, this one is {here}.")
    return replace(one, reason="Another volume of the same kind was chosen: it comes first.")


def _thumbnail(volume: Volume, pixels: np.ndarray, spacing: tuple[float, float]) -> np.ndarray:
    height, width = pixels.shape[0] * spacing[0], pixels.shape[1] * spacing[1]
    scale = THUMBNAIL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = apply_window(np.ascontiguousarray(pixels), volume.window())
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    return np.rint(small * 255.0).astype(np.uint8)


def _as_address(gray: np.ndarray) -> str:
    _, data = cv2.imencode(".webp", gray, [cv2.IMWRITE_WEBP_QUALITY, 75])
    return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode()
