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
from typing import Protocol

from brainscan.data.dataset import Dataset
from brainscan.data.seen import SeenImages
from brainscan.errors import Cancelled, ModelUnavailable
from brainscan.evaluation.baselines import measure_baselines
from brainscan.evaluation.decisions import DecisionRule
from brainscan.evaluation.facts import ModelFacts
from brainscan.evaluation.image_run import compare_image, mask_sentences
from brainscan.evaluation.looks import Looks, mark_seen
from brainscan.evaluation.outline_pictures import OutlineStore
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.review import ReviewStore
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.volume_collector import VOLUME_STEPS, VolumeCollector, sentences
from brainscan.inference.batch import predict_files
from brainscan.inference.classifier import TumorClassifier

_PACKAGES = ("brainscan", "numpy", "opencv-python-headless", "openvino", "pillow")


class Progress(Protocol):
    """Takes steps done, steps in all and, within volumes, a note on how far the work is."""

    def __call__(self, done: int, total: int, note: str = ..., /) -> None: ...


def evaluate(
    dataset: Dataset,
    classifier: TumorClassifier,
    *,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> EvaluationResult:
    """Predict every image and volume of a dataset and compare with the labels.

    Images stream through: memory holds a line for each image and the pictures of a bounded
    number of likely errors, never the dataset. A file that cannot be read becomes a line with
    a reason. A dataset without labels gives predictions and no figures. Images that took part
    in the model's training are marked, as far as the release can tell, and baselines that know
    nothing of tumors are measured on the same images. Volumes come after the images, one at a
    time; a volume with a mask on its grid is also evaluated slice by slice. Outlines, of a release
    that draws them, are compared with the masks as they come; of each only numbers are kept, and
    the pictures of the worst.

    Parameters
    ----------
    dataset
        From `brainscan.data.dataset.open_dataset`.
    classifier
        The model to evaluate; fastest when loaded with ``runtime="openvino-throughput"``.
    progress
        Called from the calling thread with the number of images done and the total, to which
        a volume adds `VOLUME_STEPS`.
    cancel
        Asked often, also within a volume; the run stops soon after it returns true.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true before the end.
    """
    started = time.monotonic()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    stop = cancel or _never
    report = progress or _silent
    images = [record for record in dataset.records if record.volume is None]
    of_volumes = [record for record in dataset.records if record.volume is not None]
    count = len(images)
    total = count + VOLUME_STEPS * len(of_volumes)
    wanted: dict[Path, list[int]] = {}
    for number, record in enumerate(images):
        wanted.setdefault(record.path, []).append(number)
    rows: dict[int, ImageRow] = {}
    review, outlines = ReviewStore(), OutlineStore()
    looks = Looks()
    known = SeenImages.load(Path(classifier.release.folder))
    problems: list[tuple[str, str]] = []
    report(0, total)
    with suppress(Cancelled):  # said below, with how far it got
        for outcome in predict_files(classifier, wanted, cancel=stop, gate=False):
            for number in wanted[outcome.path]:
                found = compare_image(images[number], outcome)
                rows[number] = row = found.row
                outlines.offer(number, row, found.picture)
                if found.problem and (mask := images[number].mask) is not None:
                    problems.append((found.problem, mask.name))
                if outcome.prediction is not None and outcome.scan is not None:
                    looks.offer(number, images[number], outcome.scan)
                    review.offer(number, row, outcome.scan, outcome.prediction.evidence)
            report(len(rows), total)
    if len(rows) < count:
        msg = f"The evaluation was stopped after {len(rows)} of {count} images."
        raise Cancelled(msg)
    scans = VolumeCollector(
        classifier, [rows[number] for number in range(count)], looks, review, outlines, stop
    )
    for record in of_volumes:
        scans.add(record, len(of_volumes), lambda done, note: report(count + done, total, note))
    volumes = scans.marked(known)
    result = EvaluationResult(
        dataset=dataset.root.resolve().name,
        layout=dataset.layout,
        fingerprint=_fingerprint(dataset),
        warnings=(
            *dataset.warnings,
            *mask_sentences(problems),
            *_refused(rows.values()),
            *sentences(volumes),
        ),
        model=_facts(classifier),
        created=created,
        elapsed_s=time.monotonic() - started,
        versions=_versions(),
        rows=mark_seen(scans.rows, looks, known, stop),
        review=review.images(),
        seen_known=None if known is None else len(known),
        volumes=volumes,
        key_pictures=scans.pictures,
        outline_pictures=outlines.pictures(),
    )
    baselines = measure_baselines(result.rows, result.units, looks, stop)
    return replace(result, baselines=baselines, elapsed_s=time.monotonic() - started)


def _never() -> bool:
    return False


def _silent(done: int, total: int, note: str = "", /) -> None:
    """Report progress to nobody."""


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
