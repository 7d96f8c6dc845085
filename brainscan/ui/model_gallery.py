"""The synthetic failures of a release: drawn again from their seeds, or searched for now."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st
from PIL import Image

from brainscan.data.names import display_name
from brainscan.imaging.phantom import phantom_png
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.progress import format_duration
from brainscan.reporting.card_json import text
from brainscan.reporting.card_parts import Gallery
from brainscan.reporting.gallery import SLICES, draw, find_failures, sentence_of
from brainscan.ui.error_card import error_card
from brainscan.ui.jobs import Handle, Job

_JOBS = "model_search_jobs"
_REFRESH_S = 0.7
_OUTLINE = (242, 142, 43)

SearchJob = Job[dict[str, Any]]


def pictures(block: Gallery) -> None:
    """Show the cases as pictures with the drawn lesion outlined."""
    cards = []
    for case in block.cases:
        picture = _picture(text(case.get("lesion")), case.get("seed"))
        if not picture:
            continue
        problem = display_name(text(case.get("problem"))).capitalize()
        sentence = sentence_of(case)
        cards.append(
            f'<figure><img src="{picture}" alt="{escape(sentence)}">'
            f"<figcaption><b>{escape(problem)}</b><span>{escape(sentence)}</span></figcaption>"
            "</figure>"
        )
    if cards:
        st.html(f'<div class="bs-gallery" data-testid="model-gallery">{"".join(cards)}</div>')
        st.caption("Synthetic. The outline shows where the lesion was drawn.")
    else:
        st.caption("The stored cases do not say which drawings they are.")


@st.cache_data(max_entries=64, show_spinner=False)
def _picture(lesion: str, seed: Any) -> str:
    """Return a case's picture as a data URL, empty when the case does not say which."""
    drawing = draw({"lesion": lesion, "seed": seed})
    if drawing is None:
        return ""
    with Image.open(io.BytesIO(phantom_png(drawing))) as marked:
        pixels = np.array(marked.convert("RGB"))
    edges, _ = cv2.findContours(
        drawing.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    cv2.drawContours(pixels, edges, -1, _OUTLINE, 1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def found(release: Release) -> dict[str, Any] | None:
    """Return the outcome of a search made in this session for this very release."""
    job = _job(release)
    return job.result if job is not None and job.state == "finished" else None


def search(release: Release) -> None:
    """Offer a search for failures among drawings, with progress and cancel."""
    with st.container(key="model-search"):
        job = _job(release)
        if job is not None and job.running:
            st.fragment(_progress, run_every=_REFRESH_S)(release)
            return
        if job is not None and job.error:
            error_card(job.error)
        elif job is not None and job.state == "cancelled":
            st.info("The search was cancelled.", icon=":material/cancel:")
        st.button(
            "Search again" if job is not None else f"Search {SLICES} drawings for failures",
            icon=":material/search:",
            on_click=_start,
            args=(release,),
            key="model_search_start",
            help="Draws synthetic slices and asks the model about each; nothing is stored.",
        )


def _key(release: Release) -> str:
    return f"{release.title} {release.fingerprint}"


def _job(release: Release) -> SearchJob | None:
    jobs: dict[str, SearchJob] = st.session_state.get(_JOBS, {})
    return jobs.get(_key(release))


def _start(release: Release) -> None:
    folder = Path(release.folder)

    def work(handle: Handle) -> dict[str, Any]:
        handle.begin("Loading the model")
        classifier = TumorClassifier.load(folder)
        handle.begin("Asking the model about drawings")
        return find_failures(classifier, progress=handle.report, cancel=handle.should_stop)

    st.session_state.setdefault(_JOBS, {})[_key(release)] = Job("search for failures", work)


def _progress(release: Release) -> None:
    job = _job(release)
    if job is None or not job.running:
        st.rerun(scope="app")
        return
    left = job.seconds_left()
    count = f": {job.done:,} of {job.total:,}" if job.total else " ..."
    tail = f", {format_duration(left)} left" if left is not None and job.done < job.total else ""
    st.progress(job.fraction, text=f"{job.stage}{count}{tail}")
    st.button(
        "Stopping ..." if job.stopping else "Cancel",
        icon=":material/stop_circle:",
        disabled=job.stopping,
        on_click=job.cancel,
        key="model_search_cancel",
    )
