"""The answer for a whole volume: decision, value, agreement, key slices, extent of evidence."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import streamlit as st

from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume
from brainscan.inference.decision import OperatingPoint
from brainscan.inference.release import Release
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import result_card
from brainscan.ui.corrections import corrected_words
from brainscan.ui.volume_outline_card import outline_html, piece_words
from brainscan.ui.volume_session import VolumeSession
from brainscan.ui.volume_viewer import Goto
from brainscan.ui.volume_work import EVIDENT, Answer

NOT_THIS = (
    "It reads the slices of one series one by one: no other sequences, no history. It was trained "
    "on public research images and has not been validated on patients. It says nothing about "
    "bleeding, stroke, infection or any tumour type it does not name."
)
OUTLINE_IS = (
    "Its outline is a proposal for a reader to correct, drawn slice by slice with regard to the "
    "slices beside each; what only one of three slices shows is left out. It is not fit for "
    "planning radiation or surgery."
)
GOTO = "volume_view_goto"
"""Where session state holds the slice that the viewer is to go to."""

MOST_PIECES = 6
"""How many pieces of an outline are offered to go to."""

_VALUE = "value of the scan"
_AGREEMENT = {
    "tumor": "are called tumour when read alone; slices beyond a tumour, and uncertain ones, are "
    "not.",
    "no_tumor": "are called tumour-free when read alone; the others look suspicious by themselves.",
    "indeterminate": "are uncertain when read alone; the others are called tumour or tumour-free.",
}


def answer_card(
    prediction: VolumePrediction, point: OperatingPoint | None, manifest: Mapping[str, Any]
) -> None:
    """Show decision, value, agreement and types.

    Parameters
    ----------
    prediction
        At the operating point chosen.
    point
        That operating point of the rule, where the release records what it did.
    manifest
        Of the release.
    """
    answer = prediction.to_json()
    st.html(
        result_card.decision_html(answer, _VALUE)
        + result_card.probability_html(answer, _VALUE)
        + f'<p class="bs-coverage" data-testid="rule">{escape(prediction.rule)}</p>'
        + f'<p class="bs-coverage" data-testid="agreement">{escape(agreement(prediction))}</p>'
        + coverage_html(point, manifest)
        + result_card.types_html(answer, manifest.get("type_sets"))
    )


def agreement(prediction: VolumePrediction) -> str:
    """Return how many slices get the volume's decision when read alone, in words."""
    scored = len(prediction.scored)
    alike = round(prediction.agreement * scored)
    skipped = len(prediction.slices) - scored
    rest = f" {skipped} without enough head were not read." if skipped else ""
    return (
        f"{alike} of {scored} scored {prediction.plane} slices "
        f"{_AGREEMENT[prediction.decision]}{rest}"
    )


def coverage_html(point: OperatingPoint | None, manifest: Mapping[str, Any]) -> str:
    """Return what the setting did, as HTML; empty where the release does not record it.

    With the number of scans, because they are few. First on the validation scans it was chosen
    on, then on scans of other patients.
    """
    if point is None or point.kept is None or point.specificity is None:
        return ""
    sentences = [
        f"At this setting, {point.kept:.0%} of {point.n_tumor} scans with a tumour of the "
        f"validation patients were not called tumour-free, and {point.specificity:.0%} of "
        f"{point.n_no_tumor} tumour-free runs of their slices were called tumour-free, each "
        "patient counting alike."
    ]
    if not point.promised:
        sentences.append("There were too few of them to promise as much elsewhere.")
    sentences += _elsewhere(point, manifest)
    return f'<p class="bs-coverage" data-testid="coverage">{escape(" ".join(sentences))}</p>'


