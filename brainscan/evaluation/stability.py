"""Does the answer hold when the slice is changed in ways that do not matter to a reader?"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from brainscan.data.dataset import Dataset, Record
from brainscan.errors import Cancelled, InputRejected
from brainscan.evaluation.perturbations import PERTURBATIONS, Perturbation, Perturbed
from brainscan.evaluation.stability_result import StabilityResult, stability_result
from brainscan.evaluation.stability_scan import ChangedAnswer, ScanStability
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference.batch import worker_count
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import HeatMap, Prediction

SAMPLE = 200  # images: a changed share of 5 % is then known to about 3 percentage points
SEED = 20_240_229
_REGION = 0.5  # tumor more likely than not


def scan_stability(
    classifier: TumorClassifier,
    scan: Scan,
    *,
    known: Prediction | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> ScanStability:
    """Ask the model about a slice and about each changed version of it.

    Parameters
    ----------
    classifier
        The model.
    scan
        The slice.
    known
        The model's answer for the unchanged slice, where it has been asked already.
    progress
        Called with the number of changes asked about and their total.
    cancel
        Asked before each change.

    Raises
    ------
    InputRejected
        When the unchanged slice has no answer. A changed version without one is recorded.
    Cancelled
        When ``cancel`` returned true.
    """
    original = known or _ask(classifier, scan)
    under: list[ChangedAnswer] = []
    for number, perturbation in enumerate(PERTURBATIONS):
        if cancel is not None and cancel():
            raise Cancelled("The stability check was stopped.")
        if progress is not None:
            progress(number, len(PERTURBATIONS))
        under.append(_under(classifier, scan, original, perturbation))
    if progress is not None:
        progress(len(PERTURBATIONS), len(PERTURBATIONS))
    return ScanStability(
        model=original.model,
        sha256=scan.sha256,
        threshold=original.threshold,
        band=original.band,
        probability=original.tumor_probability,
        decision=original.decision,
        under=tuple(under),
    )


def _ask(classifier: TumorClassifier, scan: Scan) -> Prediction:
    return classifier.predict(scan, gate=False)


def _under(
    classifier: TumorClassifier, scan: Scan, original: Prediction, perturbation: Perturbation
) -> ChangedAnswer:
    changed = perturbation.apply(scan)
    try:
        answer = _ask(classifier, changed.scan)
    except InputRejected as rejection:
        return ChangedAnswer(perturbation.key, perturbation.name, reason=str(rejection))
    return ChangedAnswer(
        perturbation.key,
        perturbation.name,
        probability=answer.tumor_probability,
        decision=answer.decision,
        peak_agrees=peak_agrees(original.evidence, changed, answer.evidence),
    )


def peak_agrees(original: HeatMap, changed: Perturbed, evidence: HeatMap) -> bool | None:
    """Return whether the evidence still peaks where the unchanged slice has evidence.

    The peak, taken back through the change, has to lie in the region where the unchanged
    slice's evidence is at least 0.5, or within one cell of it: evidence is known no finer.

    Returns
    -------
    bool or None
        ``None`` where there is nothing to compare: the unchanged slice has no evidence, or
        its peak lies outside the changed slice. False when the evidence disappears.
    """
    if not original.has_evidence:
        return None
    heat = original.on_slice()
    if not changed.shows(*_peak(heat)):
        return None
    if not evidence.has_evidence:
        return False
    row, column = changed.back(*_peak(evidence.on_slice()))
    geometry = original.geometry
    down = geometry.crop_height / geometry.inner_height * geometry.size / original.grid.shape[0]
    across = geometry.crop_width / geometry.inner_width * geometry.size / original.grid.shape[1]
    near = heat[
        max(0, round(row - down)) : max(0, round(row + down)) + 1,
        max(0, round(column - across)) : max(0, round(column + across)) + 1,
    ]
    # Interpolated on the slice, a peak of a single cell may stay below the value of the cell.
    return bool((near >= min(_REGION, float(heat.max()))).any())


def _peak(heat: np.ndarray) -> tuple[int, int]:
    row, column = np.unravel_index(int(np.argmax(heat)), heat.shape)
    return int(row), int(column)


def stratified_sample(records: Sequence[Record], sample: int, *, seed: int = SEED) -> list[Record]:
    """Draw records so that every source, sequence and label keeps its share.

    Every combination is drawn from in proportion to its size (largest remainder), and at
    least once while ``sample`` allows. A file listed twice is drawn once at most.

    Parameters
    ----------
    records
        What to draw from.
    sample
        Number of records wanted; with fewer than that all are returned.
    """
    unique = list({record.path: record for record in records}.values())
    if sample >= len(unique):
        return unique
    strata: dict[tuple[str, str], list[int]] = {}
    for number, record in enumerate(unique):
        strata.setdefault((record.stratum, record.label or ""), []).append(number)
    names = sorted(strata)
    exact = np.array([len(strata[name]) * sample / len(unique) for name in names])
    counts = np.floor(exact).astype(int)
    # The most wanting stratum comes next; one with nothing at all before any other.
    while counts.sum() < sample:
        counts[int(np.argmax(np.where(counts == 0, 2.0, exact - counts)))] += 1
    rng = np.random.default_rng(seed)
    drawn = [
        strata[name][int(place)]
        for name, count in zip(names, counts, strict=True)
        for place in rng.permutation(len(strata[name]))[:count]
    ]
    return [unique[number] for number in sorted(drawn)]


def dataset_stability(
    classifier: TumorClassifier,
    dataset: Dataset,
    sample: int = SAMPLE,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> StabilityResult:
    """Measure how far a model's answers move under the changes, on a sample of a dataset.

    Parameters
    ----------
    classifier
        The model; fastest when loaded with ``runtime="openvino-throughput"``.
    dataset
        Labelled or not: without labels there is no AUROC. Volumes are left out.
    sample
        Number of images, drawn by `stratified_sample` with a fixed seed.
    progress
        Called with the number of images done and the total, from the calling thread.
    cancel
        Asked often; the work stops soon after it returns true.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true before the last image.
    """
    images = [record for record in dataset.records if record.volume is None]
    chosen = stratified_sample(images, sample)
    stop = threading.Event()
    asked = cancel or (lambda: False)
    outcomes: list[tuple[Record, ScanStability | str]] = []
    if progress is not None:
        progress(0, len(chosen))
    for outcome in _outcomes(classifier, chosen, stop, asked):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes), len(chosen))
    return stability_result(
        outcomes,
        model=classifier.release.title,
        available=len({record.path for record in images}),
        seed=SEED,
    )


def _outcomes(
    classifier: TumorClassifier,
    records: Sequence[Record],
    stop: threading.Event,
    cancel: Callable[[], bool],
) -> Iterator[tuple[Record, ScanStability | str]]:
    """Yield each record with its outcome, in order, several images at a time."""
    workers = worker_count()
    waiting: deque[tuple[Record, Future[ScanStability | str]]] = deque()
    left = iter(records)
    with ThreadPoolExecutor(workers, thread_name_prefix="stability") as pool:
        try:
            while True:
                while len(waiting) < 2 * workers and (record := next(left, None)) is not None:
                    waiting.append((record, pool.submit(_outcome, classifier, record, stop)))
                if not waiting:
                    return
                if cancel():
                    raise Cancelled("The stability measurement was stopped.")
                record, future = waiting.popleft()
                yield record, future.result()
        finally:
            stop.set()
            for _, future in waiting:
                future.cancel()


def _outcome(
    classifier: TumorClassifier, record: Record, stop: threading.Event
) -> ScanStability | str:
    """Return the stability of one image, or the reason why it has no answer."""
    try:
        return scan_stability(classifier, read_scan(record.path), cancel=stop.is_set)
    except InputRejected as rejection:
        return str(rejection)
