"""Many files through one model: decoded in threads, bounded memory, one result a file."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from brainscan.errors import Cancelled, FileUnreadable, InputRejected
from brainscan.imaging.intake import FoundScan
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import Prediction


@dataclass(frozen=True, eq=False)
class FileResult:
    """What became of one file.

    Attributes
    ----------
    path
        The file; of a file in memory its name.
    status
        ``"ok"``; ``"rejected"`` when it is no usable scan, or no brain MR slice; ``"error"``
        when it could not be read from disk.
    reason
        A sentence for a file that is not ``"ok"``.
    prediction, scan
        The answer and the decoded slice of an ``"ok"`` file. Drop the scan soon: keeping all
        of them makes memory grow with the folder.
    """

    path: Path
    status: Literal["ok", "rejected", "error"]
    reason: str | None = None
    prediction: Prediction | None = None
    scan: Scan | None = None


def predict_files(
    classifier: TumorClassifier,
    paths: Iterable[Path],
    *,
    cancel: Callable[[], bool] = lambda: False,
    gate: bool = True,
) -> Iterator[FileResult]:
    """Predict files one after the other, in their order, several at a time.

    Each worker decodes, preprocesses and runs one file, so that one file's decoding overlaps
    another's forward pass; load the classifier with ``runtime="openvino-throughput"``. At most
    a few files per worker are in memory.

    Parameters
    ----------
    classifier
        The model.
    paths
        Files; read lazily.
    cancel
        Asked before each file; ``True`` ends the work.
    gate
        Whether pictures that are no brain MR slice are ``"rejected"`` instead of answered.

    Raises
    ------
    Cancelled
        When ``cancel`` returned ``True``.
    """
    jobs = ((path, partial(read_scan, path)) for path in paths)
    yield from _predict_all(classifier, jobs, cancel, gate)


def predict_slices(
    classifier: TumorClassifier,
    found: Iterable[FoundScan],
    *,
    cancel: Callable[[], bool] = lambda: False,
    gate: bool = True,
) -> Iterator[FileResult]:
    """Predict the slices that :func:`brainscan.imaging.intake.find_scans` found.

    As :func:`predict_files`, also for slices that lie in a ZIP archive or in memory.

    Parameters
    ----------
    classifier, cancel, gate
        As for :func:`predict_files`.
    found
        Slices, no volumes.
    """
    jobs = ((one.path or Path(one.name), one.read_slice) for one in found)
    yield from _predict_all(classifier, jobs, cancel, gate)


def _predict_all(
    classifier: TumorClassifier,
    jobs: Iterable[tuple[Path, Callable[[], Scan]]],
    cancel: Callable[[], bool],
    gate: bool,
) -> Iterator[FileResult]:
    workers = worker_count()
    waiting: deque[Future[FileResult]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="predict") as pool:
        try:
            for path, read in jobs:
                if cancel():
                    raise Cancelled("Stopped before all files were read.")
                waiting.append(pool.submit(_predict_one, classifier, path, read, gate))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                if cancel():
                    raise Cancelled("Stopped before all files were read.")
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def worker_count() -> int:
    """Return the number of files worked on at once: three for each core.

    A worker that decodes feeds nothing to the network; with fewer, its streams run dry.
    """
    return 3 * (os.cpu_count() or 1)


def _predict_one(
    classifier: TumorClassifier, path: Path, read: Callable[[], Scan], gate: bool
) -> FileResult:
    try:
        scan = read()
        return FileResult(path, "ok", None, classifier.predict(scan, gate=gate), scan)
    except FileUnreadable as error:
        return FileResult(path, "error", str(error))
    except InputRejected as error:
        return FileResult(path, "rejected", str(error))
