"""Work under way on the Volume page: how far, how long still, and the way to stop it."""

from __future__ import annotations

from typing import Any, Literal

import streamlit as st

from brainscan.progress import format_duration
from brainscan.ui.error_card import plain
from brainscan.ui.jobs import Job
from brainscan.ui.volume_session import current

Work = Literal["searching", "reading", "asking"]

_REFRESH_S = 0.5
_UNITS: dict[Work, str] = {"searching": "files", "reading": "slices", "asking": "slices"}


def progress(which: Work) -> None:
    """Show a piece of work and refresh by itself; the page is drawn anew when it has ended."""
    with st.container(border=True, key=f"volume-progress-{which}"):
        st.fragment(_bar, run_every=_REFRESH_S)(which)


def _bar(which: Work) -> None:
    study = current()
    job: Job[Any] | None = None if study is None else getattr(study, which)
    if job is None or not job.running:
        st.rerun(scope="app")
    st.markdown(f"**{plain(job.title)}**")
    st.progress(job.fraction, text=words(job, _UNITS[which]))
    st.button(
        "Stopping ..." if job.stopping else "Cancel",
        icon=":material/stop_circle:",
        disabled=job.stopping,
        on_click=job.cancel,
        key=f"volume-cancel-{which}",
    )


def words(job: Job[Any], unit: str) -> str:
    """Say stage, count and time left."""
    if not job.total:
        return f"{job.stage or 'Starting'} ..."
    left = job.seconds_left()
    tail = f", {format_duration(left)} left" if left is not None and job.done < job.total else ""
    return f"{job.stage}: {job.done:,} of {job.total:,} {unit}{tail}"
