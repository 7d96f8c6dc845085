"""A running evaluation: how far it is, how long it takes, and the way to stop it."""

from __future__ import annotations

import streamlit as st

from brainscan.progress import format_duration
from brainscan.ui.error_card import plain
from brainscan.ui.evaluation_run import EvaluationJob, current

_REFRESH_S = 0.7


def progress(job: EvaluationJob) -> None:
    """Show the job and refresh by itself; the page is drawn anew when the job has ended."""
    with st.container(border=True, key="evaluation-progress"):
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
        key="evaluation_cancel",
    )


def _words(job: EvaluationJob) -> str:
    """Say stage, count and time left."""
    if not job.total:
        return f"{job.stage} ..."
    left = job.seconds_left()
    tail = f", {format_duration(left)} left" if left is not None and job.done < job.total else ""
    return f"{job.stage}: {job.done:,} of {job.total:,} images{tail}"
