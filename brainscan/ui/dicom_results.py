"""Results of a DICOM scan as DICOM files, at the reader's choice and made when asked for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from brainscan.errors import InputRejected
from brainscan.ui.error_card import error_card

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings

CHOICES: Mapping[str, str] = {
    "sc": "Picture",
    "sr": "Report",
    "seg": "Mask",
    "evidence": "Evidence map",
    "rtstruct": "Contours",
}
"""The kinds of result and their names on the page."""

_HELP = (
    "Picture: Secondary Capture with evidence and outline, for a volume one of each key slice. "
    "Report: Structured Report (TID 1500) with decision, figures and the size of the outline, "
    "unverified. Mask: Segmentation of the outline, or where the evidence reaches one half if "
    "the model draws none. Evidence map: fractional Segmentation. Contours: RT Structure Set "
    "of the outline, unapproved."
)


@dataclass(frozen=True)
class Made:
    """Results made for one answer.

    Attributes
    ----------
    key
        Tells for which scan, model and operating point.
    files
        Name on the page, file name and bytes of each. They belong to the patient's study and
        carry the patient's name.
    refusals
        A sentence for each kind that could not be made.
    """

    key: str
    files: tuple[tuple[str, str, bytes], ...] = field(repr=False)
    refusals: tuple[str, ...]


def panel(findings: Callable[[], Findings], key: str, *, page: str, archive: str) -> None:
    """Offer the DICOM results of a scan.

    Parameters
    ----------
    findings
        Returns what is to be reported; called when results are asked for.
    key
        Tells for which scan, model and operating point; made results are shown for it only.
    page
        Begins the keys under which the page keeps the choice and what was made.
    archive
        Name of the ZIP archive that holds several files.
    """
    kept, asked = f"{page}_made", f"{page}_made_asked"
    with st.expander("DICOM results", icon=":material/clinical_notes:"):
        chosen = st.pills(
            "Results to make",
            list(CHOICES),
            selection_mode="multi",
            default=["sc", "sr"],
            format_func=lambda kind: CHOICES[kind],
            help=_HELP,
            key=f"{page}_dicom_kinds",
        )
        st.caption("They belong to the patient's study and carry the name and numbers in it.")
        st.button(
            "Make",
            icon=":material/build:",
            key=f"{page}_make",
            disabled=not chosen,
            on_click=_ask,
            args=(asked, key),
        )
        # Kept until it is done: whatever else the reader touches meanwhile ends this run, and the
        # button is pressed for one run only.
        if st.session_state.get(asked) == key:
            try:
                with st.spinner("Making the files"):
                    st.session_state[kept] = make(findings, chosen, key)
            except Exception:
                del st.session_state[asked]  # or it would end every run to come
                raise
            del st.session_state[asked]
        made: Made | None = st.session_state.get(kept)
        if made is None or made.key != key:
            st.session_state.pop(kept, None)
            return
        for sentence in made.refusals:
            error_card(sentence)
        if len(made.files) > 1:
            st.download_button(
                f"All {len(made.files)} files",
                lambda: as_zip((name, data) for _, name, data in made.files),
                archive,
                "application/zip",
                icon=":material/folder_zip:",
                on_click="ignore",
                key=f"{page}-save-dicom",
            )
        with st.container(horizontal=True, gap="small"):
            for label, name, data in made.files:
                st.download_button(
                    label,
                    data,
                    name,
                    "application/dicom",
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"{page}-save-{name}",
                )


def _ask(asked: str, key: str) -> None:
    """Remember for which answer results are to be made."""
    st.session_state[asked] = key


def make(findings: Callable[[], Findings], kinds: Iterable[str], key: str) -> Made:
    """Make the results asked for; one that cannot be made keeps no other from it."""
    from brainscan.reporting.dicom import make_results  # highdicom takes a while

    files: list[tuple[str, str, bytes]] = []
    refusals: list[str] = []
    try:
        reported = findings()
    except InputRejected as reason:
        return Made(key, (), (str(reason),))
    for kind in kinds:
        try:
            found = make_results(reported, kind)
            for place, file in enumerate(found, start=1):
                count = f" {place}" if len(found) > 1 else ""
                files.append((f"{CHOICES[kind]}{count}", file.name, file.data))
        except InputRejected as reason:
            refusals.append(str(reason))
    return Made(key, tuple(files), tuple(refusals))


def as_zip(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return files in one ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()
