"""Which dataset to audit: the form of the Dataset page."""

from __future__ import annotations

import streamlit as st

from brainscan.ui.dataset_run import DatasetJob, start, start_synthetic
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
_FILES = ["png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "csv"]
_FINDS = (
    ("Copies", "Same bytes, same pixels, saved again, resized, mirrored or cropped."),
    ("Leaks", "Test images whose picture, or patient, is also in training."),
    ("Label conflicts", "One picture under two labels."),
    ("Giveaways", "How well border, file size and colour mode predict the class, brain unseen."),
    ("A safe split", "A manifest.csv whose folds never cut through copies or patients."),
)


def setup() -> DatasetJob | None:
    """Lay out the form; return the audit when the user starts one."""
    with st.container(border=True, key="dataset-setup"):
        place = st.segmented_control(
            "Where the images are",
            list(_PLACES),
            format_func=_PLACES.__getitem__,
            default="folder",
            required=True,
            key="dataset_place",
            persist_state="session",
        )
        source = {"folder": _folder, "zip": _zip, "upload": _upload}[place or "folder"]()
        with st.container(horizontal=True):
            pressed = st.button(
                "Audit",
                type="primary",
                icon=":material/fact_check:",
                disabled=source is None,
                key="dataset_start",
            )
            sample = st.button(
                "Try a synthetic set",
                icon=":material/science:",
                help="58 drawn slices, marked synthetic, with a leak planted between training "
                "and test. No patient's image.",
                key="dataset_synthetic",
            )
    cards = "".join(f"<div><b>{title}</b><span>{text}</span></div>" for title, text in _FINDS)
    st.html(f'<div class="bs-finds" data-testid="finds">{cards}</div>')
    if sample:
        return start_synthetic()
    return start(source) if pressed and source is not None else None


def _folder() -> Source | None:
    typed = st.text_input(
        "Path of the folder, or of its manifest.csv",
        placeholder="/data/scans",
        key="dataset_path",
        persist_state="session",
    )
    path = typed_path(typed or "")
    return None if path is None else FolderSource(path)


def _zip() -> Source | None:
    archive = st.file_uploader("A ZIP archive of class folders", type=["zip"], key="dataset_zip")
    return None if archive is None else ZipSource(archive.name, archive)


def _upload() -> Source | None:
    files = st.file_uploader(
        "A folder of class folders, or with a manifest.csv",
        type=_FILES,
        accept_multiple_files="directory",
        key="dataset_upload",
    )
    return UploadSource([(file.name, file) for file in files]) if files else None
