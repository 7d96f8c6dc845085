"""``python -m brainscan audit``: what a dataset holds, and what would flatter a model on it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from brainscan.commands.interruption import INTERRUPTED
from brainscan.commands.json_file import check_json, write_json
from brainscan.data.audit import STAGES, Audit, audit_dataset
from brainscan.data.audit_json import audit_json
from brainscan.data.audit_text import audit_text
from brainscan.data.dataset import open_dataset
from brainscan.data.duplicates import SIMILARITY
from brainscan.data.splitting import balanced_folds, manifest_path, write_split
from brainscan.progress import ProgressBar

_HELP = "find copies, leaks, label conflicts and giveaways in a dataset"
_DESCRIPTION = """\
Look at a dataset before believing a figure measured on it:
  duplicates     same bytes, same pixels, near-duplicates (compressed again, resized,
                 mirrored, cropped, turned by quarter turns or upside down), and the groups
                 they form; inverted copies are not looked for
  twins          images whose copy lies in another fold or split
  conflicts      copies that carry different labels
  balance        classes, sources, sizes, formats and colour modes
  giveaways      how well the outermost pixels, file size and colour mode alone predict
                 the class, with whole groups held out

DATASET is a manifest.csv, or a folder that holds a manifest.csv, class folders (glioma
meningioma pituitary notumor, or yes no), Training and Testing with class folders inside,
or just images.
"""
_EPILOG = """\
examples:
  python -m brainscan audit scans/
  python -m brainscan audit scans/ --json audit.json
  python -m brainscan audit scans/ --split scans/manifest.csv --folds 5

The JSON file holds everything, down to one entry an image with its digests, groups and
nearest match; its keys are described in brainscan/data/audit_json.py.

--split writes a manifest.csv whose folds never cut through a group of near-duplicates or
through a group (patient) that the dataset names. Its paths are relative, so it belongs
into the dataset's folder or above. No file but a .json is overwritten.

exit code: 0 every file was read, 1 some were not, 2 the audit could not start
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "audit",
        help=_HELP,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder or manifest.csv")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole audit here")
    parser.add_argument(
        "--split",
        type=Path,
        metavar="FOLDER_OR_FILE",
        help="write a group-safe split: a CSV file, or a folder for manifest.csv",
    )
    parser.add_argument(
        "--folds", type=_fold_count, default=4, metavar="N", help="folds of --split (default 4)"
    )
    parser.add_argument(
        "--similarity",
        type=_similarity,
        default=SIMILARITY,
        metavar="S",
        help=f"from which two pictures count as copies, 0.5 to 1 (default {SIMILARITY})",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    dataset = open_dataset(args.dataset)
    # A place that cannot be written to is reported before the work, not after it.
    split = manifest_path(args.split) if args.split else None
    check_json(args.json)
    bars = _Bars()
    try:
        audit = audit_dataset(dataset, threshold=args.similarity, progress=bars.update)
    except KeyboardInterrupt:
        bars.close()
        doing = f" while {STAGES[bars.stage]}" if bars.stage else ""
        print(f"brainscan audit: stopped{doing}. Nothing was written.", file=sys.stderr)
        return INTERRUPTED
    bars.close()
    print(audit_text(audit))
    if args.json:
        write_json(args.json, audit_json(audit), indent=1)
        print(f"\nWritten to {args.json}")
    if split:
        _split(audit, split, args.folds)
    return 1 if audit.seen.unreadable else 0


class _Bars:
    """One progress bar a stage."""

    def __init__(self) -> None:
        self.stage = ""
        self._bar = ProgressBar("")

    def update(self, stage: str, done: int, total: int) -> None:
        if stage != self.stage:
            self.close()
            self.stage, self._bar = stage, ProgressBar(STAGES[stage].capitalize())
            self._bar.update(0, total)
        self._bar.update(done, total)

    def close(self) -> None:
        self._bar.__exit__()


def _split(audit: Audit, path: Path, folds: int) -> None:
    fold = balanced_folds(audit.safe_groups, audit.strata, folds)
    records = [image.record for image in audit.seen.images]
    usable = write_split(audit.dataset, records, audit.safe_groups, fold, path)
    sizes = ", ".join(str(int((fold == number).sum())) for number in range(folds))
    print(f"\nGroup-safe split written to {path}: {folds} folds of {sizes} images")
    largest = int(np.bincount(audit.safe_groups).max())
    if largest * folds > len(records):
        print(
            f"  The folds are uneven: one group, which must not be cut, holds {largest} of "
            f"{len(records)} images. Give finer groups (patients) in the dataset's manifest."
        )
    if not usable:
        print(f"  Its paths are relative to {audit.dataset.root}: move it there before you use it.")
    if audit.seen.unreadable:
        print(f"  {len(audit.seen.unreadable)} unreadable file(s) were left out.")


def _fold_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of folds of 2 or more.")
    return int(text)


def _similarity(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.5 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a similarity from 0.5 to 1.")
    return value
