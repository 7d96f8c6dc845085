"""Below the curves: validation results by class, differences of settings, the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from brainscan.data.names import display_name
from brainscan.evaluation.figures import matrix_figure
from brainscan.runs.compare import compare_settings
from brainscan.runs.run import Run
from brainscan.ui.error_card import plain
from brainscan.ui.figure_theme import themed
from brainscan.ui.training_shown import Shown

_LOG_LINES = 200
_LOG_REFRESH_S = 5.0


def details(shown: Sequence[Shown]) -> None:
    """Show the tabs of what is behind the curves."""
    classes, settings, log = st.tabs(
        ["Validation by class", "Settings", "Log"], key="training_details"
    )
    with classes:
        _classes(shown)
    with settings:
        _settings(shown)
    with log:
        _log(shown)


def _choose(shown: Sequence[Shown], key: str) -> Shown:
    """Let the reader choose one of several runs."""
    if len(shown) == 1:
        return shown[0]
    by_key = {item.run.key: item for item in shown}
    chosen = st.segmented_control(
        "Run",
        list(by_key),
        default=shown[0].run.key,
        required=True,
        format_func=lambda name: by_key[name].run.name,
        key=key,
        label_visibility="collapsed",
    )
    return by_key.get(chosen or "", shown[0])


def _classes(shown: Sequence[Shown]) -> None:
    item = _choose(shown, "training_classes_run")
    validation = item.run.metrics.get("validation")
    table = validation_table(validation) if isinstance(validation, Mapping) else None
    if table is None:
        st.info(_no_classes(item.run), icon=":material/info:")
        return
    names, counts, figures = table
    epoch = item.run.metrics.get("best_epoch")
    at = f"epoch {epoch + 1}" if isinstance(epoch, int) else "the best epoch"
    st.markdown(
        f"Validation of **{plain(item.run.name)}** at {at}, {int(counts.sum()):,} images. "
        "Images that chose the epoch flatter the model a little; "
        "use the Evaluate page with images it has never seen."
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.plotly_chart(
            themed(matrix_figure(names, counts)),
            key="training_confusion",
            config={"displayModeBar": False},
            alt="Confusion matrix: rows are labels, columns are answers.",
        )
    with right:
        st.dataframe(
            figures,
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="%.3f")
                for name in ("Precision", "Recall", "F1")
            },
        )


def _no_classes(run: Run) -> str:
    if run.kind == "upload":
        return "A history file has no results by class. They come with trainings made by BrainScan."
    if run.active:
        return "Results by class appear when the first epoch ends."
    return (
        f"{plain(run.name)} recorded no results by class: its metrics.json is missing or was "
        "written by other software."
    )


def validation_table(
    validation: Mapping[str, Any],
) -> tuple[list[str], np.ndarray, pd.DataFrame] | None:
    """Return class names, ``(C, C)`` counts and a table of figures, ``None`` when malformed."""
    names, rows = validation.get("classes"), validation.get("confusion")
    per_class = validation.get("per_class")
    if not isinstance(names, list) or not isinstance(per_class, Mapping):
        return None
    try:
        counts = np.asarray(rows, dtype=np.int64)
    except (TypeError, ValueError):
        return None
    if not names or counts.shape != (len(names), len(names)) or counts.min() < 0:
        return None
    lines = []
    for name in map(str, names):
        figures = per_class.get(name)
        values = figures if isinstance(figures, Mapping) else {}
        lines.append(
            {
                "Class": display_name(name),
                "Precision": _number(values.get("precision")),
                "Recall": _number(values.get("recall")),
                "F1": _number(values.get("f1")),
                "Images": _number(values.get("n")),
            }
        )
    return [str(name) for name in names], counts, pd.DataFrame(lines)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _settings(shown: Sequence[Shown]) -> None:
    known = [item for item in shown if item.run.settings]
    if not known:
        st.info(
            "No settings were recorded for what is shown. A history file holds curves only.",
            icon=":material/info:",
        )
        return
    rows = compare_settings([item.run.settings for item in known])
    everything = len(known) == 1 or st.toggle(
        "Show all settings", key="training_all_settings", help="Also those that agree."
    )
    chosen = [row for row in rows if everything or row.differs]
    if not chosen:
        st.info(
            "These runs have the same settings. Turn on “Show all settings” to read them.",
            icon=":material/info:",
        )
        return
    frame = pd.DataFrame(
        [row.values for row in chosen],
        index=pd.Index([row.setting for row in chosen], name="Setting"),
        columns=[item.run.name for item in known],
    )
    st.dataframe(frame, height="auto" if len(frame) <= 10 else 400)


def _log(shown: Sequence[Shown]) -> None:
    item = _choose(shown, "training_log_run")
    # Only the text is refreshed: see the page's progress part.
    st.fragment(_log_text, run_every=_LOG_REFRESH_S if item.run.active else None)(item)


def _log_text(item: Shown) -> None:
    text = item.run.log_tail(_LOG_LINES)
    if not text:
        st.info(
            "There is no log. Trainings started from this page write one; those started in a "
            "terminal print there.",
            icon=":material/info:",
        )
        return
    st.caption(f"The last {_LOG_LINES} lines at most. The whole log is {item.run.folder}/log.txt.")
    with st.container(height=360, autoscroll=True, key="training-log"):
        st.code(text, language=None, wrap_lines=True)
