"""Training: runs on this machine, their curves and settings; start, stop and resume."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from brainscan.runs.figures import MAX_RUNS
from brainscan.runs.library import runs_folder
from brainscan.runs.run import Run
from brainscan.ui import training_actions
from brainscan.ui.error_card import plain
from brainscan.ui.page import require_frame, title
from brainscan.ui.training_charts import curve_charts
from brainscan.ui.training_details import details
from brainscan.ui.training_shown import all_runs, selection, shown, stamps
from brainscan.ui.training_start import start_dialog
from brainscan.ui.training_table import run_table

_REFRESH_S = 2.0
_IDLE_REFRESH_S = 10.0
_STYLE = Path(training_actions.__file__).parent / "training.css"


def main() -> None:
    """Lay out the page. Progress is refreshed all the time, the rest when an epoch ends."""
    require_frame()
    st.html(_STYLE)
    training_actions.dialog_closed()  # drawing the page from the top closes any
    runs = all_runs()
    heading, buttons = st.columns([3, 2], vertical_alignment="center")
    with heading:
        title("Training", "How the networks were made, and how yours are doing.")
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        training_actions.upload_panel()
        if st.button("Start a training", type="primary", icon=":material/play_arrow:"):
            training_actions.dialog_opened()
            start_dialog()
    training_actions.confirm()
    pace = _REFRESH_S if any(run.active for run in runs) else _IDLE_REFRESH_S
    st.fragment(_progress, run_every=pace)(stamps(runs))
    if runs:
        _body(runs)
    else:
        _nothing_yet()


def _progress(drawn: frozenset[str]) -> None:
    """Show how far trainings have come; draw the page anew when it shows something else.

    Only this part runs every few seconds: charts would cost a training on the same machine
    more time than they are worth, and change once an epoch.
    """
    runs = all_runs()
    if stamps(runs) != drawn and not training_actions.dialog_is_open():
        st.rerun(scope="app")
    for run in runs:
        if run.active:
            training_actions.progress_card(run)


def _body(runs: list[Run]) -> None:
    """Show the table and, of the selected runs, curves, details and downloads."""
    keys = selection(runs)
    items = shown(runs, keys)
    with st.container(key="training-runs"):
        run_table(runs, items)
    _hint(runs, keys)
    if not items:
        return
    for item in items:
        training_actions.run_notes(item)
    if any(item.history is not None for item in items):
        curve_charts(items)
    details(items)
    with st.container(horizontal=True, key="training-downloads"):
        for item in items:
            if item.history is not None:
                st.download_button(
                    f"History of {plain(item.run.name)}",
                    item.history.to_csv(),
                    file_name=f"{Path(item.run.name).stem}-history.csv",
                    mime="text/csv",
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"training_download_{item.run.key}",
                )


def _hint(runs: list[Run], keys: list[str]) -> None:
    if not keys:
        st.info(
            "Select one or more rows of the table to see and compare their curves.",
            icon=":material/check_box:",
        )
    elif len(keys) > MAX_RUNS:
        st.warning(
            f"{len(keys)} trainings are selected and the first {MAX_RUNS} are shown: more curves "
            "could not be told apart. Clear some rows to see others.",
            icon=":material/warning:",
        )
    elif not any(run.kind == "run" for run in runs):
        st.caption(
            "No training has been started on this machine yet. "
            "These are the histories of the models that come with BrainScan."
        )


def _nothing_yet() -> None:
    st.info(
        "There is nothing to show yet. Start a training with the button above, or open the "
        f"history file of one made elsewhere. Runs are kept in {plain(str(runs_folder()))}.",
        icon=":material/show_chart:",
    )


main()
