"""``python -m brainscan evaluate``: a folder of labelled scans becomes figures and a report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from brainscan.commands.interruption import stopped
from brainscan.data.dataset import open_dataset
from brainscan.errors import BrainScanError
from brainscan.evaluation import tables
from brainscan.evaluation.baseline_tables import text_baselines, text_seen
from brainscan.evaluation.decisions_tables import decision_lines
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.export import metrics_json, predictions_csv, volumes_csv
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.outline_text import text_outlines
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.stability import SAMPLE, dataset_stability
from brainscan.evaluation.stability_tables import text_table
from brainscan.evaluation.volume_tables import text_volumes
from brainscan.inference.classifier import TumorClassifier
from brainscan.progress import ProgressBar

_HELP = "measure a model on a folder of labelled scans"
_DESCRIPTION = """\
Run a model over a dataset and write metrics.json, predictions.csv and report.html (one file,
opens offline). Every figure comes with n and a 95 % interval.

DATASET is a manifest.csv, or a folder that holds
  a manifest.csv        columns file, label; optional source, group or patient, fold,
                        sequence, mask
  class folders         glioma meningioma pituitary notumor, or yes no
  Training and Testing  with class folders inside
  just images           predictions.csv only: without labels there are no figures
A NIfTI file, a folder of DICOM files that form a volume and an enhanced multi-frame file are one
volume with one label; figures and volumes.csv count volumes apart from images. A volume whose
mask (a NIfTI label volume on the same grid) is named in the manifest is also measured slice by
slice. Where masks are named, the outlines of a model that draws them are compared with them: Dice
a slice and a patient, distance of the borders, lesions found and invented, area.
"""
_EPILOG = """\
examples:
  python -m brainscan evaluate scans/
  python -m brainscan evaluate data/brain-mri --folds 4 --sources figshare br35h
  python -m brainscan evaluate scans/ --model custom_cnn --out results
  python -m brainscan evaluate scans/ --stability 300

exit code: 0 every file was predicted, 1 some were not, 2 the run could not start
"""
_RESULTS = ("predictions.csv", "volumes.csv", "metrics.json", "report.html")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "evaluate",
        help=_HELP,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder or manifest.csv")
    parser.add_argument(
        "--model", default="resnet50", metavar="NAME", help="released model (default resnet50)"
    )
    parser.add_argument(
        "--sensitivity",
        type=float,
        metavar="S",
        help="decide at the threshold for this sensitivity, for example 0.9 (default 0.95)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the results (default evaluation-<model>-<time> here)",
    )
    parser.add_argument(
        "--folds", nargs="+", metavar="FOLD", help="only these folds, for example 4 or Testing"
    )
    parser.add_argument("--sources", nargs="+", metavar="NAME", help="only these sources")
    parser.add_argument(
        "--stability",
        nargs="?",
        type=_images,
        const=SAMPLE,
        metavar="N",
        help="also measure how far the answers move when N images (default "
        f"{SAMPLE}, drawn at random) are mirrored, turned, brightened, cropped, and so on",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    dataset = open_dataset(args.dataset)
    if args.folds or args.sources:
        dataset = dataset.select(folds=args.folds, sources=args.sources)
    classifier = TumorClassifier.load(
        args.model, runtime="openvino-throughput", sensitivity=args.sensitivity
    )
    name = classifier.release.name
    out = args.out or Path(f"evaluation-{name}-{datetime.now():%Y%m%d-%H%M%S}")
    made = _prepare(out)
    try:
        with ProgressBar(f"Evaluating {name}") as bar:
            result = evaluate(dataset, classifier, progress=bar.update)
        if args.stability and dataset.volumes < len(dataset.records):
            with ProgressBar("Measuring stability") as bar:
                measured = dataset_stability(
                    classifier, dataset, args.stability, progress=bar.update
                )
            result = replace(result, stability=measured)
    except KeyboardInterrupt:
        _remove_empty(made)
        return stopped("evaluate", "No result was written; run it again to start afresh.")
    _write(result, out)
    _print(result, out)
    return 1 if result.refused else 0


def _images(text: str) -> int:
    """Return a number of images, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"N must be a number of images, 1 or more, got {text}; DATASET comes before it"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _prepare(out: Path) -> list[Path]:
    """Create the folder before the work, so that a bad path costs no waiting.

    Results that lie there already are not written over. Returned are the folders that were not
    there before, the deepest first.
    """
    taken = next((name for name in _RESULTS if (out / name).exists()), None)
    if taken is not None:
        msg = (
            f"The folder {out} holds a {taken} already, which is not overwritten. Choose another "
            "folder with --out."
        )
        raise BrainScanError(msg)
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"The folder {out} cannot be created ({error.strerror}). Choose another one with --out."
        )
        raise BrainScanError(msg) from error
    return missing


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, the deepest first, up to one into which something else was put meanwhile."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _write(result: EvaluationResult, out: Path) -> None:
    from brainscan.evaluation.report import html_report  # Plotly would slow down every command

    (out / "predictions.csv").write_text(predictions_csv(result), encoding="utf-8-sig", newline="")
    if result.volumes:
        (out / "volumes.csv").write_text(volumes_csv(result), encoding="utf-8-sig", newline="")
    if result.counted or result.stability or result.volumes:
        (out / "metrics.json").write_text(metrics_json(result), encoding="utf-8")
        (out / "report.html").write_text(html_report(result), encoding="utf-8")


