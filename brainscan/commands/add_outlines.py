"""``python -m brainscan add_outlines``: give a released model the decoder of a run."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from brainscan.commands.measuring import measured_on
from brainscan.commands.release_version import release_version
from brainscan.data.dataset import open_dataset
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import models_root, open_release
from brainscan.notice import RESEARCH_USE
from brainscan.progress import ProgressBar
from brainscan.runs.folder import RunFolder

EXAMPLES = """\
example:
  python -m brainscan train data/brain-mri data/lgg --folds 1 2 3 --outlines only \\
      --weights models/resnet50/weights.npz --run outlines
  python -m brainscan add_outlines outlines --to resnet50 --version 1.2.0 \\
      --test data/brain-mri data/lgg --test-folds 4

Only the decoder of the run was trained, so calibration, thresholds, gate and volume rule of the
release stay as they are; that its other answers are the same is checked. The threshold of the
masks is chosen on validation images; the test images are only measured, at the end.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "add_outlines",
        help="give a released model a decoder that outlines tumours",
        description=f"Add the decoder that a run trained to the release it began from. "
        f"{RESEARCH_USE}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_name", metavar="RUN", help="a run with --outlines only")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept (runs/)")
    parser.add_argument("--to", required=True, metavar="NAME", help="released model to extend")
    parser.add_argument(
        "--version",
        required=True,
        type=release_version,
        help="version of the release with outlines",
    )
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="write DIR/NAME and leave the release as it is")  # fmt: skip
    parser.add_argument("--test", nargs="+", default=[], type=Path, metavar="DATASET")
    parser.add_argument("--test-folds", nargs="+", default=[], metavar="FOLD")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.add_outlines import add_outlines
    from brainscan.training.provenance import seen_share
    from brainscan.training.release import finish_release, put_in_place

    root = args.runs or Path(os.environ.get("BRAINSCAN_RUNS", "runs"))
    source = RunFolder.open(root / args.run_name)
    release = open_release(args.to)
    release.verify()
    images = [open_dataset(path).images_only("Measuring a release") for path in args.test]
    tests = [dataset.select(folds=args.test_folds or None) for dataset in images]
    for dataset in tests:
        seen_share(source, dataset)  # refuses what took part in training
    home = args.out or models_root()
    home.mkdir(parents=True, exist_ok=True)
    # Built beside its place: a release that fails half way must not damage the former one.
    with tempfile.TemporaryDirectory(dir=home, prefix=".") as folder:
        target = Path(folder) / release.folder.name
        with ProgressBar("Choosing the threshold of the masks") as bar:
            manifest = add_outlines(source, release, target, bar.update)
        manifest = {**manifest, "version": args.version}
        finish_release(target, manifest)
        classifier = TumorClassifier.load(target, runtime="openvino-throughput")
        metrics = dict(manifest["metrics"])
        for dataset in tests:
            name = dataset.root.name
            metrics[name] = {
                **metrics.get(name, {}),
                "folds": list(args.test_folds),
                **measured_on(classifier, dataset, 0),
            }
        finish_release(target, {**manifest, "metrics": metrics})
        put_in_place(target, home / release.folder.name)
    print(f"Released {release.name} {args.version} in {home / release.folder.name}")
    print(manifest["segmentation"]["rule"], file=sys.stderr)
    return 0
