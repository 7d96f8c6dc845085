"""Diagnose: one or many slices in, an answer with its evidence beside each."""

from __future__ import annotations

import time
from typing import Any, cast

import streamlit as st

from brainscan.errors import BrainScanError
from brainscan.ui import dropped, exporting, reading_room, sensitivity, volume_cards
from brainscan.ui.error_card import error_card, plain, warning_cards
from brainscan.ui.model_picker import choose_release
from brainscan.ui.models import Reader, reader_of
from brainscan.ui.page import require_frame, title
from brainscan.ui.progress import Pace
from brainscan.ui.scanlist import scanlist
from brainscan.ui.slice_answer import answer_column
from brainscan.ui.slice_view import message
from brainscan.ui.store import stores
from brainscan.ui.viewer import viewer
from brainscan.ui.worklist import ORDERS, Order, summary, worklist

SLICE_S = 1.2  # reading time between two updates of the page
FORMATS = (
    "DICOM, NIfTI, PNG, JPEG, TIFF, BMP or WebP; single files, a folder or a ZIP archive. "
    "Files stay on this computer."
)

require_frame()
listed = worklist()
memory = stores()


def keep_uploads() -> None:
    """Set uploaded files aside for the coming run and empty the uploader."""
    turn = st.session_state.get("upload_turn", 0)
    files = st.session_state.get(f"upload_{turn}") or []
    arrived = st.session_state.setdefault("arrived", [])
    arrived += [(file.name, file.getvalue()) for file in files]
    st.session_state["upload_turn"] = turn + 1


def take_uploads() -> None:
    """Sort the files set aside: slices to the worklist, volumes to their cards."""
    place = st.empty()  # always: what stands below would be built anew if it moved
    files = st.session_state.get("arrived")
    if not files:
        return

    def show(done: int, total: int) -> None:
        place.progress(done / max(total, 1), f"Looking at file {done} of {total}")

    # The reader may touch something meanwhile, which ends this run; the next one begins again.
    try:
        taken = dropped.take(listed, memory, files, progress=show)
    except Exception:
        del st.session_state["arrived"]  # or it would end every run to come
        raise
    del st.session_state["arrived"]
    place.empty()
    if taken.words:
        st.toast(plain(taken.words))


def take_samples() -> None:
    """Put the synthetic slices on the worklist."""
    reading_room.add_files(listed, memory, reading_room.sample_files(), synthetic=True)


def uploader(label: str) -> None:
    """Show the drop zone."""
    turn = st.session_state.get("upload_turn", 0)
    st.file_uploader(
        label,
        accept_multiple_files=True,
        key=f"upload_{turn}",
        on_change=keep_uploads,
        label_visibility="collapsed",
    )


def keep_choice(label: str, options: list[str]) -> str:
    """Show a select box whose choice survives a visit to another page."""
    chosen = st.session_state.get(f"chosen {label}")
    index = options.index(chosen) if chosen in options else 0
    st.session_state[f"chosen {label}"] = st.selectbox(label, options, index=index, key=label)
    return str(st.session_state[f"chosen {label}"])


def choose_model() -> Reader | None:
    """Show the model picker and return the model, loaded; ``None`` with the reason shown."""
    chosen = choose_release("Model")
    if chosen is None:
        return None
    name, release = chosen
    try:
        with st.spinner(f"Loading {name}"):
            return reader_of(release)
    except BrainScanError as error:
        error_card(error)
        return None


def on_step() -> None:
    """Go to the next or the previous scan."""
    listed.step(int(st.session_state["viewer"]["step"]), st.session_state["model_key"])


def on_select() -> None:
    """Go to the scan chosen in the worklist."""
    listed.selected = str(st.session_state["scanlist"]["select"])


def on_save() -> None:
    """Remember which view to hand to the browser as a picture in the coming run."""
    st.session_state["view_to_save"] = st.session_state["viewer"]["save"]


def on_outline() -> None:
    """Keep the outline that the reader drew in the viewer."""
    sent = st.session_state["viewer"]["outline"]
    receipt = reading_room.keep_outline(listed, memory, sent, st.session_state["model_key"])
    st.session_state["outline_receipt"] = receipt
    if not receipt.problem:
        st.session_state["reader_name"] = receipt.author


