"""Run a released model over a dataset and collect what it said."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from brainscan.data.dataset import Dataset, Record
from brainscan.data.seen import SeenImages
from brainscan.errors import Cancelled, ModelUnavailable
from brainscan.evaluation.baselines import measure_baselines
from brainscan.evaluation.decisions import DecisionRule
from brainscan.evaluation.facts import ModelFacts
from brainscan.evaluation.looks import Looks
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.review import ReviewStore
from brainscan.evaluation.rows import ImageRow
from brainscan.inference.batch import FileResult, predict_files
from brainscan.inference.classifier import TumorClassifier

_PACKAGES = ("brainscan", "numpy", "opencv-python-headless", "openvino", "pillow")


def evaluate(
    dataset: Dataset,
    classifier: TumorClassifier,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> EvaluationResult:
    """Predict every image of a dataset and compare with the labels.

    Images stream through: memory holds a line for each image and the pictures of a bounded
    number of likely errors, never the dataset. A file that cannot be read becomes a line with
    a reason. A dataset without labels gives predictions and no figures. Images that took part
    in the model's training are marked, as far as the release can tell, and baselines that know
    nothing of tumors are measured on the same images.

    Parameters
    ----------
    dataset
        From `brainscan.data.dataset.open_dataset`.
    classifier
        The model to evaluate; fastest when loaded with ``runtime="openvino-throughput"``.
    progress
        Called with the number of images done and the total, from the calling thread.
    cancel
        Asked often; the run stops soon after it returns true.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true before the last image.
    """
    started = time.monotonic()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    stop = cancel or _never
    report = progress or _silent
    total = len(dataset.records)
    wanted: dict[Path, list[int]] = {}
    for number, record in enumerate(dataset.records):
        wanted.setdefault(record.path, []).append(number)
    rows: dict[int, ImageRow] = {}
    review = ReviewStore()
    looks = Looks()
    known = SeenImages.load(Path(classifier.release.folder))
    warnings: list[str] = []
    report(0, total)
    with suppress(Cancelled):  # said below, with how far it got
        for outcome in predict_files(classifier, wanted, cancel=stop, gate=False):
            for number in wanted[outcome.path]:
                rows[number] = row = _row(dataset.records[number], outcome, warnings)
                if outcome.prediction is not None and outcome.scan is not None:
                    looks.offer(number, dataset.records[number], outcome.scan)
                    review.offer(number, row, outcome.scan, outcome.prediction.evidence)
            report(len(rows), total)
    if len(rows) < total:
        msg = f"The evaluation was stopped after {len(rows)} of {total} images."
        raise Cancelled(msg)
    result = EvaluationResult(
        dataset=dataset.root.resolve().name,
        layout=dataset.layout,
        fingerprint=_fingerprint(dataset),
        warnings=(*dataset.warnings, *_summarize(warnings), *_refused(rows.values())),
        model=_facts(classifier),
        created=created,
        elapsed_s=time.monotonic() - started,
        versions=_versions(),
        rows=_marked([rows[number] for number in range(total)], looks, known, stop),
        review=review.images(),
        seen_known=None if known is None else len(known),
    )
    baselines = measure_baselines(result.rows, result.units, looks, stop)
    return replace(result, baselines=baselines, elapsed_s=time.monotonic() - started)


def _marked(
    rows: list[ImageRow], looks: Looks, known: SeenImages | None, stop: Callable[[], bool]
) -> tuple[ImageRow, ...]:
    """Mark the rows of images that took part in training."""

    def check(*_: int) -> None:
        if stop():
            raise Cancelled("The evaluation was stopped while known images were looked for.")

    if known is not None:
        found = known.match(looks.looks, check)
        for number, mark in zip(looks.numbers, found, strict=True):
            rows[number] = replace(rows[number], seen=mark)
    return tuple(rows)


def _never() -> bool:
    return False


def _silent(done: int, total: int) -> None:
    """Report progress to nobody."""


def _row(record: Record, outcome: FileResult, warnings: list[str]) -> ImageRow:
    """Join what is known of an image with what the model said."""
    prediction = outcome.prediction
    if prediction is None:
        return ImageRow(
            name=record.name,
            label=record.label,
            type=record.type,
            group=record.group,
            source=record.source,
            stratum=record.stratum,
            sequence=record.sequence,
            fold=record.fold,
            status="error" if outcome.status == "ok" else outcome.status,
            reason=outcome.reason or "The file could not be processed.",
        )
    return ImageRow(
        name=record.name,
        label=record.label,
        type=record.type,
        group=record.group,
        source=record.source,
        stratum=record.stratum,
        sequence=record.sequence,
        fold=record.fold,
        status="ok",
        probability=float(prediction.tumor_probability),
        decision=prediction.decision,
        types=tuple((name, float(p)) for name, p in prediction.type_probabilities.items()),
        peak=float(prediction.evidence.grid.max()),
        hit=_hit(record, outcome, warnings),
        sha256=prediction.sha256,
        elapsed_ms=float(prediction.elapsed_ms),
        gate_refused=prediction.refusal is not None,
    )


def _hit(record: Record, outcome: FileResult, warnings: list[str]) -> bool | None:
    """Return whether the evidence peaks inside the mask; ``None`` without a usable mask."""
    if record.label != "tumor" or record.mask is None or outcome.prediction is None:
        return None
    try:
        with Image.open(record.mask) as picture:
            mask = np.asarray(picture.convert("L")) > 0
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        warnings.append("cannot be read")
        return None
    heat = outcome.prediction.evidence.on_slice()
    if mask.shape != heat.shape:
        warnings.append("have another size than their image")
        return None
    if not mask.any():
        warnings.append("are empty")
        return None
    return bool(heat.max() > 0 and mask.flat[int(np.argmax(heat))])


def _summarize(problems: Iterable[str]) -> list[str]:
    """Turn the problems met with masks into one sentence each kind."""
    found = list(problems)
    return [
        f"{found.count(kind)} mask(s) {kind} and are left out of the heat-map hit rate."
        for kind in sorted(set(found))
    ]


def _refused(rows: Iterable[ImageRow]) -> list[str]:
    """Say how many images the input gate would have refused, when there are any."""
    answered = [row.gate_refused for row in rows if row.status == "ok"]
    if not any(answered):
        return []
    share = sum(answered) / len(answered)
    return [
        f"The input gate would have refused {sum(answered)} of {len(answered)} images "
        f"({share:.2%}); they are answered and counted here all the same."
    ]


def _fingerprint(dataset: Dataset) -> str | None:
    try:
        return dataset.fingerprint()
    except OSError:  # an unreadable file already has its line and its reason
        return None


def _facts(classifier: TumorClassifier) -> ModelFacts:
    release = classifier.release
    path = Path(release.folder) / "manifest.json"
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"The model folder {path.parent.name} has no readable manifest.json. Reinstall it."
        raise ModelUnavailable(msg) from error
    point = classifier.point
    trained_on = release.manifest.get("data", {})
    return ModelFacts(
        name=release.name,
        version=release.version,
        architecture=str(release.manifest.get("architecture", "")),
        types=tuple(release.types),
        threshold=point.threshold,
        band=point.band,
        manifest_sha256=digest,
        data_fingerprint=str(trained_on.get("fingerprint", {}).get("training", "")),
        rule=DecisionRule.of(release, point),
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
