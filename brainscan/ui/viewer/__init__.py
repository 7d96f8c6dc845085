"""The image viewer: a canvas component that needs Python only for the next scan.

``payload.py`` packs one scan with its maps; the ``.js`` files beside it draw. Zoom, window,
overlay and every other setting stay in the browser, so moving them runs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_CANVAS = _HERE.parent / "canvas"
_SCRIPTS = (
    *(_CANVAS / name for name in ("mask.js", "pieces.js", "brush.js", "contour.js", "editbar.js")),
    *(
        _HERE / name
        for name in (
            "save.js",
            "payload.js",
            "settings.js",
            "raster.js",
            "camera.js",
            "gestures.js",
            "keymap.js",
            "keys.js",
            "outline.js",
            "editor.js",
            "controls.js",
            "viewer.js",
        )
    ),
)


def _joined(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


_mount = st.components.v2.component(
    "brainscan_viewer",
    html=_joined(_HERE / "viewer.html").replace(
        "<!-- editbar -->", _joined(_CANVAS / "editbar.html")
    ),
    css=_joined(_HERE / "viewer.css", _CANVAS / "edit.css"),
    js=_joined(*_SCRIPTS),
)


def viewer(
    message: bytes,
    *,
    key: str,
    on_step: Callable[[], None],
    on_save: Callable[[], None],
    on_outline: Callable[[], None],
) -> None:
    """Show one scan.

    Parameters
    ----------
    message
        What :func:`brainscan.ui.viewer.payload.pack` returned.
    key
        Widget key. Before a callback runs, ``st.session_state[key]["step"]`` holds +1 or -1,
        ``st.session_state[key]["save"]`` the settings of the view to save (see ``Viewer.save``
        in ``viewer.js``) and ``st.session_state[key]["outline"]`` the outline to keep (see
        :func:`brainscan.ui.corrections.keep`).
    on_step
        Called when the reader asks for the next or the previous scan.
    on_save
        Called when the reader asks for the view as a picture.
    on_outline
        Called when the reader asks to keep the outline as edited.
    """
    _mount(
        key=key,
        data=message,
        on_step_change=on_step,
        on_save_change=on_save,
        on_outline_change=on_outline,
    )