def _elsewhere(point: OperatingPoint, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say what the setting did on the scans of patients that nothing was chosen on."""
    for name, part in manifest.get("volume_rule", {}).get("test", {}).items():
        for row in part.get("by_sensitivity", ()):
            if row.get("sensitivity") == point.sensitivity:
                kept, cleared = (row[key] for key in ("kept", "cleared"))
                yield (
                    f"On other patients ({name}) it was {_count(kept)} scans and "
                    f"{_count(cleared)} runs."
                )


def _count(figure: Mapping[str, Any]) -> str:
    return f"{round(figure['value'] * figure['n'])} of {figure['n']}"


def outline_section(study: VolumeSession, outline: VolumeOutline | None, segmented: bool) -> None:
    """Show what is outlined and its measures, and the ways between the model's and a reader's.

    Parameters
    ----------
    study
        The open study.
    outline
        What stands for the chosen volume, if anything.
    segmented
        Whether the release outlines tumors.
    """
    volume = study.volume
    if volume is None:
        return
    if outline is not None and (not outline.empty or outline.correction is not None):
        st.html(outline_html(outline))
        _pieces(outline)
    with st.container(horizontal=True, gap="small"):
        if outline is not None and outline.largest is not None:
            index = outline.largest[0]
            st.button(
                f"Show slice {index + 1}",
                icon=":material/straighten:",
                key="volume_largest",
                help=f"The {outline.plane} slice on which the diameters are largest",
                on_click=go_to,
                args=(outline.plane, index),
            )
        aside = study.set_aside.get(volume.sha256)
        if outline is not None and outline.correction is not None:
            st.button(
                "Back to the model's outline" if segmented else "Without the outline",
                icon=":material/undo:",
                key="volume_set_aside",
                help="The correction is set aside and can be taken up again",
                on_click=study.set_correction_aside,
                args=(volume.sha256,),
            )
        elif aside is not None:
            st.button(
                "Back to the corrected outline",
                icon=":material/redo:",
                key="volume_take_up",
                help=corrected_words(aside),
                on_click=study.take_correction_up,
                args=(volume.sha256,),
            )


def _pieces(outline: VolumeOutline) -> None:
    """Offer the pieces of an outline, the largest first, to go to."""
    pieces = outline.measures.pieces
    if len(pieces) < 2:
        return
    axis = PLANE_OF_AXIS.index(outline.plane)
    with st.container(horizontal=True, gap="small", key="volume_pieces"):
        for number, piece in enumerate(pieces[:MOST_PIECES], 1):
            size, slices = piece_words(outline, piece)
            st.button(
                f"Piece {number}: {size}",
                key=f"volume_piece_{number}",
                help=f"Go to piece {number} of {len(pieces)}: {slices}",
                on_click=go_to,
                args=(outline.plane, piece.voxel[axis], piece.voxel),
            )
    if len(pieces) > MOST_PIECES:
        st.caption(f"The {MOST_PIECES} largest of {len(pieces)} pieces.")


def go_to(plane: Plane, index: int, voxel: tuple[int, int, int] | None = None) -> None:
    """Have the viewer go to a slice in the coming run, and the other planes to a voxel."""
    st.session_state[GOTO] = Goto(uuid.uuid4().hex, plane, index, voxel)


def measurements(answer: Answer, prediction: VolumePrediction) -> None:
    """Show what was measured, and what it is not."""
    pairs = [("Key slices", key_slices(prediction))]
    threshold = prediction.slice_threshold
    suspicious = [one for one in prediction.scored if (one.probability or 0.0) >= threshold]
    pairs.append(
        (
            "Suspicious",
            f"{len(suspicious)} of {len(prediction.scored)} slices, from {threshold:.2f} on",
        )
    )
    pairs.append((f"Evidence ≥ {EVIDENT:g}", extent(answer)))
    result_card.facts_card(pairs)
    if answer.cell_mm is not None and answer.evident_ml > 0:
        st.caption(
            "This is the extent of the evidence, not of the tumour: the map has cells of "
            f"{answer.cell_mm:.0f} mm and shows where the model sees tumour, not its outline."
        )


def extent(answer: Answer) -> str:
    """Return the extent of the evidence in words."""
    if answer.evident_ml <= 0:
        return "nowhere"
    return f"about {answer.evident_ml:.{0 if answer.evident_ml >= 10 else 1}f} mL"


def key_slices(prediction: VolumePrediction) -> str:
    """Return the most suspicious slices as people count them, with their probabilities."""
    value = {one.index: one.probability or 0.0 for one in prediction.scored}
    shown = ", ".join(f"{index + 1} ({value[index]:.2f})" for index in prediction.key_slices)
    return f"{prediction.plane} {shown}"


def refusal_card(sentence: str) -> None:
    """Show calmly that a volume was not read, and why."""
    st.html(
        '<div class="bs-decision bs-indeterminate" data-testid="refusal">'
        "<i></i><h2>Not a brain MR scan</h2></div>"
        f'<p class="bs-why">{escape(sentence)}</p>'
    )


def model_card(title: str, prediction: VolumePrediction, release: Release) -> None:
    """Show which model answered and what it is not."""
    st.caption(f"{NOT_THIS} {OUTLINE_IS}" if release.segmentation else NOT_THIS)
    pairs = [("Model", title), ("Types", ", ".join(release.types) or "none")]
    pairs.append(("Time", f"{prediction.elapsed_ms / 1000:.1f} s"))
    if licence := release.manifest.get("licence"):
        pairs.append(("Licence", str(licence)))
    result_card.facts_card(pairs)


def volume_facts(volume: Volume, synthetic: bool) -> list[tuple[str, str]]:
    """Return what the file says about the volume, without any trace of the patient."""
    size = " × ".join(str(count) for count in volume.shape)
    spacing = " × ".join(f"{step:.2f}" for step in volume.spacing)
    pairs = [("Name", volume.name), ("Format", "DICOM" if volume.kind == "dicom" else "NIfTI")]
    if volume.sequence is not None:
        pairs.append(("Sequence", f"{volume.sequence.words}. {volume.sequence.reason}"))
    pairs += [
        ("Acquired", volume.plane),
        ("Voxels", f"{size} (right-left, front-back, up-down)"),
        ("Spacing", f"{spacing} mm"),
        ("Values", f"{volume.voxels.min():g} to {volume.voxels.max():g}"),
        ("SHA-256", volume.sha256[:16]),
    ]
    if synthetic:
        pairs.insert(0, ("Origin", "synthetic: drawn by BrainScan"))
    return pairs
