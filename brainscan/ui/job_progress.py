"""A running job on its page: how far it is, how long it still takes, and the way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from brainscan.progress import format_duration
from brainscan.ui.error_card import plain
from brainscan.ui.jobs import Job, SessionJob

_REFRESH_S = 0.7


def job_progress(slot: SessionJob[Any], words: Callable[[Job[Any]], str], *, key: str) -> None:
    """Show the session's job and refresh by itself; the page is drawn anew when it has ended.

    Parameters
    ----------
    slot
        Where the session keeps the job, which is running.
    words
        Says step and how far it is.
    key
        Prefix of the widgets' keys.
    """
    job = slot.current(st.session_state)
    with st.container(border=True, key=f"{key}-progress"):
        st.markdown(f"**{plain(job.title if job else '')}**")
        st.fragment(_bar, run_every=_REFRESH_S)(slot, words, key)


def _bar(slot: SessionJob[Any], words: Callable[[Job[Any]], str], key: str) -> None:
    job = slot.current(st.session_state)
    if job is None or not job.running:
        st.rerun(scope="app")
    st.progress(job.fraction, text=words(job))
    st.button(
        "Stopping ..." if job.stopping else "Cancel",
        icon=":material/stop_circle:",
        disabled=job.stopping,
        on_click=job.cancel,
        key=f"{key}_cancel",
    )


def time_left(job: Job[Any]) -> str:
    """Return the time left as the end of a sentence; empty while it is unknown."""
    left = job.seconds_left()
    return f", {format_duration(left)} left" if left is not None and job.done < job.total else ""
