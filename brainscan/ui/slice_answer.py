"""The answer for one slice on the Diagnose page, with everything that stands under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from brainscan.errors import InputRejected
from brainscan.inference.prediction import Prediction
from brainscan.reporting import mask_exports
from brainscan.ui import (
    corrections,
    dicom_results,
    exporting,
    outline_card,
    reading_room,
    result_card,
    sensitivity,
    stability,
)
from brainscan.ui.error_card import warning_cards
from brainscan.ui.identity_panel import identity_panel
from brainscan.ui.models import Reader
from brainscan.ui.outlines import SliceOutline, outline_of
from brainscan.ui.scan_facts import states_sequence
from brainscan.ui.store import Stores
from brainscan.ui.worklist import Row, Worklist

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings


def answered(row: Row, reader: Reader, listed: Worklist, memory: Stores) -> Prediction:
    """Return the model's answer at the operating point chosen."""
    prediction = reading_room.prediction_of(row, listed.session, memory, reader)
    return sensitivity.decided(prediction, reader, st.session_state.get("point"))


def outline_shown(
    row: Row, reader: Reader, listed: Worklist, memory: Stores
) -> SliceOutline | None:
    """Return the outline that stands for a row that was answered, see :func:`outline_of`."""
    scan = reading_room.scan_of(row, listed.session, memory)
    prediction = answered(row, reader, listed, memory)
    return outline_of(scan, prediction, corrections.correction_of(row))


def answer_column(row: Row, reader: Reader | None, listed: Worklist, memory: Stores) -> None:
    """Show the answer, its model and the file's facts."""
    if row.status == "rejected":
        st.subheader("Not read", anchor=False)
        others = " The other scans are not affected." if len(listed.rows) > 1 else ""
        st.caption(f"The sentence in the viewer says why.{others}")
    elif reader is not None and (sentence := row.refused_by(reader.key)):
        result_card.refusal_card(sentence)
        st.button(
            "Read it anyway",
            icon=":material/visibility:",
            help="Shows an answer that means nothing unless this is a brain MR slice after all",
            on_click=reading_room.read_anyway,
            args=(row,),
        )
        warning_cards(dict.fromkeys(row.warnings))
    elif reader is not None and reader.key in row.answers:
        answer = row.answers[reader.key]
        if answer.get("refusal"):
            warning_cards(["The input gate refused this picture: rely on no answer."])
        result_card.result_card(
            answer,
            st.session_state.get("point"),
            reader.release.manifest.get("type_sets"),
            sequence_stated=states_sequence(row.facts),
        )
        _outline_section(row, reader, listed, memory)
        if row.synthetic:
            st.caption("Synthetic slice: a drawing by BrainScan, not a patient.")
        warning_cards(dict.fromkeys((*row.warnings, *answer["warnings"])))
        stability.panel(row, listed.session, memory, reader)
        with st.expander("Model, and what it is not", icon=":material/info:"):
            result_card.model_card(reader.title, answer, reader.release.manifest)
        _mask_panel(row, reader, listed, memory)
        _dicom_panel(row, reader, listed, memory)
    if row.facts:
        _header_panel(row, listed, memory)
        with st.expander("File", icon=":material/description:"):
            result_card.facts_card([("Name", row.name), *row.facts.items()])
    st.button(
        "Remove from list",
        icon=":material/close:",
        type="tertiary",
        on_click=reading_room.forget,
        args=(listed, memory, [row]),
    )


def _outline_section(row: Row, reader: Reader, listed: Worklist, memory: Stores) -> None:
    """Show what the outline measures, whose it is, and the way back to the model's."""
    try:
        outline = outline_shown(row, reader, listed, memory)
    except InputRejected:
        return  # it has left memory; the viewer says so
    left_out = row.answers[reader.key]["decision"] == "no_tumor" and row.correction is None
    if outline is not None and not left_out:
        st.html(outline_card.outline_html(outline))
    elif outline is None:
        st.caption("This model draws no outline. Its evidence map shows where it looks.")
    if row.correction is not None:
        own = outline is not None and outline.model_mask is not None
        st.button(
            "Back to the model's outline" if own else "Without the outline",
            icon=":material/undo:",
            help="The correction is set aside and can be taken up again",
            on_click=corrections.set_aside,
            args=(row,),
        )
    elif row.set_aside is not None:
        st.button(
            "Back to the corrected outline",
            icon=":material/redo:",
            help=corrections.corrected_words(row.set_aside),
            on_click=corrections.take_up,
            args=(row,),
        )


def _mask_panel(row: Row, reader: Reader, listed: Worklist, memory: Stores) -> None:
    """Offer the outline as files, made when asked for."""
    try:
        scan = reading_room.scan_of(row, listed.session, memory)
    except InputRejected:
        return  # it has left memory; the viewer says so

    def made(kind: str) -> Callable[[], bytes]:
        def data() -> bytes:
            prediction = answered(row, reader, listed, memory)
            correction = corrections.correction_of(row)
            return mask_exports.slice_file(kind, scan, prediction, correction).data

        return data

    with st.expander("Outline as a file", icon=":material/shapes:"):
        st.caption(exporting.mask_caption(row, reader.key))
        with st.container(horizontal=True, gap="small"):
            for kind, label in mask_exports.SLICE_KINDS.items():
                name, mime = exporting.mask_file(row.name, kind)
                st.download_button(
                    label,
                    made(kind),
                    name,
                    mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"mask-{kind}",
                )


def _dicom_panel(row: Row, reader: Reader, listed: Worklist, memory: Stores) -> None:
    """Offer the answer for a DICOM slice as DICOM files."""
    try:
        scan = reading_room.scan_of(row, listed.session, memory)
    except InputRejected:
        return  # it has left memory; the viewer says so
    answer = row.answers[reader.key]
    corrected = row.correction.digest if row.correction else ""
    key = f"{row.sha256} {reader.key} {answer['sensitivity']} {answer['threshold']} {corrected}"
    if scan.instance is None:
        return

    def findings() -> Findings:
        from brainscan.reporting.dicom import Findings  # highdicom takes a while

        prediction = answered(row, reader, listed, memory)
        correction = corrections.correction_of(row)
        return Findings.of_slice(scan, prediction, release=reader.release, correction=correction)

    dicom_results.panel(findings, key, page="slice", archive="brainscan-dicom.zip")


def _header_panel(row: Row, listed: Worklist, memory: Stores) -> None:
    """Show who the patient is, hidden until asked for."""
    try:
        scan = reading_room.scan_of(row, listed.session, memory)
    except InputRejected:
        return
    identity_panel(scan.identity, scan.burned_in, key=f"identity-{row.sha256[:16]}")
