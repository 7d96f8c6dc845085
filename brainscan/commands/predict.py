"""``python -m brainscan predict``: read scans, one JSON line a file or series."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from brainscan.commands.predict_outputs import (
    Naming,
    Targets,
    place_of,
    refuse_to_overwrite,
    write_bytes,
    write_map,
)
from brainscan.errors import DatasetError, FileUnreadable, InputRejected
from brainscan.imaging.intake import FoundScan, find_scans
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import open_source
from brainscan.inference.batch import FileResult, predict_slices
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.inference.volume import predict_volume
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar
from brainscan.reporting.dicom import KINDS, Findings, write_results
from brainscan.reporting.evidence_nifti import evidence_nifti, mask_nifti

EXAMPLES = """\
examples:
  python -m brainscan predict slice.png
  python -m brainscan predict disc.zip study/ flair.nii.gz --json results.jsonl
  python -m brainscan predict scans/ --heatmaps maps/ --masks masks/
  python -m brainscan predict study/ --dicom results/ --objects sr,seg
  python -m brainscan predict scans/ --model custom_cnn | head

Reads PNG, JPEG, TIFF, BMP, WebP, DICOM and NIfTI: files, folders, ZIP archives, DICOMDIR.
One JSON object a line: file, status (ok, rejected, error), reason, kind (slice, series, nifti),
tumor_probability, decision (tumor, no_tumor, indeterminate), type, type_set, type_probabilities,
model, sha256, elapsed_ms and more. type_set names every type that the scan may well show, the most
probable first. The files of a DICOM series are one line: file is their folder, series its
description without any trace of the patient, files how many there are. A volume also has slices
(index, state, probability, gate_refused), plane, rule, key_slices and agreement. --slices answers
every DICOM file by itself instead.
Every file has its line. One that cannot be read, that shows no brain MR, or that is left out as a
copy or as no scan at all, has the reason; what is not known of it is null. With --no-gate what
shows no brain MR is answered, and "refusal" or the warnings keep the reason.
Heat maps (probability of tumor tissue in [0, 1]) and masks (probability at least one half) lie on
the scan's own grid: float32 .npy and 1-bit PNG files for slices, NIfTI for volumes. DICOM results
lie in a folder for each DICOM scan and refer to it; dicom lists them, dicom_refusals says why one
could not be made. They name the patient, as the images do. Exit code 0:
every file was handled; 1: some could not be read from disk; 2: wrong usage, or an output that
cannot be written. Nothing is written over a file that is to be read.
"""

_ANSWER = (
    "tumor_probability", "decision", "type", "type_set", "type_probabilities", "model", "sha256",
    "elapsed_ms",
)  # fmt: skip
_Line = dict[str, Any]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "predict",
        help="read scans: tumor or not, which type, where",
        description=f"Read scans: tumor or not, which type, where. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="file, folder or ZIP archive"
    )
    parser.add_argument("--model", default="resnet50", metavar="NAME", help="released model")
    parser.add_argument(
        "--sensitivity",
        type=float,
        metavar="S",
        help="decide at the threshold for this sensitivity, for example 0.9 (default 0.95)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines to a file")
    parser.add_argument("--heatmaps", type=Path, metavar="DIR", help="write evidence maps")
    parser.add_argument("--masks", type=Path, metavar="DIR", help="write masks")
    parser.add_argument(
        "--dicom", type=Path, metavar="DIR", help="write DICOM results for DICOM scans"
    )
    parser.add_argument(
        "--objects",
        type=_kinds,
        default=tuple(KINDS),
        metavar="KIND,...",
        help="which DICOM results: " + "; ".join(f"{one}: {what}" for one, what in KINDS.items()),
    )
    parser.add_argument(
        "--slices", action="store_true", help="answer every DICOM file by itself, not its series"
    )
    parser.add_argument(
        "--no-gate",
        dest="gate",
        action="store_false",
        help="answer even for scans that the input gate takes for no brain MR",
    )
    parser.set_defaults(run=run)


def _kinds(stated: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip() for one in stated.split(",") if one.strip()))
    unknown = [one for one in found if one not in KINDS]
    if unknown or not found:
        msg = f"choose from {', '.join(KINDS)}, separated by commas"
        raise argparse.ArgumentTypeError(msg)
    return found


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    quiet = not args.json and sys.stdout.isatty()
    scans, rejected = _collect(args.paths, volumes=not args.slices, quiet=quiet)
    naming = Naming(args.heatmaps, args.masks, args.dicom)
    work = [(scan, naming.targets(scan, place_of(scan, args.paths))) for scan in scans]
    notices = [folder / "NOTICE.txt" for folder in naming.folders]
    refuse_to_overwrite(
        _inputs(args.paths, scans, rejected),
        [*filter(None, [args.json]), *notices, *_files(targets for _, targets in work)],
    )
    many = len(scans) > 1 or any(scan.is_volume for scan in scans)
    classifier = TumorClassifier.load(
        args.model,
        runtime="openvino-throughput" if many else "openvino",
        sensitivity=args.sensitivity,
    )
    for notice in notices:
        notice.parent.mkdir(parents=True, exist_ok=True)
        notice.write_text(RESEARCH_USE + "\n", encoding="utf-8")
    failed = False
    with ExitStack() as stack:
        out: TextIO = sys.stdout
        if args.json:
            args.json.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(args.json.open("w", encoding="utf-8"))
        bar = stack.enter_context(ProgressBar("Reading"))

        def progress(done: int, note: str = "") -> None:
            if many and not quiet:
                bar.update(done, len(work), note)

        for line in _lines(classifier, work, rejected, args, progress):
            # ASCII only: names of any encoding pass through any terminal and pipe.
            print(json.dumps(line), file=out, flush=not args.json)
            failed |= line["status"] == "error"
    if not scans and not rejected:
        print("No file was found in the folders given.", file=sys.stderr)
    return 1 if failed else 0


def _collect(
    paths: Sequence[Path], *, volumes: bool, quiet: bool
) -> tuple[list[FoundScan], list[Rejected]]:
    """Return everything to read, slices first, and everything that is not read."""
    given: list[Path] = []
    rejected: list[Rejected] = []
    for path in paths:
        try:
            if not path.is_dir():
                open_source(path, None, sys.maxsize)
            given.append(path)
        except InputRejected as error:
            gone = isinstance(error, FileUnreadable)
            rejected.append(Rejected(path.name, path, str(error), unreadable=gone))
    with ProgressBar("Looking through the DICOM files") as bar:

        def progress(done: int, total: int) -> None:
            if total > 1 and not quiet:
                bar.update(done, total)

        try:
            intake = find_scans(given, volumes=volumes, progress=progress)
        except DatasetError as error:
            if any(path.is_dir() for path in given):
                raise
            # The only file is an archive that is refused as a whole.
            return [], [*rejected, Rejected(given[0].name, given[0], str(error))]
    for warning in intake.dicom.warnings:
        print(warning, file=sys.stderr)
    scans = sorted(intake.scans, key=lambda scan: scan.is_volume)
    return scans, [*rejected, *intake.rejected, *intake.left_out]


def _inputs(
    paths: Sequence[Path], scans: Sequence[FoundScan], rejected: Sequence[Rejected]
) -> Iterator[Path]:
    yield from (path for path in paths if not path.is_dir())
    yield from (source.path for scan in scans for source in scan.sources if source.path)
    yield from (one.path for one in rejected if one.path)


def _files(rows: Iterator[Targets]) -> Iterator[Path]:
    for row in rows:
        yield from filter(None, (row.heatmap, row.mask))


def _lines(
    classifier: TumorClassifier,
    work: Sequence[tuple[FoundScan, Targets]],
    rejected: Sequence[Rejected],
    args: argparse.Namespace,
    progress: Callable[..., None],
) -> Iterator[_Line]:
    """Answer one scan after the other; only a few are in memory at a time."""
    model = classifier.release.title
    for one in rejected:
        status = "error" if one.unreadable else "rejected"
        yield _line(str(one.place), None, status, one.reason, model)
    slices = [(scan, targets) for scan, targets in work if not scan.is_volume]
    results = predict_slices(classifier, (scan for scan, _ in slices), gate=args.gate)
    for number, ((scan, targets), result) in enumerate(zip(slices, results, strict=True), start=1):
        yield _slice_line(scan, targets, result, classifier.release, args.objects)
        progress(number)
    for number, (scan, targets) in enumerate(work[len(slices) :], start=len(slices)):
        yield _volume_line(classifier, scan, targets, args, partial(progress, number))
        progress(number + 1)


def _line(
    file: str, kind: str | None, status: str, reason: str | None, model: str, **more: Any
) -> _Line:
    return {
        "file": file,
        "status": status,
        "reason": reason,
        "kind": kind,
        **dict.fromkeys(_ANSWER),
        "model": model,
        **more,
        "notice": RESEARCH_USE,
    }


def _slice_line(
    scan: FoundScan, targets: Targets, result: FileResult, release: Release, kinds: Sequence[str]
) -> _Line:
    answer: _Line = {}
    if result.prediction and result.scan:
        answer = result.prediction.to_json() | {"size": [result.scan.width, result.scan.height]}
        for target in filter(None, (targets.heatmap, targets.mask)):
            write_map(target, result.prediction.evidence.on_slice())
        if targets.dicom and result.scan.instance:
            findings = partial(Findings.of_slice, result.scan, result.prediction, release=release)
            answer |= _dicom(targets.dicom, findings, kinds)
    return _line(
        _file(scan), scan.kind, result.status, result.reason, **{"model": release.title} | answer
    )


def _volume_line(
    classifier: TumorClassifier,
    scan: FoundScan,
    targets: Targets,
    args: argparse.Namespace,
    note: Callable[[str], None],
) -> _Line:
    about: _Line = {"model": classifier.release.title, "files": len(scan.sources)}
    if scan.series is not None:
        about |= {"series": scan.name, "not_preselected": scan.series.reason}
    try:
        volume = scan.read_volume(progress=lambda done, total: note(f"file {done} of {total}"))
        prediction = predict_volume(
            classifier,
            volume,
            progress=lambda done, total: note(f"slice {done} of {total}"),
            gate=args.gate,
        )
    except InputRejected as error:
        status = "error" if isinstance(error, FileUnreadable) else "rejected"
        return _line(_file(scan), scan.kind, status, str(error), **about)
    if targets.heatmap:
        write_bytes(targets.heatmap, evidence_nifti(volume, prediction))
    if targets.mask:
        write_bytes(targets.mask, mask_nifti(volume, prediction))
    about |= prediction.to_json() | {"size": list(volume.shape)}
    if targets.dicom:
        findings = partial(Findings.of_volume, volume, prediction, release=classifier.release)
        about |= _dicom(targets.dicom, findings, args.objects)
    return _line(_file(scan), scan.kind, "ok", None, **about)


def _dicom(folder: Path, findings: Callable[[], Findings], kinds: Sequence[str]) -> _Line:
    """Write DICOM results; say which, and of the others why not."""
    try:
        written = write_results(folder, findings(), kinds)
    except InputRejected as error:
        return {"dicom": [], "dicom_refusals": dict.fromkeys(kinds, str(error))}
    return {"dicom": list(map(str, written.paths)), "dicom_refusals": dict(written.refusals)}


def _file(scan: FoundScan) -> str:
    return str(scan.place or scan.name)
