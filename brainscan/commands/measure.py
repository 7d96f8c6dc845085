"""``python -m brainscan measure``: measure an existing release on test sets anew."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brainscan.commands.measuring import measured_on
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.notice import RESEARCH_USE

_EPILOG = """\
example:
  python -m brainscan measure resnet50 data/brain-mri data/lgg --folds 4

The figures of a card are those of the day it was written. When the way of measuring gets better
(copies of training images that were not recognised before, for example) this brings them up to
date. Network, thresholds and version stay as they are; the card says when each set was measured.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "measure",
        help="measure a release on test sets anew and renew its card",
        description=f"Measure a release on test sets anew and write its card. {RESEARCH_USE}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="released model")
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET", help="test sets")
    parser.add_argument("--folds", nargs="+", default=[], metavar="FOLD", help="only these folds")
    parser.add_argument("--stability", type=_count, default=0, metavar="N",
                        help="test images whose stability is measured too (0: the figures on the "
                             "card stay)")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    images = [open_dataset(path).images_only("Measuring a release") for path in args.datasets]
    tests = [dataset.select(folds=args.folds or None) for dataset in images]
    classifier = TumorClassifier.load(args.name, runtime="openvino-throughput")
    release = classifier.release
    metrics = dict(release.manifest.get("metrics", {}))
    for dataset in tests:
        _check_folds(release, metrics.get(dataset.root.name, {}), dataset.root.name, args.folds)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    for dataset in tests:
        name = dataset.root.name
        found = measured_on(classifier, dataset, args.stability)
        metrics[name] = {
            **metrics.get(name, {}), "folds": list(args.folds), "measured": when, **found
        }  # fmt: skip
    from brainscan.training.release import rewrite_release  # needs TensorFlow

    rewrite_release(release, {"metrics": metrics}, release.version)
    print(f"Measured {release.title} and renewed its card in {release.folder}", file=sys.stderr)
    return 0


def _check_folds(release: Release, known: dict[str, Any], name: str, folds: list[str]) -> None:
    """Refuse figures that would stand on a card in place of others with which they do not compare.

    Raises
    ------
    BrainScanError
        When the card has the set on validation images or with other folds.
    """
    stated = known.get("folds", folds)
    if stated == ["validation"]:
        msg = (
            f"{release.title} was measured on validation images of {name}, which are no test set "
            "and are measured when a release is made. Leave it out."
        )
        raise BrainScanError(msg)
    if set(stated) != set(folds):
        msg = (
            f"The card of {release.title} has {name} with {', '.join(stated) or 'all'} as folds. "
            "Measure the same, so that figures stay comparable."
        )
        raise BrainScanError(msg)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, 0 or more, is needed, got {text}")
    return int(text)
