"""The frame around every page: page settings, shared style and the research-use notice."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from brainscan.notice import RESEARCH_USE
from brainscan.ui.drawn import outlines_held

_HERE = Path(__file__).parent
_ABOUT = (
    "**BrainScan** reads brain MRI, single slices and whole volumes, and says where and how "
    f"strongly they look like tumour.\n\n{RESEARCH_USE}"
)


def configure() -> None:
    """Set the browser title, the wide layout and the styles that all pages share."""
    st.set_page_config(
        page_title="BrainScan",
        page_icon=str(_HERE / "icon.svg"),
        layout="wide",
        initial_sidebar_state="expanded",
        menu_items={"About": _ABOUT, "Get help": None, "Report a bug": None},
    )
    st.logo(_HERE / "icon.svg", size="medium")
    st.html(_HERE / "page.css")


def require_frame() -> None:
    """Have ``app.py`` run when Streamlit opened a page file by itself.

    On the first request of a fresh server that goes straight to a page's address, Streamlit
    takes ``pages/`` for its old page discovery and leaves the app's frame out: no navigation,
    no research-use notice. The flag is what ``st.navigation`` would have cleared.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def footer() -> None:
    """Pin the research-use notice to the bottom edge of the window.

    It stays in sight while the page scrolls, lets clicks through, and every page keeps the
    height of the strip free below its content. It also tells the browser how many outlines by
    readers would be lost with the page.
    """
    notice = escape(RESEARCH_USE)
    with st.container(key="frame"):
        st.html(
            f'<div class="bs-notice" role="note" data-testid="research-use" '
            f'data-outlines="{outlines_held()}">{notice}</div>'
        )
        for name in ("theme.js", "leaving.js"):
            script = (_HERE / name).read_text(encoding="utf-8")
            st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def title(text: str, caption: str = "") -> None:
    """Write a page's one heading and, beside it in a quieter tone, what the page is for."""
    quiet = f'<span class="bs-caption">{escape(caption)}</span>' if caption else ""
    st.html(f'<div class="bs-title"><h1>{escape(text)}</h1>{quiet}</div>')
