"""``python -m brainscan recalibrate``: decide anew how a released network is read."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from brainscan.commands.measuring import measured_on
from brainscan.commands.volume_rule import measured
from brainscan.data.dataset import Dataset, open_dataset
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import models_root, open_release
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar
from brainscan.reporting.gallery import find_failures

EXAMPLES = """\
example:
  python -m brainscan recalibrate resnet50 data/brain-mri data/lgg data/healthy-oasis \\
      --test data/brain-mri data/lgg --test-folds 4 --version 1.2.0

Draws the validation split of the release again, from its own settings, and decides on it whether
the tumour probability is read off the tumour head or off the strongest evidence, then temperature,
thresholds, bands and the rule for volumes. Weights, types, gate and outlines stay. The test images
are only measured, at the end.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "recalibrate",
        help="calibrate a released model again",
        description=f"Calibrate a released model again, without training. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="released model")
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET",
                        help="the datasets it was trained on")  # fmt: skip
    parser.add_argument("--version", required=True, help="version to write")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="write DIR/NAME and leave the release as it is")  # fmt: skip
    parser.add_argument("--test", nargs="+", default=[], type=Path, metavar="DATASET")
    parser.add_argument("--test-folds", nargs="+", default=[], metavar="FOLD")
    parser.add_argument("--stability", type=int, default=200, metavar="N",
                        help="test images whose stability is measured (200; 0: none)")  # fmt: skip
    parser.add_argument("--drawings", type=int, default=240, metavar="N",
                        help="synthetic slices searched for failures to show (240)")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.recalibrate import recalibrate
    from brainscan.training.release import finish_release, put_in_place

    release = open_release(args.name)
    release.verify()
    images = [open_dataset(path).images_only("Measuring a release") for path in args.test]
    tests = [dataset.select(folds=args.test_folds or None) for dataset in images]
    home = args.out or models_root()
    home.mkdir(parents=True, exist_ok=True)
    # Built beside its place: a release that fails half way must not damage the former one.
    with tempfile.TemporaryDirectory(dir=home, prefix=".") as folder:
        target = Path(folder) / release.folder.name
        print(f"Calibrating {release.name} ...", file=sys.stderr)
        manifest, validation = recalibrate(release, args.datasets, target)
        print(manifest["tumor_rule"], file=sys.stderr)
        manifest["version"] = args.version
        finish_release(target, manifest)
        classifier = TumorClassifier.load(target, runtime="openvino-throughput")
        metrics = dict(manifest["metrics"])
        for dataset in tests:
            former = metrics.get(dataset.root.name, {})
            metrics[dataset.root.name] = {
                **former,
                "folds": list(args.test_folds),
                **measured_on(classifier, dataset, args.stability),
            }
        for name, part in release.manifest["metrics"].items():
            if part.get("folds") == ["validation"]:
                held = _held_out(name, args.datasets, validation)
                metrics[name] = {**part, **measured_on(classifier, held, 0)}
        with ProgressBar("Searching synthetic failures") as bar:
            found = find_failures(classifier, slices=args.drawings, progress=bar.update)
        manifest |= {"metrics": metrics, "gallery": found}
        if tests and "volume_rule" in manifest:
            rule = manifest["volume_rule"]
            rule["test"] = measured(classifier, rule, tests, args.test_folds)
        finish_release(target, manifest)
        put_in_place(target, home / release.folder.name)
    print(f"Released {release.name} {args.version} in {home / release.folder.name}")
    return 0


def _held_out(name: str, folders: Sequence[Path], validation: Dataset) -> Dataset:
    """Return the validation images of the folder of that name."""
    root = next(folder for folder in folders if folder.resolve().name == name)
    theirs = open_dataset(root)
    known = {record.path for record in theirs.records}
    return replace(theirs, records=tuple(r for r in validation.records if r.path in known))
