"""What can be done on the training page: start, stop, resume, open a history file."""

from __future__ import annotations

import streamlit as st

from brainscan.errors import TrainingError
from brainscan.progress import format_duration
from brainscan.runs.history import parse_history
from brainscan.runs.launch import resume, stop
from brainscan.runs.library import find_run
from brainscan.runs.process import GRACE_S, is_stopping
from brainscan.runs.run import Run
from brainscan.ui.error_card import error_card, plain
from brainscan.ui.training_shown import (
    Shown,
    forget_uploads,
    has_uploads,
    keep_upload,
    network_name,
    select,
)

_ASKED = "training_asked"
"""``("stop" or "resume", run name)`` between the press of a button and its dialog."""

_DIALOG = "training_dialog_open"
_TURN = "training_upload_turn"
_REFUSED = "training_upload_refused"
_MAX_UPLOAD_MB = 20


def dialog_opened() -> None:
    """Note that a dialog was opened."""
    st.session_state[_DIALOG] = True


def dialog_is_open() -> bool:
    """Whether drawing the page anew would take a dialog away from under the reader."""
    return bool(st.session_state.get(_DIALOG))


def progress_card(run: Run) -> None:
    """Show how far a training in progress has come, with a button to stop it."""
    progress = run.progress
    stopping = progress.pid is not None and is_stopping(progress.pid)
    with st.container(border=True, key=f"training-progress-{run.name}"):
        left, right = st.columns([6, 1], vertical_alignment="center", wrap=False)
        with left:
            st.progress(progress.fraction, text=progress_text(run, stopping=stopping))
        if right.button(
            "Stopping" if stopping else "Stop",
            key=f"training_stop_{run.name}",
            icon=":material/stop_circle:",
            disabled=stopping,
            width="stretch",
        ):
            _ask("stop", run)


def progress_text(run: Run, *, stopping: bool = False) -> str:
    """Return where a training stands, in one line of Markdown."""
    progress = run.progress
    parts = [f"**{plain(run.name)}**"]
    if network := network_name(run):
        parts.append(network)
    if stopping:
        parts.append("stopping: it finishes its step and saves")
        return " · ".join(parts)
    if progress.message:
        parts.append(plain(progress.message))
    if progress.epochs:
        parts.append(f"epoch {min(progress.epoch + 1, progress.epochs)} of {progress.epochs}")
    if progress.steps:
        parts.append(f"step {progress.step:,} of {progress.steps:,}")
    if progress.eta_s is not None:
        parts.append(f"{format_duration(progress.eta_s)} left")
    return " · ".join(parts)


def run_notes(item: Shown) -> None:
    """Show what the reader should know of a selected run, and a button when it can go on."""
    run = item.run
    for problem in run.problems:
        st.warning(plain(problem), icon=":material/warning:")
    ended_early = run.state in _ENDS
    if item.problem and not run.active and not ended_early:
        st.info(plain(item.problem), icon=":material/info:")
    for note in item.history.notes if item.history else ():
        st.caption(f"{plain(run.name)}: {plain(note)}")
    if not ended_early:
        return
    progress = run.progress
    sentence = f"**{plain(run.name)}** {_ENDS[run.state]}"
    if progress.epochs:
        sentence += f" after {progress.epoch} of {progress.epochs} epochs"
    sentence += "."
    if progress.message and run.state != "stopped":
        sentence += f" {plain(progress.message)}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"training-note-{run.key}"):
        st.markdown(sentence, width="content")
        if run.resumable and st.button(
            "Resume", key=f"training_resume_{run.name}", icon=":material/resume:"
        ):
            _ask("resume", run)


_ENDS = {
    "stopped": "was stopped",
    "failed": "failed",
    "interrupted": "was interrupted (its process is gone)",
}


def upload_panel() -> None:
    """Let the reader open a history file that some other training wrote."""
    with st.popover("Open a history file", icon=":material/upload_file:"):
        st.markdown(
            "The CSV file that Keras’ `CSVLogger` writes, or any table with one line an epoch. "
            "It stays in this browser session only."
        )
        turn = st.session_state.setdefault(_TURN, 0)
        st.file_uploader(
            "History files",
            type=["csv", "txt", "log", "tsv"],
            accept_multiple_files=True,
            max_upload_size=_MAX_UPLOAD_MB,
            key=f"training_files_{turn}",
            label_visibility="collapsed",
            on_change=_take_uploads,
        )
        for sentence in st.session_state.get(_REFUSED, ()):
            error_card(sentence)
        if has_uploads() and st.button("Remove opened files", icon=":material/delete:"):
            forget_uploads()
            st.rerun()


def _take_uploads() -> None:
    """Keep what was uploaded and empty the uploader, which frees its memory."""
    turn = st.session_state[_TURN]
    refused = []
    for file in st.session_state.get(f"training_files_{turn}") or ():
        try:
            keep_upload(parse_history(file.getvalue(), file.name))
        except TrainingError as error:
            refused.append(str(error))
    st.session_state[_REFUSED] = refused
    st.session_state[_TURN] = turn + 1


def confirm() -> None:
    """Open the dialog of the button that was pressed last, if any."""
    asked: tuple[str, str] | None = st.session_state.pop(_ASKED, None)
    if asked is not None:
        action, name = asked
        dialog_opened()
        (stop_dialog if action == "stop" else resume_dialog)(name)


def _ask(action: str, run: Run) -> None:
    # The dialog belongs to the page: inside the live part the next refresh would close it.
    st.session_state[_ASKED] = (action, run.name)
    st.rerun(scope="app")


def dialog_closed() -> None:
    """Note that the reader has closed a dialog."""
    st.session_state[_DIALOG] = False


@st.dialog("Stop this training?", icon=":material/stop_circle:", on_dismiss=dialog_closed)
def stop_dialog(name: str) -> None:
    """Ask whether the run should really stop, and stop it."""
    st.markdown(
        f"**{plain(name)}** ends its current step and saves. What it learned since its last "
        "finished epoch is lost; everything before is kept, and it can be resumed. If it does "
        f"not react within {GRACE_S:.0f} seconds it is ended."
    )
    with st.container(horizontal=True):
        if st.button("Stop training", type="primary", icon=":material/stop_circle:"):
            try:
                stop(find_run(name))
            except TrainingError as error:
                error_card(error)
            else:
                st.rerun()
        if st.button("Keep training"):
            st.rerun()


@st.dialog("Resume this training?", icon=":material/resume:", on_dismiss=dialog_closed)
def resume_dialog(name: str) -> None:
    """Say from where the run would go on, and resume it."""
    try:
        run = find_run(name)
    except TrainingError as error:
        error_card(error)
        return
    st.markdown(
        f"**{plain(name)}** goes on from its last finished epoch "
        f"({run.progress.epoch} of {run.progress.epochs}) with the settings it began with. "
        "The images it was trained on must still be where they were."
    )
    with st.container(horizontal=True):
        if st.button("Resume training", type="primary", icon=":material/resume:"):
            try:
                started = resume(run)
            except TrainingError as error:
                error_card(error)
            else:
                select([started.key])
                st.rerun()
        if st.button("Not now"):
            st.rerun()
