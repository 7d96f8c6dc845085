"""Evaluate: a folder of labelled scans becomes figures, curves and a list of errors."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from brainscan.ui import evaluation_run
from brainscan.ui.error_card import error_card
from brainscan.ui.evaluation_progress import progress
from brainscan.ui.evaluation_setup import setup
from brainscan.ui.page import require_frame, title

_STYLE = Path(evaluation_run.__file__).parent / "evaluation.css"


def main() -> None:
    """Show the form, the run in progress, or its result."""
    require_frame()
    st.html(_STYLE)
    job = evaluation_run.current(st.session_state)
    if job is not None and job.state == "finished":
        _result(job)
        return
    title("Evaluate", "How a model does on a folder of labelled scans.")
    if job is not None and job.running:
        progress()
        return
    if job is not None and job.error:
        error_card(job.error)
    elif job is not None:
        st.info("The evaluation was cancelled. Nothing was kept.", icon=":material/cancel:")
    # What is said of the last run does not hold for other scans.
    chosen = setup(changed=partial(evaluation_run.dismiss, st.session_state))
    if chosen is not None:
        evaluation_run.keep(st.session_state, evaluation_run.start(*chosen))
        st.rerun()


def _result(job: evaluation_run.EvaluationJob) -> None:
    """Show a finished evaluation, with downloads and the way to the next one."""
    # Plotly takes a moment to import; the form does not need it.
    from brainscan.ui.evaluation_result import downloads, show

    heading, buttons = st.columns([2, 3], vertical_alignment="center")
    with heading:
        title("Evaluation")
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        downloads(job.result)
        st.button(
            "New evaluation",
            icon=":material/add:",
            on_click=evaluation_run.forget,
            args=(st.session_state,),
            key="evaluation_new",
        )
    show(job.result)


main()
