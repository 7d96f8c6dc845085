"""``python -m brainscan train``: train a network on labelled scans."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from brainscan.data.dataset import Dataset, open_dataset
from brainscan.errors import BrainScanError, Cancelled, TrainingError
from brainscan.progress import ProgressBar
from brainscan.runs.folder import RunFolder
from brainscan.runs.process import is_alive
from brainscan.training.config import TrainingConfig

EXAMPLES = """\
examples:
  python -m brainscan train scans/ --architecture resnet50
  python -m brainscan train scans/ --architecture custom_cnn --run small --epochs 30
  python -m brainscan train scans/ --architecture custom_cnn --run small --resume

DATASET is a folder with class folders (glioma meningioma pituitary notumor, or yes no), a pair
Training/Testing of such folders (Testing is left for `evaluate`), or a folder with a
manifest.csv (columns file, label; optional source, group or patient, fold, sequence, mask). With
masks the network also learns where the tumour is. The run is a folder: config.json, history.csv,
checkpoints/, metrics.json. Interrupt it at any time (Ctrl-C, or even a power cut) and continue
with --resume.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "train",
        help="train a network on labelled scans",
        description="Train a network on labelled scans, on folders that need no preparation.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("datasets", nargs="*", metavar="DATASET", help="labelled scans")
    parser.add_argument("--architecture", choices=("resnet50", "custom_cnn"), default="resnet50")
    parser.add_argument("--run", dest="run_name", metavar="NAME", help="name of the run's folder")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept (runs/)")
    parser.add_argument("--resume", action="store_true", help="continue the run --run NAME")
    parser.add_argument("--tumor-free", nargs="+", default=[], metavar="DIR",
                        help="folders whose images all show no tumour")  # fmt: skip
    parser.add_argument("--folds", nargs="+", default=[], metavar="FOLD",
                        help="use only these folds of the manifest")  # fmt: skip
    parser.add_argument("--validation-share", type=float, metavar="SHARE",
                        help="share held out for validation, near copies whole")  # fmt: skip
    parser.add_argument("--train-whole", nargs="+", default=[], metavar="SOURCE",
                        help="sources of which nothing is held out")  # fmt: skip
    parser.add_argument("--weights", metavar="FILE",
                        help="start: imagenet, none, or an .npz (base or release)")  # fmt: skip
    parser.add_argument("--epochs", type=int, metavar="N")
    parser.add_argument("--head-epochs", type=int, metavar="N", help="epochs with a frozen base")
    parser.add_argument("--batch-size", type=int, metavar="N")
    parser.add_argument("--learning-rate", type=float, metavar="RATE")
    parser.add_argument("--patience", type=int, metavar="N", help="early stopping, in epochs")
    parser.add_argument("--keep", choices=("best", "last"), help="epoch to release (best)")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="side of the network input")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"))
    parser.add_argument("--outlines", choices=("none", "joint", "only"),
                        help="learn outlines from masks: with the rest, or alone")  # fmt: skip
    parser.add_argument("--tumor-from", choices=("features", "evidence"),
                        help="what the tumour probability is read off (features)")  # fmt: skip
    parser.add_argument("--carve", type=float, metavar="SHARE",
                        help="share of the slices that lose or get a tumour (0)")  # fmt: skip
    parser.add_argument("--seed", type=int, metavar="N")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    root = args.runs or Path(os.environ.get("BRAINSCAN_RUNS", "runs"))
    name = args.run_name or f"{args.architecture}-{datetime.now():%Y%m%d-%H%M%S}"
    if Path(name).name != name or name.startswith("."):
        raise TrainingError(f"The run name {name!r} must be a plain folder name.")
    folder = root / name
    if args.resume:
        if not args.run_name or args.datasets:
            raise TrainingError(
                "To continue a run give its name and nothing else: --run NAME --resume. "
                "Its datasets and settings are those it began with."
            )
        run_folder = RunFolder.open(folder)
        _refuse_if_running(run_folder)
        config = TrainingConfig.from_json(run_folder.read_json("config.json"))
    else:
        config = _config(args)
        for path in config.datasets + config.tumor_free:
            # A wrong path, or one without images, must not leave a run folder behind.
            open_dataset(path).images_only("Training")
        run_folder = RunFolder.create(folder, config.to_json())
    print(f"Run {name} in {folder}", file=sys.stderr)
    _stop_politely()
    try:
        _train(config, run_folder, resume=args.resume)
    except (KeyboardInterrupt, Cancelled):
        _note_end(run_folder, "stopped", "Stopped by the user. Continue with --resume.")
        print(f"\nStopped. Continue with: --run {name} --resume", file=sys.stderr)
        return 130
    except BrainScanError as error:
        _note_end(run_folder, "failed", str(error))
        raise
    return 0


def _refuse_if_running(run_folder: RunFolder) -> None:
    status = run_folder.read_json("status.json")
    if status.get("state") == "running" and is_alive(int(status["pid"])):
        msg = (
            f"The run {run_folder.path.name} is still running (process {status['pid']}). "
            "Stop it first, or wait for its end."
        )
        raise TrainingError(msg)


