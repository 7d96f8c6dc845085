"""The volume viewer: three linked planes, a profile of the slices, all drawn in the browser.

Written here and not taken from a WebGL viewer such as NiiVue: the screen needs three grey slices
and a translucent map, which a canvas draws in a few milliseconds, and in return it has the
conventions, keys and looks of the slice viewer, works without WebGL and without internet, and is
small enough to read. The voxels travel to the browser once, in an element of their own;
scrolling, windowing and jumping along the profile ask Python for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from brainscan.ui.viewer.payload import Picture
from brainscan.ui.volume_viewer.payload import pack_view

_HERE = Path(__file__).parent
_SHARED = _HERE.parent / "viewer"
_CARRIER = (_HERE / "message.js", _HERE / "carrier.js")
_SCRIPTS = (
    *(_SHARED / name for name in ("settings.js", "save.js", "raster.js", "camera.js", "keys.js")),
    *(
        _HERE / name
        for name in (
            "keymap.js",
            "message.js",
            "volume.js",
            "view.js",
            "gestures.js",
            "profile.js",
            "thumbnails.js",
            "controls.js",
            "viewer.js",
        )
    ),
)


def _joined(paths: tuple[Path, ...]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


_mount = st.components.v2.component(
    "brainscan_volume_viewer",
    html=(_HERE / "viewer.html").read_text(encoding="utf-8"),
    css=_joined((_SHARED / "viewer.css", _HERE / "viewer.css")),
    js=_joined(_SCRIPTS),
)
_carry = st.components.v2.component(
    "brainscan_volume_voxels", html="<i hidden></i>", js=_joined(_CARRIER)
)


def volume_viewer(
    volume: bytes,
    answer: bytes | None,
    *,
    key: str,
    on_save: Callable[[], None],
    picture: Picture | None = None,
) -> None:
    """Show one volume.

    Parameters
    ----------
    volume
        From :func:`brainscan.ui.volume_viewer.payload.pack_volume`; the same bytes at every run
        are sent once.
    answer
        From :func:`brainscan.ui.volume_viewer.payload.pack_answer`; ``None`` while there is none.
    key
        Widget key. Before ``on_save`` runs, ``st.session_state[key]["save"]`` holds ``plane``,
        ``index`` (as :meth:`Volume.plane_slice` counts), ``window`` (width, level), ``preset``
        (index into ``volume.windows`` or ``None``), ``invert``, ``overlay``, ``opacity``,
        ``threshold`` and ``colormap`` of the view to save.
    on_save
        Called when the reader asks for the view as a picture.
    picture
        A picture for the browser to save, once.
    """
    _mount(key=key, data=pack_view(answer, picture), on_save_change=on_save)
    _carry(key=f"{key} voxels", data=volume)
