"""How far the answer for a scan moves when the scan is changed a little; measured on demand."""

from __future__ import annotations

import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from brainscan.errors import InputRejected
from brainscan.evaluation.stability import scan_stability
from brainscan.evaluation.stability_scan import ChangedAnswer, ScanStability
from brainscan.inference.prediction import Decision
from brainscan.ui import reading_room
from brainscan.ui.error_card import error_card
from brainscan.ui.models import Reader
from brainscan.ui.progress import Pace
from brainscan.ui.store import Stores
from brainscan.ui.worklist import Row

_STYLE = Path(__file__).with_name("stability.css")
_LEGEND = {"tumor": "tumour", "indeterminate": "uncertain", "no_tumor": "no tumour"}
_HELP = (
    "Ask the model again with the slice mirrored, turned, brightened, darkened, saved as JPEG, "
    "cropped and made noisy. A finding should survive all of these."
)


def panel(row: Row, session: str, memory: Stores, reader: Reader) -> None:
    """Offer the check; once it was made, show what it found. Nothing is measured unasked."""
    answer = row.answers[reader.key]
    measured = row.stability.get(reader.key)
    place = st.empty()
    if measured is None:
        # Kept until it is answered: whatever else the reader touches meanwhile ends this run, and
        # the button is pressed for one run only.
        asked: set[tuple[str, str]] = st.session_state.setdefault("stability_asked", set())
        question = (row.sha256, reader.key)
        place.button(
            "Check stability",
            icon=":material/compare:",
            help=_HELP,
            key="check_stability",
            on_click=asked.add,
            args=(question,),
        )
        if question not in asked:
            return
        try:
            measured = _measure(place, row, session, memory, reader)
        except InputRejected as rejection:
            asked.discard(question)
            with place:
                error_card(rejection)
            return
        except Exception:
            asked.discard(question)  # or it would end every run to come
            raise
        asked.discard(question)
        row.stability[reader.key] = measured
    st.html(_STYLE)
    place.html(stability_html(at_answer(measured, answer)))


def _measure(place: Any, row: Row, session: str, memory: Stores, reader: Reader) -> ScanStability:
    """Ask the model about every change while a bar moves in ``place``."""
    began = time.monotonic()

    def show(done: int, total: int) -> None:
        words = Pace(total, began).words(done, time.monotonic(), doing="Checking")
        place.progress(done / total, words)

    return scan_stability(
        reader.classifier,
        reading_room.scan_of(row, session, memory),
        known=reading_room.prediction_of(row, session, memory, reader),
        progress=show,
    )


def at_answer(measured: ScanStability, answer: Mapping[str, Any]) -> ScanStability:
    """Return what was measured, decided at the threshold and band of the answer shown."""
    low, high = answer["band"]
    return measured.at(float(answer["threshold"]), (float(low), float(high)))


def stability_html(measured: ScanStability) -> str:
    """Return the sentence, one line a change on a common scale, and what else to know."""
    rows = _line("Unchanged", measured.probability, measured.decision, False)
    rows += "".join(_changed_line(answer, measured) for answer in measured.under)
    return (
        '<section class="bs-stability" data-testid="stability"><h3>Stability</h3>'
        f"<p>{escape(measured.sentence)}</p>"
        f'<div class="bs-spread" style="--bs-lines:{len(measured.under) + 1}">'
        f"{_backdrop(measured)}{rows}{_axis(measured)}</div>{_legend(measured)}{_notes(measured)}"
        "</section>"
    )


def _changed_line(answer: ChangedAnswer, measured: ScanStability) -> str:
    if answer.probability is None or answer.decision is None:
        reason = escape(answer.reason or "")
        return (
            f"<span><strong>{escape(answer.name)}</strong></span>"
            f'<span class="bs-lost" title="{reason}">no answer</span><span></span>'
        )
    other = answer.decision != measured.decision
    return _line(answer.name, answer.probability, answer.decision, other)


def _line(name: str, probability: float, decision: Decision, other: bool) -> str:
    shown = f"<strong>{escape(name)}</strong>" if other else escape(name)
    return (
        f'<span>{shown}</span><span class="bs-lane">'
        f'<i class="bs-dot bs-{decision}" style="left:{probability:.2%}"></i></span>'
        f"<span>{probability:.2f}</span>"
    )


def _backdrop(measured: ScanStability) -> str:
    """Draw what all lines share: the range, the indeterminate band and the threshold."""
    low, high = measured.band
    band = (
        f'<b class="bs-band" style="left:{low:.2%};width:{high - low:.2%}"></b>'
        if high > low
        else ""
    )
    width = measured.high - measured.low
    return (
        f'<div class="bs-backdrop" aria-hidden="true">{band}'
        f'<b class="bs-range" style="left:{measured.low:.2%};width:{width:.2%}"></b>'
        f'<b class="bs-tick" style="left:{measured.threshold:.2%}"></b></div>'
    )


def _axis(measured: ScanStability) -> str:
    place = f"{measured.threshold:.2%}"
    # Shifted by its share of its own width, the label lies within the scale and under its tick at
    # every threshold; on a line of its own it meets neither end's number.
    return (
        '<span class="bs-name">Tumour probability</span>'
        '<span class="bs-axis" aria-hidden="true"><span>0</span><span>1</span>'
        f'<span class="bs-at" style="left:{place};transform:translateX(-{place})">'
        f"threshold {measured.threshold:.2f}</span></span><span></span>"
    )


def _legend(measured: ScanStability) -> str:
    """Explain the marks that occur."""
    found = {measured.decision, *(answer.decision for answer in measured.under)}
    marks = "".join(
        f'<span><i class="bs-dot bs-{decision}"></i>{words}</span>'
        for decision, words in _LEGEND.items()
        if decision in found
    )
    if measured.band[1] > measured.band[0]:
        marks += '<span><i class="bs-swatch bs-band"></i>uncertain range</span>'
    return f'<div class="bs-legend">{marks}</div>'


def _notes(measured: ScanStability) -> str:
    """Say where the evidence peaks, and why a changed slice has no answer."""
    agreeing, comparable = measured.peaks
    notes = []
    if comparable:
        notes.append(
            f"The evidence peaks in the same place under {agreeing} of {comparable} changes."
        )
    notes += [
        f"{answer.name}: {answer.reason}" for answer in measured.under if answer.reason is not None
    ]
    return "".join(f'<p class="bs-note">{escape(note)}</p>' for note in notes)
