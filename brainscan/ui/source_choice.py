"""Where scans come from, as the user says it: shared by the Dataset and Evaluate forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from brainscan.ui.evaluation_intake import (
    FolderSource,
    Source,
    UploadSource,
    ZipSource,
    typed_path,
)

_PLACES = {
    "folder": ":material/folder_open: Folder on this machine",
    "zip": ":material/folder_zip: ZIP archive",
    "upload": ":material/drive_folder_upload: Upload a folder",
}


def choose_source(
    question: str,
    *,
    key: str,
    changed: Callable[[], None],
    folder: Callable[[Path], Source | None] = FolderSource,
) -> Source | None:
    """Lay out the choice; return the source once there is one.

    Files are recognised by content, and DICOM files often have no suffix, so that no file is
    refused by its name.

    Parameters
    ----------
    question
        Label of the choice.
    key
        Prefix of the widgets' keys.
    changed
        Called when the user chooses another place, file or path.
    folder
        Makes the source of a typed path; ``None`` when it cannot be used.
    """
    place = st.segmented_control(
        question,
        list(_PLACES),
        format_func=_PLACES.__getitem__,
        default="folder",
        required=True,
        key=f"{key}_place",
        on_change=changed,
        persist_state="session",
    )
    if place == "zip":
        archive = st.file_uploader(
            "A ZIP archive of scans", type=["zip"], key=f"{key}_zip", on_change=changed
        )
        return None if archive is None else ZipSource(archive.name, archive)
    if place == "upload":
        files = st.file_uploader(
            "A folder of scans",
            accept_multiple_files="directory",
            key=f"{key}_upload",
            on_change=changed,
        )
        return UploadSource([(file.name, file) for file in files]) if files else None
    typed = st.text_input(
        "Path of the folder, or of its manifest.csv",
        placeholder="/data/scans",
        key=f"{key}_path",
        on_change=changed,
        persist_state="session",
    )
    path = typed_path(typed or "")
    return None if path is None else folder(path)
