"""Errors and warnings as sentences a person can act on."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from brainscan.errors import BrainScanError


def error_card(error: BrainScanError | str) -> None:
    """Show one error sentence; never a type name or a traceback."""
    st.error(plain(str(error)), icon=":material/error:")


def warning_cards(sentences: Iterable[str]) -> None:
    """Show each sentence as a warning of its own."""
    for sentence in sentences:
        st.warning(plain(sentence), icon=":material/warning:")


def plain(text: str) -> str:
    """Return ``text`` so that Markdown shows it as written; file names hold odd characters."""
    return "".join("\\" + c if c in r"\`*_{}[]<>#$:~|!" else c for c in text)
