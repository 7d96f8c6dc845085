"""What a running evaluation says of itself: which stage, how far, how long still."""

from __future__ import annotations

from brainscan.ui.evaluation_run import JOB, EvaluationJob
from brainscan.ui.job_progress import job_progress, time_left


def progress() -> None:
    """Show the session's evaluation while it runs."""
    job_progress(JOB, words, key="evaluation")


def words(job: EvaluationJob) -> str:
    """Say stage, count of images or place in a volume, and time left."""
    if not job.total:
        return f"{job.stage} ..."
    far = job.note or f"{job.done:,} of {job.total:,} images"
    return f"{job.stage}: {far}{time_left(job)}"
