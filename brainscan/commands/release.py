"""``python -m brainscan release``: turn a finished run into a released model."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from brainscan.commands.measuring import measured_on
from brainscan.commands.release_version import release_version
from brainscan.commands.volume_rule import measured
from brainscan.data.dataset import open_dataset
from brainscan.errors import TrainingError
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import models_root
from brainscan.progress import ProgressBar
from brainscan.reporting.gallery import find_failures
from brainscan.runs.folder import RunFolder

EXAMPLES = """\
example:
  python -m brainscan release my-run --name resnet50 --version 1.0.0 \\
      --test data/brain-mri data/lgg --test-folds 4 --not-brain-mri data/other-pictures

Writes models/NAME: weights in half precision (for Keras and for the OpenVINO runtime), settings,
history, input gate, fingerprint of the images seen, manifest.json with checksums, and
MODEL_CARD.md with the figures on the test folds. Temperatures, threshold, indeterminate band,
type sets, the use of the mirror image, the share of the start in the weights (--interpolate) and
the rule for whole volumes are decided on the run's validation images; the test images are only
measured, at the very end.
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
    parser.add_argument("--version", default="1.0.0", type=release_version)
    parser.add_argument("--test", nargs="+", default=[], metavar="DATASET")
    parser.add_argument("--test-folds", nargs="+", default=[], metavar="FOLD")
    parser.add_argument("--types-from", metavar="RUN",
                        help="a run that held out the sources on which this one trained whole: "
                             "it calibrates the types")  # fmt: skip
    parser.add_argument("--interpolate", action="store_true",
                        help="try weights between the run's and those it began from")  # fmt: skip
    parser.add_argument("--not-brain-mri", type=Path, metavar="DIR",
                        help="real pictures that the input gate must refuse")  # fmt: skip
    parser.add_argument("--ablation", type=Path, metavar="FILE",
                        help="what benchmarks.ablation wrote, for the model card")  # fmt: skip
    parser.add_argument("--stability", type=int, default=200, metavar="N",
                        help="test images whose stability is measured (200; 0: none)")  # fmt: skip
    parser.add_argument("--drawings", type=int, default=240, metavar="N",
                        help="synthetic slices searched for failures to show (240)")  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from brainscan.training.provenance import held_out_tumor_free, seen_share
    from brainscan.training.release import finish_release, make_release, put_in_place

    root = args.runs or Path(os.environ.get("BRAINSCAN_RUNS", "runs"))
    source = RunFolder.open(root / args.run_name)
    name = args.name or str(source.read_json("config.json")["architecture"])
    if Path(name).name != name or name.startswith("."):
        raise TrainingError(f"The release name {name!r} must be a plain folder name.")
    images = [open_dataset(path).images_only("Measuring a release") for path in args.test]
    tests = [dataset.select(folds=args.test_folds or None) for dataset in images]
    ablation = _read_json(args.ablation) if args.ablation else None
    seen = {dataset.root.name: seen_share(source, dataset) for dataset in tests}
    models_root().mkdir(parents=True, exist_ok=True)
    # Built beside its place: a release that fails half way must not damage the former one.
    with tempfile.TemporaryDirectory(dir=models_root(), prefix=".") as folder:
        target = Path(folder) / name
        print(f"Exporting and calibrating {name} ...", file=sys.stderr)
        made = make_release(
            source,
            target,
            name=name,
            version=args.version,
            typed=RunFolder.open(root / args.types_from) if args.types_from else None,
            other=args.not_brain_mri,
            interpolated=args.interpolate,
        )
        manifest = dict(made.manifest)
        classifier = TumorClassifier.load(target, runtime="openvino-throughput")
        for dataset in tests:
            manifest["metrics"][dataset.root.name] = {
                "folds": list(args.test_folds),
                "identical_to_training": seen[dataset.root.name][0],
                **measured_on(classifier, dataset, args.stability),
            }
        for dataset in held_out_tumor_free(source):
            manifest["metrics"][dataset.root.name] = {
                "folds": ["validation"],
                **measured_on(classifier, dataset, 0),
            }
        with ProgressBar("Searching synthetic failures") as bar:
            manifest["gallery"] = find_failures(
                classifier, slices=args.drawings, progress=bar.update
            )
        if ablation:
            manifest["ablation"] = ablation
        if "volume_rule" in manifest:
            rule = manifest["volume_rule"]
            rule["test"] = measured(classifier, rule, tests, args.test_folds)
        finish_release(target, manifest)
        final = models_root() / name
        put_in_place(target, final)
    print(f"Released {name} {args.version} in {final}")
    return 0


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read as JSON ({error}). Give the file benchmarks.ablation wrote."
        raise TrainingError(msg) from error
