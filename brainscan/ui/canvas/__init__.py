"""What the two viewers share, and how a viewer is put together from its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_SCRIPTS = (
    "screen.js",
    "settings.js",
    "save.js",
    "raster.js",
    "camera.js",
    "keys.js",
    "mask.js",
    "pieces.js",
    "brush.js",
    "contour.js",
    "editbar.js",
    "painter.js",
)


def mount_viewer(name: str, folder: Path, scripts: tuple[str, ...]) -> Callable[..., Any]:
    """Register a viewer as a component and return what mounts it.

    The browser gets one script and one style sheet: the shared files, then the viewer's own.

    Parameters
    ----------
    name
        Name of the component.
    folder
        Folder of the viewer, with ``viewer.html``, ``viewer.css`` and the scripts.
    scripts
        Its scripts in the order in which they need one another.
    """
    page = _text(folder / "viewer.html").replace("<!-- editbar -->", _text(_HERE / "editbar.html"))
    return st.components.v2.component(
        name,
        html=page,
        css=_text(_HERE / "canvas.css", _HERE / "edit.css", folder / "viewer.css"),
        js=_text(*(_HERE / file for file in _SCRIPTS), *(folder / file for file in scripts)),
    )


def _text(*files: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
