"""``python -m brainscan release``: turn a finished run into a released model."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from brainscan.data.dataset import open_dataset
from brainscan.errors import TrainingError
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.export import metrics_dict
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import models_root
from brainscan.progress import ProgressBar
from brainscan.runs.folder import RunFolder

EXAMPLES = """\
example:
  python -m brainscan release my-run --name resnet50 --version 1.0.0 \\
      --test data/brain-mri data/lgg --test-folds 4

Writes models/NAME: weights in half precision (for Keras and for the OpenVINO runtime), settings,
history, manifest.json with checksums, and MODEL_CARD.md with the figures on the test folds.
Temperature, threshold and indeterminate band are fitted on the run's validation images; the test
images are only measured, at the very end.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "release",
        help="turn a finished run into a released model",
        description="Export the best epoch of a run, calibrate it, measure it, and release it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_name", metavar="RUN", help="name of the run")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept (runs/)")
    parser.add_argument("--name", metavar="NAME", help="name of the release (the architecture)")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--test", nargs="+", default=[], metavar="DATASET")
    parser.add_argument("--test-folds", nargs="+", default=[], metavar="FOLD")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.provenance import seen_share
    from brainscan.training.release import finish_release, make_release

    root = args.runs or Path(os.environ.get("BRAINSCAN_RUNS", "runs"))
    source = RunFolder.open(root / args.run_name)
    name = args.name or str(source.read_json("config.json")["architecture"])
    if Path(name).name != name or name.startswith("."):
        raise TrainingError(f"The release name {name!r} must be a plain folder name.")
    tests = [open_dataset(path).select(folds=args.test_folds or None) for path in args.test]
    seen = [seen_share(source, dataset) for dataset in tests]
    models_root().mkdir(parents=True, exist_ok=True)
    # Built beside its place: a release that fails half way must not damage the former one.
    with tempfile.TemporaryDirectory(dir=models_root(), prefix=".") as folder:
        target = Path(folder) / name
        print(f"Exporting and calibrating {name} ...", file=sys.stderr)
        manifest = dict(make_release(source, target, name=name, version=args.version).manifest)
        classifier = TumorClassifier.load(target, runtime="openvino-throughput")
        for dataset, (identical, total) in zip(tests, seen, strict=True):
            with ProgressBar(f"Measuring on {dataset.root.name}") as bar:
                result = evaluate(dataset, classifier, progress=bar.update)
            manifest["metrics"][dataset.root.name] = {
                "folds": list(args.test_folds),
                "fingerprint": result.fingerprint,
                "images": total,
                "identical_to_training": identical,
                "indeterminate": result.indeterminate.to_json(),
                "metrics": metrics_dict(result)["metrics"],
            }
        finish_release(target, manifest)
        final = models_root() / name
        if final.exists():
            final.rename(Path(folder) / "former")
        target.rename(final)
    print(f"Released {name} {args.version} in {final}")
    return 0
