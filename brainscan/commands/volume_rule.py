"""``python -m brainscan volume_rule``: fit the rule for whole volumes of an existing release."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brainscan.commands.json_file import check_json, write_json
from brainscan.commands.release_version import release_version
from brainscan.data.dataset import Dataset, open_dataset
from brainscan.errors import TrainingError
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

EXAMPLES = """\
example:
  python -m brainscan volume_rule resnet50 data/brain-mri data/lgg data/healthy-oasis \\
      --test data/lgg --test-folds 4 --version 1.1.1

Draws the validation split of the release again, from its own settings, and compares the images
with the recorded fingerprint. Rule and thresholds are chosen on whole scans of the validation
patients; the test patients are only measured, at the end. Weights do not change; the manifest
and the model card do, and the version should. Without --version nothing is written.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "volume_rule",
        help="fit how a release decides for whole volumes",
        description=f"Fit the rule for whole volumes of a released model. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", help="released model")
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET",
                        help="the datasets it was trained on")  # fmt: skip
    parser.add_argument("--test", nargs="+", default=[], type=Path, metavar="DATASET")
    parser.add_argument("--test-folds", nargs="+", default=[], metavar="FOLD")
    parser.add_argument(
        "--version", type=release_version, metavar="VERSION", help="write the rule as this version"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rule to a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.volume_fit import fit_volume_rule
    from brainscan.training.volume_scores import (
        slice_probabilities,
        slices_of_scans,
        split_of_release,
    )

    check_json(args.json)
    classifier = TumorClassifier.load(args.name, runtime="openvino-throughput")
    release = classifier.release
    settings = json.loads((release.folder / "config.json").read_text(encoding="utf-8"))
    training, validation = split_of_release(release, settings, args.datasets)
    records = slices_of_scans(validation.records)
    with ProgressBar("Reading validation scans") as bar:
        scores = slice_probabilities(classifier, records, bar.update)
    entry = fit_volume_rule(release, records, scores, training.records)
    if entry is None:
        msg = (
            "The validation images hold no whole scans of at least three patients, so no rule can "
            "be fitted. It needs a manifest.csv with patient and sequence and numbered slices."
        )
        raise TrainingError(msg)
    entry["datasets"] = [*settings["datasets"], *settings["tumor_free"]]
    tests = [open_dataset(path).select(folds=args.test_folds or None) for path in args.test]
    entry["test"] = measured(classifier, entry, tests, args.test_folds)
    print(json.dumps(entry, indent=2))
    if args.json:
        write_json(args.json, {"notice": RESEARCH_USE, "volume_rule": entry})
    if args.version:
        from brainscan.training.release import rewrite_release

        rewrite_release(release, {"volume_rule": entry}, args.version)
        print(f"Wrote {release.name} {args.version} in {release.folder}", file=sys.stderr)
    return 0


def measured(
    classifier: TumorClassifier, entry: dict[str, Any], tests: Sequence[Dataset], folds: list[str]
) -> dict[str, Any]:
    """Return what a rule does on the scans of test sets, by the name of the set."""
    from brainscan.training.volume_measure import measure_volume_rule
    from brainscan.training.volume_scores import slice_probabilities, slices_of_scans

    found = {}
    for dataset in tests:
        records = slices_of_scans(dataset.records)
        with ProgressBar(f"Measuring volumes on {dataset.root.name}") as bar:
            scores = slice_probabilities(classifier, records, bar.update)
        figures = measure_volume_rule(entry, records, scores, folds)
        if figures:
            found[dataset.root.name] = figures
    return found
