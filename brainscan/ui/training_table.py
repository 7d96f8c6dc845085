"""The table of trainings, in which the reader selects what to look at."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from brainscan.errors import TrainingError
from brainscan.runs.history import BestEpoch
from brainscan.runs.metric_names import friendly
from brainscan.runs.run import Run
from brainscan.ui.training_shown import Shown, network_name, select

STATES = {
    "starting": "Starting",
    "running": "Running",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
    "released": "Released model",
    "uploaded": "Uploaded file",
    "unknown": "State unknown",
}
_ROW_PX = 35
_ROWS = 6


def run_table(runs: Sequence[Run], selected: Sequence[Shown]) -> None:
    """Show all runs; a change of the selection is kept and reruns the page."""
    colors = {item.run.key: item.color for item in selected}
    keys = [run.key for run in runs]
    # A table with other rows is another widget: row numbers of the old one would mislead.
    widget = f"training_table_{zlib.crc32(chr(0).join(keys).encode()):08x}"
    frame = pd.DataFrame([_row(run, run.key in colors) for run in runs])
    styled = frame.style.apply(
        lambda _: [f"color: {colors.get(key, 'transparent')}" for key in keys], subset=["Curve"]
    )

    def changed() -> None:
        rows = st.session_state[widget]["selection"]["rows"]
        select([keys[row] for row in rows if row < len(keys)])

    st.dataframe(
        styled,
        key=widget,
        hide_index=True,
        height="auto" if len(runs) <= _ROWS else _ROW_PX * (_ROWS + 1),
        on_select=changed,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [i for i, k in enumerate(keys) if k in colors]}},
        column_config={
            "Curve": st.column_config.TextColumn("", width=40),
            "Name": st.column_config.TextColumn(width="medium"),
            "Kept epoch": st.column_config.NumberColumn(format="%d"),
            "Value": st.column_config.NumberColumn(
                format="%.4f", help="Value of the metric at the kept epoch, on validation data."
            ),
            "Chosen by": st.column_config.TextColumn(
                help="Metric that chose the kept epoch, or the rule."
            ),
            "Last change": st.column_config.DatetimeColumn(format="distance"),
        },
        placeholder="",
        alt="Trainings on this machine; select rows to compare their curves.",
    )


def _row(run: Run, selected: bool) -> dict[str, Any]:
    epochs: str = ""
    best = None
    try:
        history = run.history()
    except TrainingError:
        done = run.progress.epoch
    else:
        done, best = len(history), run.best(history)
    if done or run.progress.epochs:
        planned = run.progress.epochs
        epochs = f"{done} of {planned}" if planned > done else str(done)
    dated = run.kind == "run" and run.changed > 0
    return {
        "Curve": "\u25cf" if selected else "",
        "Name": run.name,
        "State": STATES[run.state],
        "Network": network_name(run),
        "Epochs": epochs,
        "Kept epoch": best.epoch if best else None,
        "Value": best.value if best else None,
        "Chosen by": _chosen_by(run, best),
        "Last change": datetime.fromtimestamp(run.changed, UTC) if dated else None,
    }


def _chosen_by(run: Run, best: BestEpoch | None) -> str:
    """Return what chose the kept epoch, in words."""
    if best is None:
        return ""
    return "Last of the schedule" if run.config.get("keep") == "last" else friendly(best.metric)