def _config(args: argparse.Namespace) -> TrainingConfig:
    if not args.datasets:
        raise TrainingError("Give at least one DATASET to train on, or --run NAME --resume.")
    labelled = [open_dataset(path).images_only("Training") for path in args.datasets]
    types = _types(labelled)
    defaults = TrainingConfig(
        args.architecture,
        tuple(str(Path(p).resolve()) for p in args.datasets),
        together="looks",
    )
    if args.architecture == "custom_cnn":
        # From random weights: no frozen head stage, a higher rate, more epochs.
        defaults = replace(
            defaults, weights="none", head_epochs=0, epochs=30, learning_rate=1e-3, frozen=()
        )
    given = {
        "validation_share": args.validation_share,
        "weights": _weights(args.weights),
        "epochs": args.epochs,
        "head_epochs": args.head_epochs,
        "batch_size": args.batch_size,
        "learning_rate": args.learning_rate,
        "patience": args.patience,
        "keep": args.keep,
        "precision": args.precision,
        "tumor_from": args.tumor_from,
        "outlines": args.outlines,
        "seed": args.seed,
        "preprocessing": replace(defaults.preprocessing, size=args.size) if args.size else None,
        "augmentation": replace(defaults.augmentation, carve=args.carve) if args.carve else None,
    }
    if args.epochs is not None and args.head_epochs is None:
        given["head_epochs"] = min(defaults.head_epochs, max(args.epochs - 1, 0))
    chosen = {key: value for key, value in given.items() if value is not None}
    if args.outlines == "only":
        # The decoder must hold out what the release below it held out.
        chosen["together"] = _together_of(chosen.get("weights"))
    return replace(
        defaults,
        types=types,
        tumor_free=tuple(str(Path(p).resolve()) for p in args.tumor_free),
        folds=tuple(args.folds),
        whole=tuple(args.train_whole),
        **chosen,
    )


def _together_of(weights: str | None) -> str:
    """Return how the release to which the weights belong kept images on one side."""
    path = Path(weights or "").with_name("config.json")
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "looks"
    return str(known.get("together", "groups")) if isinstance(known, dict) else "looks"


def _weights(given: str | None) -> str | None:
    return given if given in (None, "imagenet", "none") else str(Path(given).resolve())


def _types(datasets: list[Dataset]) -> tuple[str, ...]:
    for dataset in datasets:
        if not dataset.labelled:
            msg = (
                f"{dataset.root} has no labels. Sort the images into class folders "
                "(glioma meningioma pituitary notumor, or yes no) or add a manifest.csv."
            )
            raise TrainingError(msg)
        for warning in dataset.warnings:
            print(warning, file=sys.stderr)
    found = {name for dataset in datasets for name in dataset.types}
    return tuple(sorted(found)) if len(found) > 1 else ()


def _train(config: TrainingConfig, run_folder: RunFolder, *, resume: bool) -> None:
    from brainscan.training.datasets import load_split

    began = time.monotonic()
    finished = run_folder.read_json("status.json").get("epoch", 0) if resume else 0
    run_folder.write_status(
        "running", epoch=finished, epochs=config.epochs, message="Reading images"
    )
    with ProgressBar("Reading images") as bar:
        training, validation = load_split(config, run_folder, bar.update)
    for name, reason in training.rejected + validation.rejected:
        print(f"Left out {name}: {reason}", file=sys.stderr)
    print(
        f"{len(training)} training and {len(validation)} validation slices read in "
        f"{time.monotonic() - began:.0f} s. Starting TensorFlow ...",
        file=sys.stderr,
    )
    from brainscan.training.checkpoint import has_checkpoint
    from brainscan.training.interpolation import note_start
    from brainscan.training.trainer import Progress, Trainer

    if not has_checkpoint(run_folder):
        note_start(config, run_folder)

    with ProgressBar("Training") as bar:

        def report(progress: Progress) -> None:
            bar.update(
                progress.epoch * progress.steps + progress.step,
                progress.epochs * progress.steps,
                f"epoch {progress.epoch + 1} of {progress.epochs}",
            )

        trainer = Trainer(config, run_folder, training, validation, report)
        trainer.fit(resume=resume)
    best = run_folder.read_json("metrics.json")["best_epoch"]
    row = trainer.history[best]
    print(f"Best epoch {best + 1} of {len(trainer.history)}:", file=sys.stderr)
    for key, value in row.items():
        if key.startswith("val_"):
            print(f"  {key:28s} {float(value):.4f}", file=sys.stderr)


def _stop_politely() -> None:
    """Let a termination request end the run the way Ctrl-C does.

    Ctrl-C itself is set too, because a process started in the background of a script inherits
    it ignored; Windows stops the trainings that the app started with Ctrl-Break.
    """

    def stop(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def _note_end(run_folder: RunFolder, state: str, message: str) -> None:
    status = run_folder.read_json("status.json")
    run_folder.write_status(
        state,  # type: ignore[arg-type]
        epoch=status.get("epoch", 0),
        epochs=status.get("epochs", 0),
        message=message,
    )
