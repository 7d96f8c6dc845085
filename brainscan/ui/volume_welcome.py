"""The Volume page before a study is open: every way in."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from brainscan.errors import BrainScanError
from brainscan.ui import volume_intake, volume_session
from brainscan.ui.error_card import error_card
from brainscan.ui.page import title

_TURN, _PROBLEM = "volume_upload_turn", "volume_problem"
_FORMATS = (
    "NIfTI (.nii, .nii.gz), DICOM with or without suffix, ZIP, DICOMDIR. Uploads stay in memory; "
    "nothing is written to disk."
)


def opened(take: Callable[[], volume_intake.Given]) -> None:
    """Open what the reader gave, or keep the sentence why not."""
    st.session_state.pop(_PROBLEM, None)
    try:
        volume_session.open_study(take())
    except BrainScanError as error:
        st.session_state[_PROBLEM] = str(error)


def take_uploads(name: str) -> None:
    """Hold uploaded files in memory and empty the uploader, which frees its copies."""
    turn = st.session_state.get(_TURN, 0)
    files = st.session_state.get(f"{name}_{turn}") or []
    st.session_state[_TURN] = turn + 1
    opened(lambda: volume_intake.in_memory((file.name, file.getvalue()) for file in files))


def take_path() -> None:
    """Open the file or folder whose path was typed."""
    typed = str(st.session_state.get("volume_path", ""))
    opened(lambda: volume_intake.on_this_computer(typed))


def welcome() -> None:
    """Invite the first study."""
    _, middle, _ = st.columns([1, 3, 1])
    with middle.container(key="volume-welcome"):
        title("Open a whole scan", "A DICOM series or a NIfTI volume, in three planes.")
        if problem := st.session_state.pop(_PROBLEM, None):
            error_card(problem)
        turn = st.session_state.get(_TURN, 0)
        folder, files = st.columns(2)
        folder.file_uploader(
            "A folder",
            accept_multiple_files="directory",
            key=f"volume_folder_{turn}",
            on_change=take_uploads,
            args=("volume_folder",),
        )
        files.file_uploader(
            "Files, or a ZIP archive",
            accept_multiple_files=True,
            key=f"volume_files_{turn}",
            on_change=take_uploads,
            args=("volume_files",),
        )
        with (
            st.form("volume_open", border=False),  # so that Enter opens, as the button does
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            st.text_input(
                "Path of a folder or file on this computer",
                placeholder="/data/study",
                key="volume_path",
                persist_state="session",
                help="The way for a study of many files: they are read where they lie.",
            )
            st.form_submit_button(
                "Open", icon=":material/folder_open:", key="volume_go", on_click=take_path
            )
        st.caption(_FORMATS)
        st.button(
            "Try a sample",
            icon=":material/science:",
            type="primary",
            key="volume_sample",
            on_click=opened,
            args=(lambda: volume_intake.SAMPLE,),
        )
        st.caption("The sample is synthetic: a drawing of a head with a lesion, not a patient.")
