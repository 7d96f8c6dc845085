"""A page with nothing but the volume viewer; ``streamlit run`` starts this file.

``VOLUME_VIEWER_FILES`` lists files and folders, ``?file=N`` picks one, ``&answer=none`` or
``&answer=empty`` leaves the answer out or empty of evidence. Answers are made without a network.
"""

from __future__ import annotations

import os

import streamlit as st

from brainscan.imaging.intake import find_scans
from brainscan.imaging.orientation import Plane
from brainscan.ui.page import configure
from brainscan.ui.volume_viewer import Goto, volume_viewer
from brainscan.ui.volume_viewer.payload import pack_answer, pack_volume
from tests.ui.volume_answers import answer_for

configure()


@st.cache_resource(max_entries=8)
def packed(path: str, found: bool) -> tuple[bytes, bytes]:
    volume = find_scans(path).volumes[0].read_volume()
    share = float(os.environ.get("VOLUME_VIEWER_BRIGHT", "0.7"))
    return pack_volume(volume), pack_answer(
        volume, answer_for(volume, bright=share, found=found), "Fake 1"
    )


def saved() -> None:
    st.session_state["saved"] = st.session_state["viewer"]["save"]


files = os.environ["VOLUME_VIEWER_FILES"].split(os.pathsep)
kind = st.query_params.get("answer", "")
volume, answer = packed(files[int(st.query_params.get("file", "0"))], kind != "empty")
with st.sidebar:
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(f"Run {st.session_state['runs']}")
    st.button("Run again")
    plane: Plane = "coronal"
    asked = Goto("only", plane, 3) if st.button("Go to coronal 4") else None
    told = kind != "none" or st.checkbox("Answer")
    if "saved" in st.session_state:
        st.json(st.session_state["saved"])
volume_viewer(volume, answer if told else None, key="viewer", on_save=saved, goto=asked)
