"""Volume: a whole scan in three planes, with the answer beside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from brainscan.inference.release import Release
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import volume_answer, volume_intake, volume_session
from brainscan.ui.error_card import error_card, plain, warning_cards
from brainscan.ui.identity_panel import identity_panel
from brainscan.ui.model_picker import choose_release
from brainscan.ui.models import title_of
from brainscan.ui.page import require_frame, title
from brainscan.ui.result_card import facts_card
from brainscan.ui.volume_controls import choose_sensitivity
from brainscan.ui.volume_downloads import dicom_panel, downloads
from brainscan.ui.volume_picker import collection, picker, refusals, without_volume
from brainscan.ui.volume_progress import progress
from brainscan.ui.volume_session import VolumeSession
from brainscan.ui.volume_view import show_volume
from brainscan.ui.volume_welcome import opened, welcome

_STYLE = Path(volume_session.__file__).parent / "volume.css"
_SHORT_S = 0.4  # work that ends within it is not worth a progress bar


def close_button(label: str = "Close", icon: str = ":material/close:") -> None:
    """Offer to forget the study."""
    st.button(
        label,
        icon=icon,
        key="volume_close",
        help="Take the scan, its answers and its header out of memory",
        on_click=volume_session.close_study,
    )


def nothing_to_show(study: VolumeSession) -> None:
    """Say why no volume can be shown."""
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        title(study.given.title)
        if study.found is None:
            if problem := study.problems.get(""):
                error_card(problem)
            else:
                st.info("Looking through the files was stopped.", icon=":material/cancel:")
        else:
            found = study.found
            warning_cards(found.warnings)
            if sentence := without_volume(study.given, found):
                st.info(plain(sentence), icon=":material/view_in_ar:")
            refusals(found.rejected)
            collection(found, refused=False)
        close_button("Open another scan", ":material/folder_open:")


def picture_column(
    study: VolumeSession, prediction: VolumePrediction | None, key: str, name: str
) -> None:
    """Show the volume, or how far reading it is."""
    volume = study.volume
    if volume is not None:
        show_volume(study, volume, prediction, key, name)
    elif study.reading is not None:
        progress("reading")
        st.html('<div class="bs-waiting">The scan appears here.</div>')
    elif problem := study.problems.get(study.chosen):
        error_card(problem)
        found = study.found
        if found is not None and len(found.candidates) > 1:
            st.caption("The other volumes of the study are not affected.")
        elif found is not None:
            refusals(found.rejected)
    elif study.chosen in study.stopped:
        st.info("Reading the scan was stopped.", icon=":material/cancel:")
        st.button("Read it", key="volume_reread", on_click=study.go_on, args=(study.chosen,))
    else:
        st.info(
            "None of these volumes suits by itself: the list says why. Open one with a click.",
            icon=":material/list:",
        )


def answer_column(
    study: VolumeSession,
    prediction: VolumePrediction | None,
    chosen: tuple[str, Release] | None,
    key: str,
) -> None:
    """Show the answer, its model and the facts of the file."""
    volume = study.volume
    if volume is None:
        return
    question = (key, study.chosen)
    answer = study.answers.get(question)
    if study.given.synthetic:
        st.caption("Synthetic head: a drawing by BrainScan, not a patient.")
    one = study.candidate
    if study.found is not None and one is not None and one.patient is not None:
        st.markdown(f"**Patient {one.patient}** of {study.found.patients}")
    if chosen is not None and answer is not None and prediction is not None:
        name, release = chosen
        point = st.session_state.get("volume_point")
        volume_answer.answer_card(prediction, point, release.manifest)
        outline = study.outline_of(question, prediction)
        volume_answer.outline_section(study, outline, prediction.segmented)
        volume_answer.measurements(answer, prediction)
        warning_cards(dict.fromkeys(prediction.warnings))
        with st.expander("Model, and what it is not", icon=":material/info:"):
            volume_answer.model_card(name, prediction, release)
    else:
        if answer is not None and answer.refusal:
            volume_answer.refusal_card(answer.refusal)
            st.button(
                "Read it anyway",
                icon=":material/visibility:",
                key="volume_anyway",
                help="Shows an answer that means nothing unless this is a brain MR scan after all",
                on_click=study.read_anyway,
            )
        elif study.asking is not None:
            progress("asking")
        elif problem := study.problems.get(question):
            error_card(problem)
        elif question in study.stopped:
            st.caption("Stopped: the model has not read this scan.")
            st.button(
                "Read",
                icon=":material/play_arrow:",
                key="volume_ask",
                on_click=study.go_on,
                args=(question,),
            )
        warning_cards(dict.fromkeys(volume.warnings))
    if study.found is not None and study.found.patients < 2:
        warning_cards(dict.fromkeys(study.found.warnings))
    identity_panel(volume.identity, volume.burned_in, key=f"volume-identity-{volume.sha256[:16]}")
    with st.expander("File", icon=":material/description:"):
        facts_card(volume_answer.volume_facts(volume, study.given.synthetic))


def decided(study: VolumeSession, release: Release, key: str) -> VolumePrediction | None:
    """Return the answer at the sensitivity chosen, without asking the network."""
    answer = study.answers.get((key, study.chosen))
    point = st.session_state.get("volume_point")
    if answer is None or answer.prediction is None or point is None:
        return None if answer is None else answer.prediction
    return answer.prediction.at(release, point.sensitivity)


def looking(study: VolumeSession) -> None:
    """Show the chosen volume and its answer; the list of volumes where there are several."""
    found = study.found
    assert found is not None
    study.begin_reading()
    if study.reading is not None:
        study.reading.wait(_SHORT_S)
        study.settle()
    prediction, key, name = None, "", ""
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center"):
            close_button()
        if found.patients > 1:
            warning_cards(found.warnings)
        if len(found.candidates) > 1:
            picker(study, found)
        chosen = choose_release("volume_model")
        if chosen is not None:
            name, release = chosen
            key = f"{title_of(release)} {release.fingerprint[:16]}"
            st.session_state["volume_point"] = choose_sensitivity(release)
            study.begin_asking(release, key)
            prediction = decided(study, release, key)
            answer = study.answers.get((key, study.chosen))
            volume = study.volume
            if volume is not None and answer is not None and prediction is not None:
                outline = study.outline_of((key, study.chosen), prediction)
                synthetic = study.given.synthetic
                downloads(volume, answer, prediction, outline, synthetic=synthetic)
                correction = None if outline is None else outline.correction
                corrected = "" if correction is None else correction.when
                made_for = f"{key} {volume.sha256} {prediction.sensitivity} {corrected}"
                dicom_panel(volume, prediction, release, correction, key=made_for)
        collection(found)
    picture, words = st.columns([7, 3], gap="medium")
    with picture:
        picture_column(study, prediction, key, name)
    with words.container(key="answer"):
        answer_column(study, prediction, chosen, key)


def main() -> None:
    """Show the invitation, the search, or the study."""
    require_frame()
    st.html(_STYLE)
    if volume_intake.HANDED_OVER in st.session_state:
        opened(lambda: volume_intake.in_memory(volume_intake.handed_over()))
    study = volume_session.current()
    # A place of its own: what is opened then takes it away at once, not when the page is whole.
    inviting = st.empty()
    if study is None:
        with inviting.container():
            welcome()
        return
    inviting.empty()
    if study.searching is not None:
        study.searching.wait(_SHORT_S)
    study.settle()
    if study.searching is not None:
        _, middle, _ = st.columns([1, 2, 1])
        with middle:
            progress("searching")
    elif study.found is None or not study.found.candidates:
        nothing_to_show(study)
    else:
        looking(study)


main()
