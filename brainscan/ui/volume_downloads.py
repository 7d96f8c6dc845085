"""The downloads of the Volume page, each made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.evidence_nifti import evidence_nifti
from brainscan.ui import dicom_results
from brainscan.ui import volume_exports as exports
from brainscan.ui.volume_work import Answer

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings


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

    def findings() -> Findings:
        from brainscan.reporting.dicom import Findings  # highdicom takes a while

        return Findings.of_volume(volume, prediction, release=release)

    archive = exports.file_name(volume, "dicom", "zip")
    dicom_results.panel(findings, key, page="volume", archive=archive)