def _print(result: EvaluationResult, out: Path) -> None:
    print(
        f"{result.model.title} on {result.dataset}: {result.scope} in {result.elapsed_s:.0f} s, "
        f"{len(result.refused)} without a prediction"
    )
    if result.volumes:
        print(text_volumes(result))
    if result.counted:
        if result.volumes:
            print("Images and slices:")
        _print_figures(result)
        print(text_seen(result))
        if result.baselines:
            print(text_baselines(result.baselines))
    elif result.rows or not result.volumes:
        reason = "have no prediction" if result.labelled else "carry no label"
        print(f"The images {reason}, so there are no figures, only predictions.")
    if result.outlines:
        print(text_outlines(result.outlines))
    if result.stability:
        print(text_table(result.stability))
    if result.labelled and result.unlabelled:
        print(f"{result.unlabelled} without a certain label are predicted, not counted.")
    for row in result.refused[:5]:
        print(f"  no prediction: {row.name}: {row.reason}")
    if len(result.refused) > 5:
        print(f"  and {len(result.refused) - 5} more without a prediction, see predictions.csv")
    for note in (*result.warnings, *result.interval_notes):
        print(f"  note: {note}")
    print(f"Written to {out}: {', '.join(_files(result))}")


def _files(result: EvaluationResult) -> list[str]:
    """Return the names of the files written."""
    found = ["predictions.csv"]
    if result.volumes:
        found.append("volumes.csv")
    if result.counted or result.stability or result.volumes:
        found += ["metrics.json", "report.html"]
    return found


def _print_figures(result: EvaluationResult) -> None:
    own = result.at_model_threshold
    lines: list[tuple[str, Estimate]] = tables.headline(result)
    if own.classes is not None:
        lines.append((f"Macro F1, {len(own.classes.classes)} classes", own.classes.macro_f1))
    if result.types is not None:
        lines.append((f"Accuracy, {len(result.types.classes)} types", result.types.accuracy))
    several = result.by_source if len(result.by_source) > 1 else ()
    parts = [*several, *result.by_sequence]
    for part in parts:
        if part.auroc.defined:
            lines.append((f"AUROC, {part.name}", part.auroc))
            lines.append((f"Sensitivity at specificity 0.95, {part.name}", part.sensitivity_at_95))
            lines.append((f"Expected calibration error, {part.name}", part.ece))
    lines += decision_lines(result.decisions)
    width = max(len(name) for name, _ in lines)
    print(f"{'':{width}}  value  95 % interval        n    (threshold {own.threshold:.3f})")
    for name, figure in lines:
        if figure.defined:
            interval = format_interval(figure)
            print(f"{name:{width}}  {format_value(figure)}  {interval:16}  {figure.n:5d}")
        else:
            print(f"{name:{width}}  not defined: {figure.reason}")
