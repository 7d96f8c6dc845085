"""``python -m brainscan gate``: measure a release's input gate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from brainscan.commands.interruption import stopped
from brainscan.commands.json_file import check_json, write_json
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError, DatasetError, ModelUnavailable
from brainscan.evaluation.intervals import proportion
from brainscan.imaging.files import find_images
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar

EXAMPLES = """\
example:
  python -m brainscan gate data/brain-mri data/lgg --folds 4 --not-brain-mri data/not-brain-mri

Prints how many genuine slices the input gate of a release refuses, by source, and how many
pictures of other things, by kind (the part of their file names before the first hyphen), each
with its 95 % Wilson interval. Blank, tiny and damaged files count as refused; files that cannot
be read from disk are not counted.
"""
_SEEN = (
    "The gate was fitted with pictures of all these kinds, perhaps with these very files, so the "
    "table flatters it. The honest figure leaves each kind out of the fitting:"
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "gate",
        help="measure what the input gate refuses",
        description=f"Measure the input gate of a released model. {RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("datasets", nargs="*", type=Path, metavar="DATASET", help="genuine slices")
    parser.add_argument("--folds", nargs="+", metavar="FOLD", help="only these folds")
    parser.add_argument(
        "--not-brain-mri", type=Path, metavar="DIR", help="pictures of other things"
    )
    parser.add_argument("--model", default="resnet50", metavar="NAME", help="released model")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    check_json(args.json)
    if not args.datasets and not args.not_brain_mri:
        msg = (
            "Nothing to measure the gate on. Give datasets of genuine slices, a folder of other "
            "pictures with --not-brain-mri, or both."
        )
        raise BrainScanError(msg)
    classifier = TumorClassifier.load(args.model, runtime="openvino-throughput")
    if classifier.gate is None:
        msg = (
            f"The model {classifier.release.title} has no input gate. Release it again with this "
            "version of BrainScan."
        )
        raise ModelUnavailable(msg)
    try:
        found = _found(args, classifier)
    except KeyboardInterrupt:
        return stopped("gate", "Nothing was written. Every table printed so far is complete.")
    if args.json:
        write_json(args.json, {**found, "notice": RESEARCH_USE})
    return 0


def _found(args: argparse.Namespace, classifier: TumorClassifier) -> dict[str, Any]:
    """Measure what was asked for, and print a table as soon as it is known."""
    found: dict[str, Any] = {"model": classifier.release.title, "genuine": {}}
    for path in args.datasets:
        dataset = open_dataset(path).images_only("Measuring the gate")
        name = dataset.root.name
        if name in found["genuine"]:
            msg = f"Two datasets have folders named {name}, by which figures are told apart. "
            raise BrainScanError(f"{msg}Rename one.")
        records = dataset.select(folds=args.folds).records
        kinds = {record.path: record.stratum for record in records}
        found["genuine"][name] = _measure(classifier, kinds, name)
        _print(f"{name}: genuine slices refused", found["genuine"][name])
    if args.not_brain_mri:
        folder = args.not_brain_mri
        kinds = {path: path.name.split("-")[0] for path in find_images(folder)}
        if not kinds:
            raise DatasetError(f"{folder} holds no pictures. Give another folder to measure.")
        found["others"] = _measure(classifier, kinds, folder.name)
        _print(f"{folder.name}: other pictures refused", found["others"])
        found["left_out"] = classifier.release.manifest.get("gate", {}).get("left_out")
        if found["left_out"]:
            print(f"\n{_SEEN}")
            _print("each kind left out of the fitting", found["left_out"])
    return found


def _measure(classifier: TumorClassifier, kinds: dict[Path, str], name: str) -> dict[str, Any]:
    refused: dict[str, list[bool]] = {}
    unread = 0
    with ProgressBar(f"Measuring on {name}") as bar:
        for number, result in enumerate(predict_files(classifier, kinds), start=1):
            if result.status == "error":  # says nothing of the gate
                unread += 1
            else:
                refused.setdefault(kinds[result.path], []).append(result.status == "rejected")
            bar.update(number, len(kinds))
    return {
        "all": _share(outcome for outcomes in refused.values() for outcome in outcomes),
        "by_kind": {kind: _share(refused[kind]) for kind in sorted(refused)},
        "unread": unread,
    }


def _share(refused: Iterable[bool]) -> dict[str, Any]:
    outcomes: Sequence[bool] = list(refused)
    return proportion(sum(outcomes), len(outcomes), "There is no such picture.").to_json()


def _print(title: str, figures: dict[str, Any]) -> None:
    print(f"\n{title}")
    for kind, share in [*figures["by_kind"].items(), ("all", figures["all"])]:
        if share["value"] is not None:
            low, high = share["low"], share["high"]
            print(f"  {kind:<24} {share['value']:.4f}  ({low:.4f} to {high:.4f})  n = {share['n']}")
    if figures.get("unread"):
        print(f"  not counted: {figures['unread']} that could not be read from disk")
    sys.stdout.flush()
