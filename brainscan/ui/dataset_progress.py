"""A running audit: which step, how far, how long still, and the way to stop it."""

from __future__ import annotations

import streamlit as st

from brainscan.progress import format_duration
from brainscan.ui.dataset_run import STAGES, DatasetJob, current
from brainscan.ui.error_card import plain

_REFRESH_S = 0.7


def progress(job: DatasetJob) -> None:
    """Show the job and refresh by itself; the page is drawn anew when the job has ended."""
    with st.container(border=True, key="dataset-progress"):
        st.markdown(f"**{plain(job.title)}**")
        st.fragment(_bar, run_every=_REFRESH_S)()


def _bar() -> None:
    job = current(st.session_state)
    if job is None or not job.running:
        st.rerun(scope="app")
    st.progress(job.fraction, text=_words(job))
    st.button(
        "Stopping ..." if job.stopping else "Cancel",
        icon=":material/stop_circle:",
        disabled=job.stopping,
        on_click=job.cancel,
        key="dataset_cancel",
    )


def _words(job: DatasetJob) -> str:
    """Say step, how far and time left."""
    stages = list(STAGES.values())
    step = f"Step {stages.index(job.stage) + 1} of 3: " if job.stage in stages else ""
    if not job.total:
        return f"{step}{job.stage or 'Starting'} ..."
    left = job.seconds_left()
    tail = f", {format_duration(left)} left" if left is not None and job.done < job.total else ""
    far = f"{job.done:,} of {job.total:,}" if _counts_images(job) else f"{job.fraction:.0%}"
    return f"{step}{job.stage}, {far}{tail}"


def _counts_images(job: DatasetJob) -> bool:
    return job.stage != STAGES["comparing"] and job.stage != STAGES["border"]
