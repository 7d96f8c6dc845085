"""``python -m brainscan predict``: read scans, one JSON line a file or series."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from brainscan.commands.interruption import stopped
from brainscan.commands.predict_labels import LabelFolders
from brainscan.commands.predict_lines import OBJECTS, How, lines
from brainscan.commands.predict_outputs import (
    Naming,
    Targets,
    place_of,
    refuse_inputs_below,
    refuse_to_overwrite,
)
from brainscan.errors import DatasetError, FileUnreadable, InputRejected
from brainscan.imaging.intake import FoundScan, find_scans
from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import open_source
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

_SAID = {"ok": "answered", "rejected": "not read", "error": "could not be opened"}

EXAMPLES = """\
examples:
  python -m brainscan predict slice.png
  python -m brainscan predict disc.zip study/ flair.nii.gz --json results.jsonl
  python -m brainscan predict scans/ --heatmaps maps/ --masks masks/
  python -m brainscan predict study/ --dicom results/ --objects sr,seg,rtstruct
  python -m brainscan predict scans/ --coco dataset/
  python -m brainscan predict scans/ --model custom_cnn | head

Reads PNG, JPEG, TIFF, BMP, WebP, DICOM and NIfTI: files, folders, ZIP archives, DICOMDIR.
One JSON object a line: file, status (ok, rejected, error), reason, kind (slice, series, nifti),
tumor_probability, decision (tumor, no_tumor, indeterminate), type, type_set, type_probabilities,
model, sha256, elapsed_ms and more. type_set names every type that the scan may well show, the most
probable first; on a sequence on which the types were not learned, type is null and type_set has
them all. The files of a DICOM series are one line: file is their folder, series its description
without any trace of the patient, files how many there are. A volume also has slices, from 0
(index, state, probability, gate_refused), plane, rule, key_slices and agreement. --slices answers
every DICOM file by itself instead.
outline is null for a model that draws none. Otherwise it says how large the outline is: area with
area_unit, lesions, longest_diameter and perpendicular_diameter of the largest lesion with
length_unit (mm, or px where the file does not tell the size of its pixels); for a volume
milliliters with milliliters_range, lesions, and these figures of the slice with the
largest_diameter. The outline goes with the answer: where the answer is no tumor it is empty.
network_pixels and slices say what the network drew whatever it answers.
Every file has its line. One that cannot be read, that shows no brain MR, or that is left out as a
copy or as no scan at all, has the reason; what is not known of it is null. With --no-gate what
shows no brain MR is answered, and "refusal" or the warnings keep the reason.
Heat maps (probability of tumor tissue in [0, 1]) and masks lie on the scan's own grid: float32
.npy and 1-bit PNG files for slices, NIfTI for volumes. A mask is the outline; of a model that draws
none it is where the heat map is at least one half, and the file says so. DICOM results lie in a
folder for each DICOM scan and refer to it; dicom lists them, dicom_refusals says why one could not
be made. They name the patient, as the images do.
--coco and --yolo write a data set as trainers read it: images/ with every slice that was answered
as 8-bit PNG, tumor or not, and the masks as polygons in annotations.json or in labels/. Pictures
have no header, but text burned into them stays. Labels by a model are no ground truth. Exit code 0:
every file was handled; 1: some could not be read from disk; 2: wrong usage, or an output that
cannot be written. Nothing is written over a file that is to be read.
"""


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
    parser.add_argument(
        "--masks",
        type=Path,
        metavar="DIR",
        help="write masks: the outline, or evidence of one half where the model draws none",
    )
    parser.add_argument(
        "--coco", type=Path, metavar="DIR", help="write a data set with COCO annotations"
    )
    parser.add_argument(
        "--yolo", type=Path, metavar="DIR", help="write a data set with YOLO segmentation labels"
    )
    parser.add_argument(
        "--dicom", type=Path, metavar="DIR", help="write DICOM results for DICOM scans"
    )
    parser.add_argument(
        "--objects",
        type=_kinds,
        default=tuple(OBJECTS),
        metavar="KIND,...",
        help="which DICOM results: " + "; ".join(f"{one}: {what}" for one, what in OBJECTS.items()),
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
    unknown = [one for one in found if one not in OBJECTS]
    if unknown or not found:
        msg = f"choose from {', '.join(OBJECTS)}, separated by commas"
        raise argparse.ArgumentTypeError(msg)
    return found


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    counts: Counter[str] = Counter()
    try:
        return _run(args, counts)
    except KeyboardInterrupt:
        return stopped("predict", _left(args, counts.total()))


def _left(args: argparse.Namespace, lines: int) -> str:
    """Say what a run that was stopped has written, and what of it may be torn."""
    if lines:
        these = "line is complete; the scans after it"
        if lines > 1:
            these = "lines are complete; the scans after them"
        said = f"{lines} {these} are missing" + (f" from {args.json}." if args.json else ".")
    else:
        said = "No line was written."
    folders = (args.heatmaps, args.masks, args.dicom, args.coco, args.yolo)
    begun = [str(folder) for folder in dict.fromkeys(folders) if folder and folder.is_dir()]
    if begun:
        said += (
            f" In {', '.join(begun)}, files of a scan without a line may be there, and the last "
            "of them may be incomplete."
        )
    return said


def _run(args: argparse.Namespace, counts: Counter[str]) -> int:
    """Answer the scans and count the lines in ``counts``, by status."""
    quiet = not args.json and sys.stdout.isatty()
    scans, rejected, left_out = _collect(args.paths, volumes=not args.slices, quiet=quiet)
    unread = [*rejected, *left_out]
    naming = Naming(args.heatmaps, args.masks, args.dicom, args.coco, args.yolo)
    work = [(scan, naming.targets(scan, place_of(scan, args.paths))) for scan in scans]
    notices = [folder / "NOTICE.txt" for folder in naming.folders]
    inputs = list(_inputs(args.paths, scans, rejected))
    refuse_to_overwrite(
        inputs, [*filter(None, [args.json]), *notices, *_files(targets for _, targets in work)]
    )
    refuse_inputs_below(inputs, filter(None, naming.label_folders.values()))
    many = len(scans) > 1 or any(scan.is_volume for scan in scans)
    classifier = TumorClassifier.load(
        args.model,
        runtime="openvino-throughput" if many else "openvino",
        sensitivity=args.sensitivity,
    )
    for notice in notices:
        notice.parent.mkdir(parents=True, exist_ok=True)
        notice.write_text(RESEARCH_USE + "\n", encoding="utf-8")
    how = How(args.gate, args.objects, LabelFolders(naming.label_folders))
    with ExitStack() as stack:
        stack.callback(how.labels.finish)
        out: TextIO = sys.stdout
        if args.json:
            args.json.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(args.json.open("w", encoding="utf-8"))
        bar = stack.enter_context(ProgressBar("Reading"))

        def progress(done: int, note: str = "") -> None:
            if many and not quiet:
                bar.update(done, len(work), note)

        for line in lines(classifier, work, unread, how, progress):
            # ASCII only: names of any encoding pass through any terminal and pipe.
            # One write, so that no line is torn when the run is stopped.
            out.write(json.dumps(line) + "\n")
            if not args.json:
                out.flush()
            counts[line["status"]] += 1
    if args.json and counts:
        told = ", ".join(f"{count} {_SAID[status]}" for status, count in counts.items())
        print(f"{told}. Reasons are in {args.json}.", file=sys.stderr)
    if not scans and not unread:
        print("No file was found in the folders given.", file=sys.stderr)
    return 1 if counts["error"] else 0


def _collect(
    paths: Sequence[Path], *, volumes: bool, quiet: bool
) -> tuple[list[FoundScan], list[Rejected], list[Rejected]]:
    """Return what to read, slices first, what cannot be read, and what need not be."""
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
            return [], [*rejected, Rejected(given[0].name, given[0], str(error))], []
    for warning in intake.dicom.warnings:
        print(warning, file=sys.stderr)
    scans = sorted(intake.scans, key=lambda scan: scan.is_volume)
    return scans, [*rejected, *intake.rejected], list(intake.left_out)


def _inputs(
    paths: Sequence[Path], scans: Sequence[FoundScan], rejected: Sequence[Rejected]
) -> Iterator[Path]:
    """Yield every file that is read or was meant to be, archives included."""
    yield from (path for path in paths if not path.is_dir())
    yield from (one.path for one in rejected if one.path)
    archives: set[Path] = set()
    for source in (source for scan in scans for source in scan.sources):
        if source.path:
            yield source.path
        elif source.inside and archives.isdisjoint(Path(source.inside).parents):
            archives.update(path for path in Path(source.inside).parents if path.is_file())
    yield from archives


def _files(rows: Iterator[Targets]) -> Iterator[Path]:
    for row in rows:
        yield from filter(None, (row.heatmap, row.mask))
