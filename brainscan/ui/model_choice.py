"""Which release the Model page shows, and its card."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from brainscan.errors import ModelUnavailable
from brainscan.inference.release import Release, open_release
from brainscan.reporting.card import build_card
from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_parts import Card
from brainscan.ui.models import releases

_CHOSEN = "model_chosen"


def choose() -> Release | None:
    """Let the reader choose among several releases; ``None`` when there is none."""
    offered = releases()
    if not offered:
        return None
    titles = list(offered)
    if len(titles) == 1:
        return offered[titles[0]]
    before = st.session_state.get(_CHOSEN)
    index = titles.index(before) if before in titles else 0
    # A copy outside the widget's own key survives a visit to another page.
    st.session_state[_CHOSEN] = st.selectbox(
        "Model", titles, index=index, key="model_choice", label_visibility="collapsed"
    )
    return offered[st.session_state[_CHOSEN]]


def state_of(release: Release) -> str:
    """Return why the files of a release cannot be trusted; empty when they are as released."""
    return _state(str(release.folder), _stamp(release.folder))


def card_of(release: Release) -> Card:
    """Return the card of a release, made anew only when its files have changed."""
    return _card(str(release.folder), _stamp(release.folder))


def _stamp(folder: Path) -> str:
    """Return what changes whenever a file of the folder does."""
    marks = []
    for path in sorted(folder.iterdir()):
        status = path.stat()
        marks.append(f"{path.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(marks)


@st.cache_data(max_entries=8, show_spinner=False)
def _state(folder: str, stamp: str) -> str:
    """Compare a release with its checksums; ``stamp`` makes a changed one be looked at anew."""
    try:
        open_release(folder).verify()
    except ModelUnavailable as error:
        return str(error)
    return ""


@st.cache_resource(max_entries=8, show_spinner=False)
def _card(folder: str, stamp: str) -> Card:
    """Make a card; ``stamp`` makes a changed release be read anew."""
    release = open_release(folder)
    return build_card(release.manifest, ReleaseFiles.read(Path(folder)))
