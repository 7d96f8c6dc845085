"""The header of a file: who the patient is, hidden until the reader asks to see it."""

from __future__ import annotations

import streamlit as st

from brainscan.imaging.dicom.image import BURNED_IN_WARNING
from brainscan.imaging.identity import Identity
from brainscan.ui.error_card import plain
from brainscan.ui.result_card import facts_card

HIDDEN = "hidden"
"""Stands for every value alike, so that not even its length is told."""

_HELP = (
    "While on, names, numbers and dates are not sent to this window at all. They are in no "
    "log, cache or file name, and in no export but the DICOM results, which belong to the "
    "patient's study."
)


def identity_panel(identity: Identity | None, burned_in: bool, *, key: str) -> None:
    """Show a collapsed panel with the facts of a header that tell who the patient is.

    A switch hides them and is on until the reader turns it off; it is on again for the next
    file. Nothing is shown for a file that states no such fact and has no text burned in.

    Parameters
    ----------
    identity
        The facts; ``None`` or empty where the file states none.
    burned_in
        Whether the file says that its pixels contain text.
    key
        Tells the panels of a page apart; another one for every file, for example with its
        SHA-256. The switch's widget is called ``{key}-hide``.
    """
    if not identity and not burned_in:
        return
    label = "Header, and text in the picture" if burned_in else "Header"
    with st.expander(label, icon=":material/id_card:"):
        if burned_in:
            st.warning(plain(BURNED_IN_WARNING), icon=":material/warning:")
        if identity:
            hide = st.toggle("Hide identity", value=True, key=f"{key}-hide", help=_HELP)
            facts_card((name, HIDDEN if hide else value) for name, value in identity.facts)
