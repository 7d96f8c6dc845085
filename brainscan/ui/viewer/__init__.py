"""The image viewer: a canvas component that needs Python only for the next scan.

``payload.py`` packs one scan with its maps; the ``.js`` files beside it draw. Zoom, window,
overlay and every other setting stay in the browser, so moving them runs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from brainscan.ui.canvas import mount_viewer

_mount = mount_viewer(
    "brainscan_viewer",
    Path(__file__).parent,
    (
        "payload.js",
        "gestures.js",
        "keymap.js",
        "outline.js",
        "editor.js",
        "controls.js",
        "viewer.js",
    ),
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
