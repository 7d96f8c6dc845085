"""``python -m brainscan faithfulness``: put a model's maps to the test."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from brainscan.commands.interruption import stopped
from brainscan.commands.json_file import check_json, write_json
from brainscan.commands.release_version import release_version
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError
from brainscan.explain.deletion import FILL, SHARES
from brainscan.explain.faithfulness import DRAWS, SAMPLE, Plan, measure_faithfulness
from brainscan.explain.faithfulness_text import text_faithfulness
from brainscan.explain.sanity import Part, Randomize
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.inference.runtime import Runtime
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar, format_duration

_DESCRIPTION = """\
Measure whether the maps of a model (Grad-CAM, evidence and, where it has a decoder, outline) are
faithful, on tumour slices with a published outline:

  pointing game   is the map's maximum inside the outline (Zhang et al. 2016), and what share of
                  its energy is (Wang et al. 2020)
  deletion and    what the tumour probability does when pixels go, or come, in the order of the
  insertion       map (Petsiuk et al. 2018), on a sample
  randomized      do the maps change when weights are drawn anew (Adebayo et al. 2018), on the
  networks        same sample; needs TensorFlow

Chance and a map that knows only where the head is stand beside every figure.
"""
_EPILOG = """\
examples:
  python -m brainscan faithfulness data/brain-mri data/lgg --folds 4
  python -m brainscan faithfulness data/lgg --limit 40 --draws 0 --json faithfulness.json
  python -m brainscan faithfulness data/brain-mri data/lgg --folds 4 --version 1.2.1

With --version the figures are written into the release's manifest and model card under that
version; weights do not change.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "faithfulness",
        help="measure whether a model's maps show what it answers by",
        description=f"{_DESCRIPTION}\n{RESEARCH_USE}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET",
                        help="datasets whose manifest.csv names masks")  # fmt: skip
    parser.add_argument("--model", default="resnet50", metavar="NAME",
                        help="released model (default resnet50)")  # fmt: skip
    parser.add_argument("--folds", nargs="+", default=[], metavar="FOLD", help="only these folds")
    parser.add_argument("--sources", nargs="+", metavar="NAME", help="only these sources")
    for option, kind, default, letter, told in (
        ("--limit", _count, None, "N", "at most N slices of each dataset, over all its patients"),
        ("--sample", _count_or_none, SAMPLE, "N", "slices of each dataset for deletion, insertion "
         f"and randomized networks (default {SAMPLE}, 0 leaves them out)"),
        ("--draws", _count_or_none, DRAWS, "N", "randomized networks of each kind "
         f"(default {DRAWS}, 0 leaves them out)"),
        ("--tolerance", _count_or_none, 0, "PX", "pixels of the network's input by which a maximum "
         "may lie beside the outline (default 0)"),
    ):  # fmt: skip
        parser.add_argument(option, type=kind, default=default, metavar=letter, help=told)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.add_argument("--version", type=release_version, metavar="VERSION",
                        help="write the figures into the release, as this version")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    check_json(args.json)
    if args.version and args.limit:
        msg = (
            "Figures of a part of the slices do not go into a release. Leave --limit out, or "
            "--version."
        )
        raise BrainScanError(msg)
    began = time.monotonic()
    opened = [open_dataset(path) for path in args.datasets]
    datasets = [
        one.select(folds=args.folds or None, sources=args.sources)
        if args.folds or args.sources
        else one
        for one in opened
    ]
    names = [one.root.name for one in datasets]
    if len(set(names)) < len(names):
        msg = "Two datasets have folders of one name, by which figures are told apart. Rename one."
        raise BrainScanError(msg)
    classifier = TumorClassifier.load(args.model)
    release = classifier.release
    plan = Plan(args.limit, args.sample, args.draws, args.tolerance)
    randomize = _randomize(release) if plan.sample and plan.draws else None
    sets: dict[str, Any] = {}
    try:
        for dataset in datasets:
            with ProgressBar(f"Testing the maps on {dataset.root.name}") as bar:
                result = measure_faithfulness(
                    classifier, dataset, plan,
                    folds=args.folds, randomize=randomize, progress=bar.update,
                )  # fmt: skip
            print(text_faithfulness(result), end="\n\n", flush=True)
            sets[dataset.root.name] = result.to_json()
    except KeyboardInterrupt:
        return stopped(
            "faithfulness", "Nothing was written. Every table printed so far is complete."
        )
    print(f"Measured in {format_duration(time.monotonic() - began)}.")
    entry = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "fill": FILL,
        "shares": list(SHARES),
        "sets": sets,
    }
    if args.json:
        write_json(args.json, {"notice": RESEARCH_USE, "faithfulness": entry})
    if args.version:
        from brainscan.training.release import rewrite_release

        rewrite_release(release, {"faithfulness": entry}, args.version)
        print(f"Wrote {release.name} {args.version} in {release.folder}", file=sys.stderr)
    return 0


def _randomize(release: Release) -> Randomize:
    """Return the maker of randomized networks; Keras is imported when the first is asked for."""

    @cache  # building one takes longer than reading a sample with it
    def make(part: Part, seed: int) -> Runtime:
        try:
            from brainscan.training.randomized import RandomizedRuntime
        except ImportError as error:
            msg = (
                "TensorFlow is not installed, so no randomized network can be built. Install it: "
                "python -m pip install tensorflow, or leave this test out with --draws 0"
            )
            raise BrainScanError(msg) from error
        return RandomizedRuntime(release, part, seed)

    return make


def _count(text: str) -> int:
    """Return a whole number, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number, 1 or more, is needed, got {text}")
    return int(text)


def _count_or_none(text: str) -> int:
    """Return a whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, is needed, got {text}")
    return int(text)
