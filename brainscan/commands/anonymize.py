"""``python -m brainscan anonymize``: de-identified copies of DICOM files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from brainscan.errors import BrainScanError, DatasetError, FileUnreadable, InputRejected
from brainscan.imaging.dicom.deidentify import Deidentified, Deidentifier
from brainscan.imaging.dicom.directory import is_directory, listed_files
from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from brainscan.imaging.formats import HEAD_BYTES, Format, sniff
from brainscan.imaging.fresh_file import write_fresh
from brainscan.imaging.limits import DEFAULT_LIMITS
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import Source, open_source
from brainscan.imaging.sources import collect_sources
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

EXAMPLES = """\
examples:
  python -m brainscan anonymize study/ --out anonymous/
  python -m brainscan anonymize disc.zip --out anonymous/ --shift-dates --keep-characteristics
  python -m brainscan anonymize visit2/ --out anonymous/ --secret project.key

Writes copies of DICOM files from files, folders, ZIP archives and DICOMDIR, de-identified after
the Basic Application Level Confidentiality Profile of DICOM PS3.15 Annex E (edition 2026c).
Identifiers are replaced consistently: what belonged together still does, also references between
objects. Beyond the profile, unknown and private attributes, free text, overlays and curves are
removed. Pixel data and transfer syntax stay as they are. Copies are named after their new
identifiers: OUT/PATIENT/STUDY/SERIES/INSTANCE.dcm.
One JSON object a line: file, status (ok, rejected, error), reason, written, patient (new name and
number), warnings. Exit code 0: every file was handled; 1: some could not be read from disk; 2:
wrong usage, or a copy that cannot be written. No file is ever written over.
What no program removes: text burned into the pixels (warnings tell where it is stated or likely),
and the face that can be reconstructed from a scan of the whole head. Look at the copies before
you give them away. NIfTI files and pictures are not copied; they have no profile to follow.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "anonymize",
        help="write de-identified copies of DICOM files",
        description=f"Write de-identified copies of DICOM files. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="file, folder or ZIP archive"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the copies"
    )
    parser.add_argument(
        "--secret",
        type=Path,
        metavar="FILE",
        help="derive the new identifiers from this file (made when missing), so that several runs "
        "give the same; keep it apart from the copies, and delete it when nothing is to be added",
    )
    parser.add_argument(
        "--shift-dates",
        action="store_true",
        help="keep study and series dates, moved by the same random number of days for a patient",
    )
    parser.add_argument(
        "--keep-characteristics",
        action="store_true",
        help="keep age (90 years at most), sex, size, weight and the like",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    sources, rejected = _collect(args.paths)
    pseudonyms = Pseudonyms.of_file(args.secret) if args.secret else Pseudonyms()
    deidentifier = Deidentifier(
        pseudonyms, keep_characteristics=args.keep_characteristics, shift_dates=args.shift_dates
    )
    failed = False
    with ProgressBar("Copying") as bar:
        for number, line in enumerate(_lines(deidentifier, sources, rejected, args.out), start=1):
            print(json.dumps(line), flush=True)
            failed |= line["status"] == "error"
            if not sys.stdout.isatty():
                bar.update(number, len(sources) + len(rejected))
    if not sources and not rejected:
        print("No file was found in the folders given.", file=sys.stderr)
    return 1 if failed else 0


def _collect(paths: Sequence[Path]) -> tuple[list[Source], list[Rejected]]:
    given: list[Path | Source] = []
    rejected: list[Rejected] = []
    for path in paths:
        try:
            if path.is_dir():
                given.append(path)
                continue
            source = open_source(path, None, sys.maxsize)
            listed = _listed(source)
            given += [path] if listed is None else listed
        except InputRejected as error:
            gone = isinstance(error, FileUnreadable)
            rejected.append(Rejected(path.name, path, str(error), unreadable=gone))
    try:
        sources, skipped = collect_sources(given)
    except DatasetError as error:
        if any(isinstance(one, Path) and one.is_dir() for one in given):
            raise
        return [], [*rejected, Rejected(paths[0].name, paths[0], str(error))]
    return sources, [*rejected, *skipped]


def _listed(source: Source) -> list[Source] | None:
    """Return the files of a DICOMDIR that was given by itself."""
    if _kind(source) is Format.DICOM and is_directory(source):
        found = listed_files(source, DEFAULT_LIMITS)
        for warning in found.warnings:
            print(warning, file=sys.stderr)
        return list(found.sources)
    return None


def _kind(source: Source) -> Format:
    try:
        with source.open() as stream:
            return sniff(stream.read(HEAD_BYTES))
    except OSError:
        return Format.DICOM  # refused with the reason when it is read


def _lines(
    deidentifier: Deidentifier,
    sources: Sequence[Source],
    rejected: Sequence[Rejected],
    out: Path,
) -> Iterator[dict[str, Any]]:
    for one in rejected:
        yield _line(str(one.place), "error" if one.unreadable else "rejected", one.reason)
    for source in sources:
        file = str(source.path or source.inside or source.name)
        try:
            kind = _kind(source)
            if kind is not Format.DICOM:
                raise InputRejected(_no_dicom(source, kind))
            made = deidentifier.copy(source)
        except InputRejected as error:
            status = "error" if isinstance(error, FileUnreadable) else "rejected"
            yield _line(file, status, str(error))
        else:
            yield _line(file, "ok", None, _write(made, out), made)


def _no_dicom(source: Source, kind: Format) -> str:
    if kind is Format.NIFTI:
        return (
            f"{source.name} is a NIfTI volume, which is not copied: DICOM's profile does not "
            "speak of it. Its header holds a description and a file name; clear them with "
            "nibabel, and give the file a name that names nobody."
        )
    what = "of an unknown kind" if kind is Format.UNKNOWN else f"of the kind {kind.value}"
    return f"{source.name} is {what}, not DICOM; it is not copied."


def _line(
    file: str,
    status: str,
    reason: str | None,
    written: Path | None = None,
    made: Deidentified | None = None,
) -> dict[str, Any]:
    return {
        "file": file,
        "status": status,
        "reason": reason,
        "written": None if written is None else str(written),
        "patient": made.patient if made else None,
        "warnings": list(made.warnings) if made else [],
    }


def _write(made: Deidentified, out: Path) -> Path:
    """Write a copy under names made of its new identifiers; one that is taken gets a number."""
    uids = (made.study_uid, made.series_uid, made.sop_instance_uid)
    study, series, instance = (uid.removeprefix("2.25.")[:16] or "none" for uid in uids)
    folder = out / made.patient / study / series
    try:
        return write_fresh(folder / f"{instance}.dcm", made.data)
    except OSError as error:
        raise BrainScanError(
            f"{folder} cannot be written to ({error.strerror or 'write error'}). Choose a folder "
            "that you may write to, with enough free space."
        ) from error
