"""Results of a DICOM slice as DICOM files, at the reader's choice and made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import streamlit as st

from brainscan.errors import InputRejected
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release
from brainscan.ui.error_card import error_card

CHOICES: Mapping[str, str] = {
    "sc": "Picture",
    "sr": "Report",
    "seg": "Mask",
    "evidence": "Evidence map",
}
"""The kinds of result and their names on the page."""

_HELP = (
    "Picture: Secondary Capture with the evidence laid over. Report: Structured Report (TID 1500) "
    "with probability and decision, unverified. Mask: Segmentation where the evidence reaches "
    "one half. Evidence map: fractional Segmentation."
)
_MADE = "dicom results"


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


def panel(scan: Scan, answer: Callable[[], Prediction], release: Release, key: str) -> None:
    """Offer the DICOM results of a slice that comes from a DICOM file; nothing for others.

    Parameters
    ----------
    scan
        The slice.
    answer
        Returns what the model says, at the operating point chosen.
    release
        The model.
    key
        Tells for which scan, model and operating point; made results are shown for it only.
    """
    if scan.instance is None:
        return
    with st.expander("DICOM results", icon=":material/clinical_notes:"):
        chosen = st.pills(
            "Results to make",
            list(CHOICES),
            selection_mode="multi",
            default=["sc", "sr"],
            format_func=lambda kind: CHOICES[kind],
            help=_HELP,
            key="dicom_kinds",
        )
        st.caption("They belong to the patient's study and carry the name and numbers in it.")
        if st.button("Make", icon=":material/build:", key="make_dicom", disabled=not chosen):
            with st.spinner("Making the files"):
                st.session_state[_MADE] = make(scan, answer(), release, chosen, key)
        made: Made | None = st.session_state.get(_MADE)
        if made is None or made.key != key:
            st.session_state.pop(_MADE, None)
            return
        for sentence in made.refusals:
            error_card(sentence)
        with st.container(horizontal=True, gap="small"):
            for label, name, data in made.files:
                st.download_button(
                    label,
                    data,
                    name,
                    "application/dicom",
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"save-{name}",
                )


def make(
    scan: Scan, prediction: Prediction, release: Release, kinds: Iterable[str], key: str
) -> Made:
    """Make the results asked for; one that cannot be made keeps no other from it."""
    from brainscan.reporting.dicom import Findings, make_results  # highdicom takes a while

    files: list[tuple[str, str, bytes]] = []
    refusals: list[str] = []
    try:
        findings = Findings.of_slice(scan, prediction, release=release)
    except InputRejected as reason:
        return Made(key, (), (str(reason),))
    for kind in kinds:
        try:
            found = make_results(findings, kind)
            files += [(CHOICES[kind], file.name, file.data) for file in found]
        except InputRejected as reason:
            refusals.append(str(reason))
    return Made(key, tuple(files), tuple(refusals))
