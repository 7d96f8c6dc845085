"""How outlines agree with the masks, on the Evaluate page."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from brainscan.evaluation.agreement import METHOD
from brainscan.evaluation.outline_figures import NOTES, OutlineFigures, Outlines
from brainscan.evaluation.outline_pictures import LEGEND, OutlineKind
from brainscan.evaluation.outline_plots import agreement_figure
from brainscan.evaluation.outline_text import (
    TITLES,
    outline_words,
    part_table,
    parts_of,
    worst_outlines,
)
from brainscan.evaluation.result import EvaluationResult
from brainscan.ui.error_card import plain
from brainscan.ui.evaluation_chart import chart
from brainscan.ui.evaluation_tables import text_of
from brainscan.ui.evaluation_tiles import tiles
from brainscan.ui.picture_table import chosen_row


def section(result: EvaluationResult) -> None:
    """Lay out the figures of all images or of one source and sequence, and the worst outlines."""
    outlines = result.outlines
    if outlines is None or outlines.overall is None:
        return
    st.caption(
        "Outlines go with the model's own decisions; the threshold above moves nothing here."
    )
    part, stratum = _part(outlines, outlines.overall)
    tiles(part.named(), test_id="figures-outlines")
    if len(outlines.parts) > 1:
        _table(parts_of(outlines))
    if part.agreement is not None:
        with st.container(key="evaluation-curves"):
            chart("Agreement of areas", agreement_figure(part.agreement), "agreement")
        st.caption(plain(f"{part.agreement.sentence.capitalize()}. {METHOD}"))
    _gallery(result, stratum)
    with st.expander("How outlines are measured", icon=":material/info:"):
        for note in NOTES:
            st.caption(plain(note))


def _part(outlines: Outlines, overall: OutlineFigures) -> tuple[OutlineFigures, str | None]:
    """Let the reader choose a source and sequence; return its figures and name."""
    if len(outlines.parts) == 1:
        return outlines.parts[0], None
    names = [part.name for part in outlines.parts]
    chosen = st.selectbox(
        "Source and sequence", [None, *names], format_func=_shown, key="evaluation_outline_part"
    )
    return next((part for part in outlines.parts if part.name == chosen), overall), chosen


def _shown(name: str | None) -> str:
    return name or "All images"


def _table(parts: Sequence[OutlineFigures]) -> None:
    counts = {
        "Part": [part.name for part in parts],
        "Tumour": [part.n_tumor for part in parts],
        "No tumour": [part.n_free for part in parts],
    }
    frame = pd.DataFrame(
        counts | {name: list(map(text_of, figures)) for name, figures in part_table(parts)}
    )
    st.dataframe(frame, hide_index=True, alt="Figures on outlines with 95 % intervals")


def _gallery(result: EvaluationResult, stratum: str | None) -> None:
    """Show the worst outlines: a table and, beside it, the one that is selected."""
    found: dict[OutlineKind, list[int]] = {
        kind: [n for n in worst_outlines(result, kind, stratum) if n in result.outline_pictures]
        for kind in TITLES
    }
    offered = [kind for kind, numbers in found.items() if numbers]
    if not offered:
        return
    kind = st.segmented_control(
        "Gallery",
        offered,
        format_func=TITLES.__getitem__,
        default=offered[0],
        required=True,
        label_visibility="collapsed",
        key=f"evaluation_outline_gallery_{len(offered)}",
    )
    numbers = found[kind or offered[0]]
    table, picture = st.columns([3, 2], gap="medium")
    with table:
        number = _choose(result, numbers)
        st.caption("The worst of every source and sequence are kept. The CSV file has all.")
    with picture, st.container(key="evaluation_outline-picture"):
        st.image(result.outline_pictures[number].drawn(), width="stretch")
        row = result.rows[number]
        st.caption(plain(f"{row.name}. {outline_words(row)}. {LEGEND.capitalize()}."))


def _choose(result: EvaluationResult, numbers: Sequence[int]) -> int:
    """Show outlines as a table and return the number of the row to look at."""
    frame = pd.DataFrame(
        [
            {
                "Slice": result.outline_pictures[number].thumbnail_url,
                "Agreement": outline_words(result.rows[number]),
                "File": result.rows[number].name,
            }
            for number in numbers
        ]
    )
    digest = zlib.crc32(repr(list(numbers)).encode())  # a selection in other rows would mislead
    chosen = chosen_row(
        frame,
        key=f"evaluation_outlines_{digest:08x}",
        row_px=96,
        picture_px=110,
        columns={
            "Agreement": st.column_config.TextColumn(width="medium"),
            "File": st.column_config.TextColumn(width="medium"),
        },
        alt="Outlines that agree least with the masks; select a row to see both outlines.",
    )
    return numbers[chosen]
