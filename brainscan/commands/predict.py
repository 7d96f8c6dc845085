"""``python -m brainscan predict``: read scans, one JSON line a file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np

from brainscan.errors import BrainScanError
from brainscan.imaging.files import find_images
from brainscan.inference.batch import FileResult, predict_files
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

EXAMPLES = """\
examples:
  python -m brainscan predict slice.png
  python -m brainscan predict scans/ --json results.jsonl --heatmaps maps/ --masks masks/
  python -m brainscan predict scans/ --model custom_cnn | head

One JSON object a line: file, status (ok, rejected, error), reason, tumor_probability, decision
(tumor, no_tumor, indeterminate), type, type_set, type_probabilities, model, sha256, elapsed_ms and
more. type_set names every type that the slice may well show, the most probable first.
A file that cannot be read, or that shows no brain MR slice, is one line with the reason; what
is not known of it is null. With --no-gate the latter is answered, and "refusal" keeps the reason.
Heat maps are float32 .npy files in [0, 1] (probability of tumor tissue); masks are 1-bit PNG
files (probability at least one half); both have the size of the input slice. Exit code 0: every
file was handled; 1: some could not be read from disk; 2: wrong usage, or an output that cannot
be written. Nothing is written over a file that is to be read.
"""

_ANSWER = (
    "tumor_probability", "decision", "type", "type_set", "type_probabilities", "model", "sha256",
    "elapsed_ms",
)  # fmt: skip


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "predict",
        help="read scans: tumor or not, which type, where",
        description=f"Read scans: tumor or not, which type, where. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
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
        "--no-gate",
        dest="gate",
        action="store_false",
        help="answer even for pictures that the input gate takes for no brain MR slice",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    found = [pair for path in args.paths for pair in _expand(path)]
    folders = {".npy": args.heatmaps, ".png": args.masks}
    targets = _targets([place for _, place in found], folders)
    notices = [folder / "NOTICE.txt" for folder in folders.values() if folder]
    outputs = [*filter(None, [args.json]), *notices, *(t for row in targets for t in row)]
    _refuse_to_overwrite([path for path, _ in found], outputs)
    many = len(found) > 1
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
        results = predict_files(classifier, (path for path, _ in found), gate=args.gate)
        for number, (result, row) in enumerate(zip(results, targets, strict=True), start=1):
            line = _line(result, classifier.release.title)
            # ASCII only: names of any encoding pass through any terminal and pipe.
            print(json.dumps(line), file=out, flush=not args.json)
            failed |= result.status == "error"
            if result.prediction:
                for target in row:
                    _write(target, result.prediction.evidence.on_slice())
            if many and (args.json or not sys.stdout.isatty()):
                bar.update(number, len(found))
    if not found:
        print("No image was found in the folders given.", file=sys.stderr)
    return 1 if failed else 0


def _expand(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file with its place below an output folder."""
    if path.is_dir():
        for file in find_images(path):
            yield file, file.relative_to(path)
    else:
        yield path, Path(path.name)


def _line(result: FileResult, model: str) -> dict[str, Any]:
    line: dict[str, Any] = {
        "file": str(result.path),
        "status": result.status,
        "reason": result.reason,
        **dict.fromkeys(_ANSWER),
        "model": model,
    }
    if result.prediction:
        line |= result.prediction.to_json()
        line["size"] = [result.scan.width, result.scan.height] if result.scan else None
    return {**line, "notice": RESEARCH_USE}


def _targets(places: list[Path], folders: dict[str, Path | None]) -> list[list[Path]]:
    """Return the files to write for each input, no two of one name on any file system."""
    written: set[str] = set()
    return [
        [_target(folder, place, suffix, written) for suffix, folder in folders.items() if folder]
        for place in places
    ]


def _target(folder: Path, place: Path, suffix: str, written: set[str]) -> Path:
    """Name an output after the input's stem; a second input of that stem keeps its suffix."""
    target = folder / place.with_suffix(suffix)
    if str(target).casefold() in written:
        target = folder / place.with_name(place.name + suffix)
    number = 2
    while str(target).casefold() in written:
        target = folder / place.with_name(f"{place.name}-{number}{suffix}")
        number += 1
    written.add(str(target).casefold())
    return target


def _refuse_to_overwrite(inputs: list[Path], outputs: list[Path]) -> None:
    taken = {_identity(path) for path in inputs}
    for output in outputs:
        if _identity(output) in taken:
            msg = (
                f"The output {output} is also one of the files to read and would be overwritten. "
                "Choose another place for the output."
            )
            raise BrainScanError(msg)


def _identity(path: Path) -> tuple[int, int] | Path:
    """Return what two names of one file share: links and letter case included."""
    try:
        status = path.stat()
    except OSError:
        return path.resolve()
    return status.st_dev, status.st_ino


def _write(target: Path, values: np.ndarray) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".npy":
            np.save(target, values)
            return
        mask = (values >= 0.5).astype(np.uint8) * 255
        _, encoded = cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])
        target.write_bytes(encoded.tobytes())
    except OSError as error:
        msg = f"{target} could not be written: {error.strerror}. Choose another folder."
        raise BrainScanError(msg) from error
