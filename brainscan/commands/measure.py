"""``python -m brainscan measure``: measure an existing release on test sets anew."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from brainscan.commands.measuring import measured_on
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE

_EPILOG = """\
example:
  python -m brainscan measure resnet50 data/brain-mri data/lgg --folds 4

The figures of a card are those of the day it was written. When the way of measuring gets better
(copies of training images that were not recognised before, for example) this brings them up to
date. Network, thresholds and version stay as they are; the card says when it was measured.
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
    parser.add_argument("--stability", type=int, default=0, metavar="N",
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
        known = metrics.get(dataset.root.name, {})
        if known.get("folds", list(args.folds)) != list(args.folds):
            msg = (
                f"The card of {release.title} has {dataset.root.name} with the folds "
                f"{', '.join(known['folds']) or 'all'}. Measure those, so that figures stay "
                "comparable."
            )
            raise BrainScanError(msg)
        found = measured_on(classifier, dataset, args.stability)
        metrics[dataset.root.name] = {**known, "folds": list(args.folds), **found}
    from brainscan.training.release import rewrite_release  # needs TensorFlow

    when = datetime.now(UTC).isoformat(timespec="seconds")
    rewrite_release(release, {"metrics": metrics, "measured": when}, release.version)
    print(f"Measured {release.title} and renewed its card in {release.folder}", file=sys.stderr)
    return 0
