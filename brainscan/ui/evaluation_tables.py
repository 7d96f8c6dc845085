"""The single images, classes and sources of an evaluation as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from brainscan.data.names import display_name
from brainscan.evaluation.answers import decision_words, error_words
from brainscan.evaluation.breakdown import Breakdown
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.metrics import ConfusionFigures
from brainscan.evaluation.names import format_interval, format_value
from brainscan.evaluation.result import EvaluationResult

_ROW_PX = 35
_ROWS = 14


def text_of(estimate: Estimate) -> str:
    """Return value and interval on one line."""
    interval = format_interval(estimate)
    return f"{format_value(estimate)} ({interval})" if interval else format_value(estimate)


def _show(frame: pd.DataFrame, alt: str, **columns: Any) -> None:
    """Show a table as high as its rows, scrolling where they are many."""
    st.dataframe(
        frame,
        hide_index=True,
        height="auto" if len(frame) <= _ROWS else _ROW_PX * (_ROWS + 1),
        column_config=columns,
        alt=alt,
    )


def images_table(result: EvaluationResult, threshold: float) -> None:
    """Show every image with a prediction; the reader sorts and searches."""
    rows = [row for row in result.rows if row.probability is not None]
    columns: dict[str, Callable[[Any], Any]] = {
        "File": lambda row: row.name,
        "Tumour probability": lambda row: row.probability,
        "Decision": lambda row: decision_words(row, threshold),
        "Type": lambda row: row.named_type(threshold) or "",
    }
    if result.labelled:
        columns |= {
            "Label": lambda row: display_name(row.type or row.label or "none"),
            "Error": lambda row: error_words(row, threshold),
        }
    if result.seen:
        columns["Seen in training"] = lambda row: row.seen or ""
    if any(row.sequence for row in rows):
        columns["Sequence"] = lambda row: row.sequence or ""
    if len({row.source for row in rows}) > 1:
        columns["Source"] = lambda row: row.source
    frame = pd.DataFrame({name: [value(row) for row in rows] for name, value in columns.items()})
    frame = frame.sort_values("Tumour probability", ascending=False, kind="stable")
    _show(
        frame,
        "Every image with its prediction",
        **{
            "Tumour probability": st.column_config.ProgressColumn(
                format="%.3f", min_value=0, max_value=1, color="primary"
            )
        },
    )


def class_table(figures: ConfusionFigures) -> None:
    """Show the figures of every class."""
    frame = pd.DataFrame(
        [
            {
                "Class": display_name(one.name),
                "n": one.n,
                "Precision": text_of(one.precision),
                "Recall (sensitivity)": text_of(one.recall),
                "Specificity": text_of(one.specificity),
                "F1": text_of(one.f1),
            }
            for one in figures.per_class
        ]
    )
    _show(frame, "Figures of every class with 95 % intervals")


def macro_line(figures: ConfusionFigures) -> None:
    """Show the figures over all classes on one line."""
    named = {
        "accuracy": figures.accuracy,
        "macro precision": figures.macro_precision,
        "macro recall (balanced accuracy)": figures.balanced_accuracy,
        "macro F1": figures.macro_f1,
        "Matthews correlation": figures.mcc,
    }
    st.caption(" · ".join(f"{name} {text_of(value)}" for name, value in named.items()))


def parts_table(parts: Sequence[Breakdown], title: str) -> None:
    """Show the figures of every source or sequence."""
    frame = pd.DataFrame(
        [
            {
                title: part.name,
                "Tumour": part.n_tumor,
                "No tumour": part.n_no_tumor,
                "AUROC": text_of(part.auroc),
                "Sensitivity at spec. 0.95": text_of(part.sensitivity_at_95),
                "Sensitivity": text_of(part.sensitivity),
                "Specificity": text_of(part.specificity),
                "Calibration error": text_of(part.ece),
                "Peak in tumour": text_of(part.hit_rate),
                "Indeterminate": part.indeterminate,
                "Without prediction": part.without_prediction,
            }
            for part in parts
        ]
    )
    _show(frame, f"Figures by {title.lower()} with 95 % intervals")


def refused_table(result: EvaluationResult) -> None:
    """Show the files without a prediction, each with its reason."""
    frame = pd.DataFrame([{"File": row.name, "Reason": row.reason} for row in result.refused])
    _show(frame, "Files without a prediction", Reason=st.column_config.TextColumn(width="large"))
