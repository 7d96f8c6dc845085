"""The downloads of the Volume page, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from brainscan.imaging.correction import Correction
from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.evidence_nifti import evidence_nifti
from brainscan.reporting.mask_exports import VOLUME_KINDS, volume_file
from brainscan.ui import dicom_results
from brainscan.ui import volume_exports as exports
from brainscan.ui.corrections import KEPT, corrected_words
from brainscan.ui.volume_work import Answer

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings


def downloads(
    volume: Volume,
    answer: Answer,
    prediction: VolumePrediction,
    outline: VolumeOutline | None,
    *,
    synthetic: bool,
) -> None:
    """Offer pictures, profile, answer and evidence as files, and the outline as masks.

    Parameters
    ----------
    volume
        As read.
    answer, prediction
        Of the model, the latter at the operating point chosen.
    outline
        What stands for the volume; ``None`` for a release without a decoder.
    synthetic
        Whether the volume is a drawing.
    """
    with st.expander("Save", icon=":material/download:", expanded=True):
        with st.container(horizontal=True, gap="small"):
            _button(
                "Key slices",
                lambda: exports.key_slices_zip(volume, prediction, outline, synthetic=synthetic),
                exports.file_name(volume, "key-slices", "zip"),
                "application/zip",
            )
            _button(
                "Profile CSV",
                lambda: exports.profile_csv(
                    volume, prediction, outline, synthetic=synthetic
                ).encode(),
                exports.file_name(volume, "profile", "csv"),
                "text/csv",
            )
            _button(
                "JSON",
                lambda: exports.answer_json(
                    volume, answer, prediction, outline, synthetic=synthetic
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
    _masks(volume, prediction, outline)


def _masks(volume: Volume, prediction: VolumePrediction, outline: VolumeOutline | None) -> None:
    """Offer the mask in every format; say whose it is."""
    correction = None if outline is None else outline.correction

    def made(kind: str) -> Callable[[], bytes]:
        return lambda: volume_file(kind, volume, prediction, correction).data

    with st.expander("Outline as a file", icon=":material/shapes:"):
        st.caption(mask_words(outline))
        with st.container(horizontal=True, gap="small"):
            for kind, label in VOLUME_KINDS.items():
                what, suffix, mime = kind, "zip", "application/zip"
                if kind == "nifti":
                    what, suffix, mime = "mask", "nii.gz", "application/gzip"
                _button(label, made(kind), exports.file_name(volume, what, suffix), mime)


def mask_words(outline: VolumeOutline | None) -> str:
    """Return what the files of the mask hold."""
    if outline is None:
        return "This model draws no outline: the mask is where its evidence reaches one half."
    if outline.correction is not None:
        words = corrected_words(outline.correction)
        return f"{words}. The files of the mask say so. {KEPT}"
    if outline.empty:
        return "Nothing is outlined: the mask is empty."
    return "The mask is the model's outline, not checked by a person."


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
    volume: Volume,
    prediction: VolumePrediction,
    release: Release,
    correction: Correction | None,
    *,
    key: str,
) -> None:
    """Offer the DICOM results of a volume that comes from a DICOM series; nothing for others.

    Parameters
    ----------
    correction
        A reader's outline, which then takes the place of the model's.
    key
        Tells for which volume, model, operating point and correction; made results are shown for
        it only.
    """
    if volume.kind != "dicom":
        return

    def findings() -> Findings:
        from brainscan.reporting.dicom import Findings  # highdicom takes a while

        return Findings.of_volume(volume, prediction, release=release, correction=correction)

    archive = exports.file_name(volume, "dicom", "zip")
    dicom_results.panel(findings, key, page="volume", archive=archive)
