"""What a running audit says of itself: which step, how far, how long still."""

from __future__ import annotations

from brainscan.ui.dataset_run import JOB, STAGES, DatasetJob
from brainscan.ui.job_progress import job_progress, time_left


def progress() -> None:
    """Show the session's audit while it runs."""
    job_progress(JOB, _words, key="dataset")


def _words(job: DatasetJob) -> str:
    """Say step, how far and time left."""
    stages = list(STAGES.values())
    step = f"Step {stages.index(job.stage) + 1} of 3: " if job.stage in stages else ""
    if not job.total:
        return f"{step}{job.stage or 'Starting'} ..."
    far = f"{job.done:,} of {job.total:,}" if _counts_images(job) else f"{job.fraction:.0%}"
    return f"{step}{job.stage}, {far}{time_left(job)}"


def _counts_images(job: DatasetJob) -> bool:
    return job.stage != STAGES["comparing"] and job.stage != STAGES["border"]
