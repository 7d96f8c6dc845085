"""The downloads of the Volume page, each made when it is asked for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

import streamlit as st

from brainscan.errors import InputRejected
from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.evidence_nifti import evidence_nifti
from brainscan.ui import volume_exports as exports
from brainscan.ui.dicom_results import CHOICES, Made
from brainscan.ui.error_card import error_card
from brainscan.ui.volume_work import Answer

_MADE = "volume_made"
_HELP = (
    "Picture: Secondary Captures of the key slices with the evidence laid over. Report: Structured "
    "Report (TID 1500) with value and decision, unverified. Mask: Segmentation where the evidence "
    "reaches one half. Evidence map: fractional Segmentation."
)


def downloads(
    volume: Volume, answer: Answer, prediction: VolumePrediction, *, synthetic: bool
) -> None:
    """Offer pictures, profile, answer and evidence as files."""
    with st.expander("Save", icon=":material/download:", expanded=True):
        with st.container(horizontal=True, gap="small"):
            _button(
                "Key slices",
                lambda: exports.key_slices_zip(volume, prediction, synthetic=synthetic),
                exports.file_name(volume, "key-slices", "zip"),
                "application/zip",
            )
            _button(
                "Profile CSV",
                lambda: exports.profile_csv(volume, prediction, synthetic=synthetic).encode(),
                exports.file_name(volume, "profile", "csv"),
                "text/csv",
            )
            _button(
                "JSON",
                lambda: exports.answer_json(
                    volume, answer, prediction, synthetic=synthetic
                ).encode(),
                exports.file_name(volume, "answer", "json"),
                "application/json",
            )
            _button(
                "Evidence NIfTI",
                lambda: evidence_nifti(volume, prediction),
                exports.file_name(volume, "evidence", "nii.gz"),
                "application/gzip",
            )
        st.caption("The viewer itself saves what it shows: its download button, or the key P.")


def _button(label: str, make: object, name: str, mime: str) -> None:
    st.download_button(
        label,
        make,  # type: ignore[arg-type]
        name,
        mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"volume-save-{label}",
    )


def dicom_panel(
    volume: Volume, prediction: VolumePrediction, release: Release, *, key: str
) -> None:
    """Offer the DICOM results of a volume that comes from a DICOM series; nothing for others.

    Parameters
    ----------
    key
        Tells for which volume, model and operating point; made results are shown for it only.
    """
    if volume.kind != "dicom":
        return
    with st.expander("DICOM results", icon=":material/clinical_notes:"):
        chosen = st.pills(
            "Results to make",
            list(CHOICES),
            selection_mode="multi",
            default=["sc", "sr"],
            format_func=lambda kind: CHOICES[kind],
            help=_HELP,
            key="volume_dicom_kinds",
        )
        st.caption("They belong to the patient's study and carry the name and numbers in it.")
        if st.button("Make", icon=":material/build:", key="volume_make", disabled=not chosen):
            with st.spinner("Making the files"):
                st.session_state[_MADE] = make(volume, prediction, release, chosen, key)
        made: Made | None = st.session_state.get(_MADE)
        if made is None or made.key != key:
            st.session_state.pop(_MADE, None)
            return
        for sentence in made.refusals:
            error_card(sentence)
        if len(made.files) > 1:
            st.download_button(
                f"All {len(made.files)} files",
                lambda: as_zip((name, data) for _, name, data in made.files),
                exports.file_name(volume, "dicom", "zip"),
                "application/zip",
                icon=":material/folder_zip:",
                on_click="ignore",
                key="volume-save-dicom",
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
                    key=f"volume-save-{name}",
                )


def make(
    volume: Volume,
    prediction: VolumePrediction,
    release: Release,
    kinds: Iterable[str],
    key: str,
) -> Made:
    """Make the results asked for; one that cannot be made keeps no other from it."""
    from brainscan.reporting.dicom import Findings, make_results  # highdicom takes a while

    files: list[tuple[str, str, bytes]] = []
    refusals: list[str] = []
    try:
        findings = Findings.of_volume(volume, prediction, release=release)
    except InputRejected as reason:
        return Made(key, (), (str(reason),))
    for kind in kinds:
        try:
            found = make_results(findings, kind)
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
