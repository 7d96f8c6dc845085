"""The image viewer: a canvas component that needs Python only for the next scan.

``payload.py`` packs one scan with its maps; the ``.js`` files beside it draw. Zoom, window,
overlay and every other setting stay in the browser, so moving them runs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_SCRIPTS = (
    "save.js",
    "payload.js",
    "settings.js",
    "raster.js",
    "camera.js",
    "gestures.js",
    "keymap.js",
    "keys.js",
    "controls.js",
    "viewer.js",
)


def _read(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_mount = st.components.v2.component(
    "brainscan_viewer",
    html=_read("viewer.html"),
    css=_read("viewer.css"),
    js=_read(*_SCRIPTS),
)


def viewer(
    message: bytes, *, key: str, on_step: Callable[[], None], on_save: Callable[[], None]
) -> None:
    """Show one scan.

    Parameters
    ----------
    message
        What :func:`brainscan.ui.viewer.payload.pack` returned.
    key
        Widget key. Before a callback runs, ``st.session_state[key]["step"]`` holds +1 or -1,
        and ``st.session_state[key]["save"]`` the settings of the view to save (see
        ``Viewer.save`` in ``viewer.js``).
    on_step
        Called when the reader asks for the next or the previous scan.
    on_save
        Called when the reader asks for the view as a picture.
    """
    _mount(key=key, data=message, on_step_change=on_step, on_save_change=on_save)
