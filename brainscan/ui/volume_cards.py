"""Volumes that were dropped among slices: what they are, and the way to the page for them."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from brainscan.imaging.limits import human_bytes
from brainscan.ui import reading_room
from brainscan.ui.error_card import error_card
from brainscan.ui.store import Stores
from brainscan.ui.volume_intake import hand_over
from brainscan.ui.worklist import VolumeEntry, Worklist

_PAGE = Path(__file__).resolve().parents[2] / "pages" / "volume.py"
_MANY = 3  # cards that are shown without scrolling
_HEIGHT = 480


def panel(listed: Worklist, memory: Stores) -> None:
    """Show a card for every volume; open the one that the reader asks for."""
    volumes = list(listed.volumes.values())
    if not volumes:
        return
    many = len(volumes) > _MANY
    with st.container(key="volumes", height=_HEIGHT if many else "content", border=False):
        asked = [volume for volume in volumes if _card(volume, listed, memory)]
    for volume in asked:
        _open(volume, listed, memory)


def _open(volume: VolumeEntry, listed: Worklist, memory: Stores) -> None:
    sources = memory.volumes.get((listed.session, volume.key))
    if sources is None:
        error_card(
            f"{volume.name} has left memory because many other files were added since. "
            "Remove it and add it again."
        )
        return
    hand_over([(source.name, source.read()) for source in sources])
    st.switch_page(_PAGE)


def _card(volume: VolumeEntry, listed: Worklist, memory: Stores) -> bool:
    """Show a volume's card; return whether the reader asks to open it."""
    key = volume.key[:16]
    with st.container(border=True, key=f"volume-{key}"):
        st.html(_card_html(volume))
        with st.container(horizontal=True, gap="small"):
            asked = st.button(
                "Open on the Volume page",
                icon=":material/view_in_ar:",
                key=f"open-{key}",
                type="primary",
            )
            st.button(
                "Remove",
                type="tertiary",
                key=f"remove-{key}",
                on_click=reading_room.forget_volume,
                args=(listed, memory, volume.key),
            )
    return asked


def _card_html(volume: VolumeEntry) -> str:
    facts = ", ".join(filter(None, [volume.words, human_bytes(volume.size_bytes)]))
    return (
        '<div class="bs-volume" data-testid="volume-card">'
        f"<h3>This is a volume of {volume.slices} slices</h3>"
        f"<p>{escape(volume.name)}</p><p>{escape(facts)}</p></div>"
    )
