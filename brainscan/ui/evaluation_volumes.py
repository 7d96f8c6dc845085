"""Volumes on the Evaluate page: figures, a table, and beside it the volume that is chosen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from brainscan.data.names import display_name
from brainscan.evaluation.answers import answer_words
from brainscan.evaluation.figures import profile_figure
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.volume_tables import (
    COLUMNS,
    key_slice_words,
    volume_line,
    wrong_volumes,
)
from brainscan.evaluation.volumes import NOTES, VolumeRow
from brainscan.ui.error_card import plain
from brainscan.ui.evaluation_errors import picture
from brainscan.ui.evaluation_tiles import tiles
from brainscan.ui.figure_theme import themed
from brainscan.ui.picture_table import chosen_row
from brainscan.ui.wording import counted


@st.fragment
def section(result: EvaluationResult) -> None:
    """Lay out all volumes, the wrongly answered ones first."""
    figures = result.volume_figures
    st.subheader(counted(len(result.volumes), "volume"), anchor=False)
    drawn = result.outlines.volumes if result.outlines else None
    outlined = drawn.named() if drawn else []
    tiles([*figures.named(), *outlined], test_id="figures-volumes")
    wrong = wrong_volumes(result)
    shown = wrong + [
        number
        for number, one in enumerate(result.volumes)
        if one.plane is not None and number not in set(wrong)
    ]
    if shown:
        table, detail = st.columns([3, 2], gap="medium")
        with table:
            number = _table(result, shown)
            _profile(result, number)
        with detail:
            _detail(result, number)
    with st.expander("How volumes are measured", icon=":material/info:"):
        for note in (*NOTES, *figures.notes):
            st.caption(plain(note))


def _table(result: EvaluationResult, numbers: list[int]) -> int:
    """Show the volumes and return the number of the one to look at."""
    frame = pd.DataFrame([volume_line(result.volumes[i]) for i in numbers], columns=list(COLUMNS))
    pictures = [result.key_pictures.get(i) for i in numbers]
    frame.insert(0, "Slice", [one.thumbnail_url if one else None for one in pictures])
    frame.insert(2, "Error", frame.pop("Error"))
    chosen = chosen_row(
        frame,
        key="evaluation_volumes",
        row_px=72,
        picture_px=84,
        columns={"Volume": st.column_config.TextColumn(width="medium")},
        alt="Volumes, wrongly answered ones first; select a row to see its key slice.",
    )
    return numbers[chosen]


def _profile(result: EvaluationResult, number: int) -> None:
    """Show the probabilities along a volume."""
    one = result.volumes[number]
    shaded = "; the tumour slices of its mask are shaded" if one.masked else ""
    st.caption(plain(f"Along {one.row.name}{shaded}."))
    st.plotly_chart(
        themed(profile_figure(one, result.model.threshold)),
        key="evaluation_profile",
        config={"displayModeBar": False},
        alt="Tumour probability of every slice along the scan",
    )


def _detail(result: EvaluationResult, number: int) -> None:
    """Show the most suspicious slice of a volume, and what is to be said of it."""
    one = result.volumes[number]
    kept = result.key_pictures.get(number)
    if kept is not None:
        picture(kept, one.row, _caption(one), key="evaluation_volume")
    st.caption(plain(f"{one.row.name}, {key_slice_words(one)}."))
    for warning in (*one.warnings, one.mask_problem):
        if warning:
            st.caption(plain(warning))


def _caption(one: VolumeRow) -> str:
    assert one.threshold is not None  # a picture is kept of what was answered
    answer = answer_words(one.row, one.threshold)
    label = display_name(one.row.type or one.row.label or "nothing")
    return (
        f"Volume labelled {label}, answered {answer}: value {one.row.probability:.3f}, threshold "
        f"{one.threshold:.3f}. {key_slice_words(one).capitalize()}."
    )
