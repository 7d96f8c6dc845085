"""Start an evaluation in the background and keep it in the session."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from brainscan.errors import Cancelled
from brainscan.evaluation.evaluate import evaluate
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.stability import dataset_stability
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.ui.evaluation_intake import Source
from brainscan.ui.jobs import Handle, Job, SessionJob

JOB: SessionJob[EvaluationResult] = SessionJob("evaluation_job")
current, keep, forget, dismiss = JOB.current, JOB.keep, JOB.forget, JOB.dismiss

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
            if stability and dataset.volumes < len(dataset.records):
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
