"""A page with nothing but the volume viewer; ``streamlit run`` starts this file.

``VOLUME_VIEWER_FILES`` lists files and folders, ``?file=N`` picks one, ``&answer=none`` or
``&answer=empty`` leaves the answer out or empty of evidence. Answers are made without a network.
An outline that the reader saves is shown in numbers and not kept, unless its author says "keep".
"""

from __future__ import annotations

import os

import streamlit as st

from brainscan.imaging.intake import find_scans
from brainscan.imaging.orientation import Plane
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.ui.corrections import Receipt
from brainscan.ui.page import configure
from brainscan.ui.volume_corrections import Shown, keep
from brainscan.ui.volume_viewer import Goto, volume_viewer
from brainscan.ui.volume_viewer.outline import PackedOutline, pack_outline
from brainscan.ui.volume_viewer.payload import pack_answer, pack_volume
from tests.ui.volume_answers import answer_for

configure()


@st.cache_resource(max_entries=8)
def packed(path: str, found: bool) -> tuple[bytes, bytes, PackedOutline, Shown]:
    volume = find_scans(path).volumes[0].read_volume()
    share = float(os.environ.get("VOLUME_VIEWER_BRIGHT", "0.7"))
    answer = answer_for(volume, bright=share, found=found)
    outline = VolumeOutline.of(volume, answer)
    drawn = pack_outline(volume, answer.plane, outline, ("Outline", "1 × 1 mm"))
    shown = Shown(volume, answer.plane, outline, drawn.digest, "Fake 1")
    return pack_volume(volume), pack_answer(volume, answer, "Fake 1"), drawn, shown


def saved() -> None:
    st.session_state["saved"] = st.session_state["viewer"]["save"]


def drew() -> None:
    sent = st.session_state["viewer"]["outline"]
    receipt, made = keep(shown, sent)
    before = 0 if shown.outline is None else shown.outline.measures.voxels
    added = 0 if made is None else int(made.mask.sum()) - before
    st.session_state["drawn"] = f"{len(sent['slices'])} slices, {added} voxels more"
    problem = receipt.problem or ("" if sent["author"] == "keep" else "Not kept for the test.")
    st.session_state["receipt"] = Receipt(receipt.id, receipt.scan, problem)


files = os.environ["VOLUME_VIEWER_FILES"].split(os.pathsep)
kind = st.query_params.get("answer", "")
volume, answer, outline, shown = packed(
    files[int(st.query_params.get("file", "0"))], kind != "empty"
)
with st.sidebar:
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.text(f"Run {st.session_state['runs']}")
    st.button("Run again")
    plane: Plane = "coronal"
    asked = Goto("only", plane, 3) if st.button("Go to coronal 4") else None
    if st.button("Go to a voxel"):
        asked = Goto("voxel", plane, 3, (5, 3, 4))
    told = kind != "none" or st.checkbox("Answer")
    if "saved" in st.session_state:
        st.json(st.session_state["saved"])
    st.text(st.session_state.get("drawn", ""))
volume_viewer(
    volume,
    answer if told else None,
    outline if told else None,
    key="viewer",
    on_save=saved,
    on_outline=drew,
    goto=asked,
    receipt=st.session_state.get("receipt"),
)
