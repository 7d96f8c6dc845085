"""Start an evaluation in the background and keep it in the session."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from brainscan.errors import Cancelled
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.stability import dataset_stability
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.ui.evaluation_intake import Source
from brainscan.ui.jobs import Handle, Job

_JOB = "evaluation_job"

EvaluationJob = Job[EvaluationResult]


def start(source: Source, release: Release, stability: int = 0) -> EvaluationJob:
    """Evaluate a model on the scans of a source; uploads are unpacked and removed again.

    With ``stability``, a number of images, measure on as many how far the answers move.
    """
    folder = Path(release.folder)

    def work(handle: Handle) -> EvaluationResult:
        # On some systems a scanner of new files still holds one open when we are done.
        with TemporaryDirectory(prefix="brainscan-", ignore_cleanup_errors=True) as workspace:
            handle.begin("Reading the dataset")
            dataset = source.open(Path(workspace), handle.should_stop)
            handle.begin("Loading the model")
            if handle.should_stop():
                raise Cancelled("The evaluation was stopped before the first image.")
            classifier = TumorClassifier.load(folder, runtime="openvino-throughput")
            handle.begin("Evaluating")
            result = evaluate(
                dataset, classifier, progress=handle.report, cancel=handle.should_stop
            )
            if stability:
                handle.begin("Measuring stability")
                measured = dataset_stability(
                    classifier,
                    dataset,
                    stability,
                    progress=handle.report,
                    cancel=handle.should_stop,
                )
                result = replace(result, stability=measured)
            handle.begin("Computing the figures")
            result.compute()
            return result

    return Job(f"{release.name} on {source.title}", work)


def current(session: MutableMapping[Any, Any]) -> EvaluationJob | None:
    """Return the session's evaluation, running or ended."""
    job: EvaluationJob | None = session.get(_JOB)
    return job


def keep(session: MutableMapping[Any, Any], job: EvaluationJob) -> None:
    """Make ``job`` the session's evaluation; an older one that still runs is stopped."""
    forget(session)
    session[_JOB] = job


def forget(session: MutableMapping[Any, Any]) -> None:
    """Stop the session's evaluation, if it runs, and drop it with its result."""
    job = current(session)
    if job is not None:
        job.cancel()
        del session[_JOB]
