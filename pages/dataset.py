"""Dataset: what a folder of images holds, and what would flatter a model measured on it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from brainscan.ui import dataset_run
from brainscan.ui.dataset_progress import progress
from brainscan.ui.dataset_result import downloads, show
from brainscan.ui.dataset_setup import setup
from brainscan.ui.error_card import error_card
from brainscan.ui.page import require_frame, title

_UI = Path(dataset_run.__file__).parent


def main() -> None:
    """Show the form, the audit in progress, or its result."""
    require_frame()
    st.html(_UI / "dataset.css")
    job = dataset_run.current(st.session_state)
    if job is not None and job.state == "finished":
        _result(job)
        return
    title("Dataset", "Copies, leaks and giveaways, before you believe a figure.")
    if job is not None and job.running:
        progress()
        return
    if job is not None and job.error:
        error_card(job.error)
    elif job is not None:
        st.info("The audit was cancelled. Nothing was kept.", icon=":material/cancel:")
    # What is said of the last audit does not hold for other images.
    started = setup(changed=partial(dataset_run.dismiss, st.session_state))
    if started is not None:
        dataset_run.keep(st.session_state, started)
        st.rerun()


def _result(job: dataset_run.DatasetJob) -> None:
    """Show a finished audit, with its download and the way to the next one."""
    heading, buttons = st.columns([3, 2], vertical_alignment="center")
    with heading:
        title("Dataset", job.title)
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        downloads(job.result)
        st.button(
            "New audit",
            icon=":material/add:",
            on_click=dataset_run.forget,
            args=(st.session_state,),
            key="dataset_new",
        )
    show(job.result)


main()
