"""The volume viewer: three linked planes and a profile of the slices, all drawn in the browser.

Written here and not taken from a WebGL viewer such as NiiVue: the screen needs three grey slices
and a translucent map, which a canvas draws in a few milliseconds. In return it has the
conventions, keys and looks of the slice viewer, runs without WebGL and without internet, and is
small enough to read.

The voxels travel to the browser once, over Streamlit's own address for media. As the data of a
component they would be copied, hashed and serialized again at every run of the script.
Scrolling, windowing and jumping along the profile ask Python for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit import runtime

from brainscan.ui.canvas import mount_viewer
from brainscan.ui.corrections import Receipt
from brainscan.ui.viewer.payload import Picture
from brainscan.ui.volume_viewer.message import read_header
from brainscan.ui.volume_viewer.outline import PackedOutline
from brainscan.ui.volume_viewer.payload import Goto, pack_view

__all__ = ["Goto", "Picture", "volume_viewer"]

_mount = mount_viewer(
    "brainscan_volume_viewer",
    Path(__file__).parent,
    (
        "keymap.js",
        "message.js",
        "volume.js",
        "windowing.js",
        "outline.js",
        "editor.js",
        "view.js",
        "gestures.js",
        "profile.js",
        "thumbnails.js",
        "controls.js",
        "viewer.js",
    ),
)


def volume_viewer(
    volume: bytes,
    answer: bytes | None,
    outline: PackedOutline | None = None,
    *,
    key: str,
    on_save: Callable[[], None],
    on_outline: Callable[[], None] = lambda: None,
    picture: Picture | None = None,
    goto: Goto | None = None,
    expecting: bool = False,
    author: str = "",
    receipt: Receipt | None = None,
) -> None:
    """Show one volume.

    Parameters
    ----------
    volume
        From :func:`brainscan.ui.volume_viewer.payload.pack_volume`; keep it between runs.
    answer
        From :func:`brainscan.ui.volume_viewer.payload.pack_answer`; ``None`` while there is none.
    outline
        From :func:`brainscan.ui.volume_viewer.outline.pack_outline`; ``None``: nothing is
        outlined and the reader cannot draw.
    key
        Widget key. Before ``on_save`` runs, ``st.session_state[key]["save"]`` holds ``volume``
        (its SHA-256), ``plane``, ``index`` (as :meth:`Volume.plane_slice` counts), ``window``
        (width and level as ``Voi`` keeps them), ``preset`` (index into ``volume.windows`` or
        ``None``), ``invert``, ``overlay``, ``opacity``, ``threshold``, ``colormap``, ``outline``,
        ``band`` and ``fill``. Before ``on_outline`` runs, ``st.session_state[key]["outline"]``
        holds the slices that the reader drew, see :func:`brainscan.ui.volume_corrections.keep`.
    on_save
        Called when the reader asks for the view as a picture.
    on_outline
        Called when the reader asks to keep the outline as edited.
    picture
        A picture for the browser to save, once.
    goto
        A slice to go to, once.
    expecting
        Whether there is an answer or one is on its way: its place is kept.
    author
        Name of the reader, as far as known.
    receipt
        What became of the outline that the viewer sent last.
    """
    where = _serve(volume, read_header(volume)["volume"], f"{key} volume")
    said = answer and _serve(answer, read_header(answer)["answer"], f"{key} answer")
    drawn = outline and _serve(outline.message, outline.digest, f"{key} outline")
    message = pack_view(
        where,
        said or None,
        drawn or None,
        picture=picture,
        goto=goto,
        expecting=expecting,
        author=author,
        receipt=receipt,
    )
    _mount(key=key, data=message, on_save_change=on_save, on_outline_change=on_outline)


def _serve(message: bytes, digest: str, place: str) -> str:
    """Return the address at which the browser finds a message until the next run.

    The digest goes in as a file name: Streamlit tells large files apart by samples of their
    bytes only, and two patients' scans must never share an address.
    """
    files = runtime.get_instance().media_file_mgr
    address = files.add(message, "application/octet-stream", place, file_name=digest)
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}{address}" if base else address
