"""What Python needs to know of the reader's theme: colours for figures."""

from __future__ import annotations

import streamlit as st


def is_dark() -> bool:
    """Whether the reader's theme is dark, which is also what is assumed when unknown."""
    return bool(st.context.theme.type != "light")


def text_color() -> str:
    """Return the colour of plain text in the reader's theme, as ``#RRGGBB``."""
    return str(st.get_option(f"theme.{'dark' if is_dark() else 'light'}.textColor") or "#808080")