def volumes() -> None:
    """Show the volumes among the files dropped, and what is odd about those files."""
    warning_cards(listed.notices)
    volume_cards.panel(listed, memory)


def exports(model_key: str) -> None:
    """Offer the results as files, made when asked for, and the way to clear everything."""
    rows = listed.ordered(model_key)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "CSV",
            lambda: exporting.results_csv(rows, model_key),
            "brainscan-results.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON",
            lambda: exporting.results_json(rows, model_key),
            "brainscan-results.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(
            "Clear",
            icon=":material/delete_sweep:",
            help="Take every scan off the list and out of memory",
            on_click=reading_room.clear,
            args=(listed, memory),
        )


def set_paused(paused: bool) -> None:
    """Stop reading the rest of the list, or go on."""
    listed.paused = paused


def progress_bar(model_key: str) -> Any:
    """Show how far reading is, with a way to stop; return the bar while there is work to do."""
    waiting = len(listed.waiting(model_key))
    if not waiting or listed.paused:
        st.session_state.pop("pace", None)
    if not waiting:
        return None
    if listed.paused:
        st.caption(f"Stopped. {waiting} of {len(listed.rows)} scans are not read yet.")
        st.button("Continue", icon=":material/play_arrow:", on_click=set_paused, args=(False,))
        return None
    pace: Pace | None = st.session_state.get("pace")
    if pace is None or pace.total < waiting:
        pace = st.session_state["pace"] = Pace(waiting, time.monotonic())
    done = pace.total - waiting
    bar = st.progress(done / pace.total, pace.words(done, time.monotonic()))
    st.button("Stop", icon=":material/stop:", on_click=set_paused, args=(True,))
    return bar


def read_the_rest(reader: Reader | None, bar: Any) -> None:
    """Read waiting scans for a moment while the bar moves, then draw the page anew."""
    pace: Pace = st.session_state["pace"]
    done = pace.total - len(listed.waiting(reader.key if reader else ""))
    for _ in reading_room.read_some(listed, memory, reader, budget_s=SLICE_S):
        done += 1
        bar.progress(done / pace.total, pace.words(done, time.monotonic()))
    st.rerun()


def empty() -> None:
    """Invite the first scan."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle.container(key="welcome"):
        volumes()
        title("Drop brain MRI scans here")
        st.caption(FORMATS)
        uploader("Scans to read")
        st.button("Try a sample", icon=":material/science:", on_click=take_samples, type="primary")
        st.caption("The samples are synthetic: drawings, not patients.")


def reading() -> None:
    """Show the worklist, the chosen scan and its answer."""
    with st.sidebar:
        uploader("Add scans")
        volumes()
        reader = choose_model()
        model_key = reader.key if reader else ""
        st.session_state["model_key"] = model_key
        point = None if reader is None else sensitivity.control(reader)
        st.session_state["point"] = point
        if len(listed.rows) > 1:
            listed.order = cast(Order, keep_choice("Order", list(ORDERS)))
        row = listed.rows[listed.selected]
        if row.waits_for(model_key):
            with st.spinner(f"Reading {row.name}"):
                reading_room.read_row(row, listed.session, memory, reader)
        if reader is not None:
            sensitivity.decide_all(listed.rows.values(), reader, point)
        bar = progress_bar(model_key)
        if reader is not None and len(listed.rows) > 1:
            st.caption(summary(listed.rows.values(), model_key))
        scanlist(
            listed.ordered(model_key), row.sha256, model_key, key="scanlist", on_select=on_select
        )
        exports(model_key)
    position = listed.position(model_key)
    picture, words = st.columns([7, 3], gap="medium")
    with picture:
        viewer(
            message(row, reader, position, listed, memory),
            key="viewer",
            on_step=on_step,
            on_save=on_save,
            on_outline=on_outline,
        )
    with words.container(key="answer"):
        answer_column(row, reader, listed, memory)
    if bar is not None:
        read_the_rest(reader, bar)


take_uploads()
if listed.rows:
    reading()
else:
    empty()
