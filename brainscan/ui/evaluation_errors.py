"""The errors of an evaluation: a table with thumbnails and, beside it, the picture."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from brainscan.data.names import display_name
from brainscan.evaluation.answers import answer_words, counting_words, error_words
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.review import ReviewImage
from brainscan.evaluation.rows import ERROR_KINDS, ImageRow
from brainscan.imaging.overlay import overlay_png
from brainscan.imaging.scan import Scan
from brainscan.ui.error_card import plain
from brainscan.ui.picture_table import chosen_row

_MOST = 100
_ALL = "all"


def errors(result: EvaluationResult, threshold: float) -> None:
    """Lay out what is wrong at a threshold, the most confident errors first."""
    numbers = result.errors_at(threshold)
    if not numbers:
        st.success(
            f"No labelled image is answered wrongly at the threshold {threshold:.2f}.",
            icon=":material/check:",
        )
        return
    st.caption(_counted(result, numbers))
    shown = _filtered(result, numbers, threshold)
    if not shown:
        st.caption("There is no error of this kind at this threshold.")
        return
    table, picture = st.columns([3, 2], gap="medium")
    with table:
        number = _table(result, shown[:_MOST], threshold)
        if len(shown) > _MOST:
            st.caption(f"The {_MOST} most confident of {len(shown):,}. The CSV file has all.")
    with picture:
        _picture(result, number, threshold)


def _counted(result: EvaluationResult, numbers: list[int]) -> str:
    """Say how errors are counted and how many of them the model does not stand by."""
    words = counting_words(result.model.band)
    uncertain = sum(result.rows[number].decision == "indeterminate" for number in numbers)
    return f"{words} Uncertain: {uncertain:,} of these {len(numbers):,}." if uncertain else words


def _filtered(result: EvaluationResult, numbers: list[int], threshold: float) -> list[int]:
    """Offer the kinds of error and return the errors of the kind chosen."""
    kinds = [result.rows[number].error(threshold) for number in numbers]
    labels = {_ALL: f"All {len(numbers):,}"}
    labels |= {kind: f"{display_name(kind)} {kinds.count(kind):,}" for kind in ERROR_KINDS}
    chosen = st.segmented_control(
        "Kind of error",
        list(labels),
        format_func=labels.__getitem__,
        default=_ALL,
        required=True,
        label_visibility="collapsed",
        key="evaluation_error_kind",
    )
    pairs = zip(numbers, kinds, strict=True)
    return [number for number, kind in pairs if chosen in (_ALL, None, kind)]


def _table(result: EvaluationResult, numbers: Sequence[int], threshold: float) -> int:
    """Show the errors and return the number of the row whose picture is wanted."""
    frame = pd.DataFrame([_line(result, number, threshold) for number in numbers])
    # Another set of rows is another widget: a selection in the old one would mislead.
    digest = zlib.crc32(repr(list(numbers)).encode())
    chosen = chosen_row(
        frame,
        key=f"evaluation_errors_{digest:08x}",
        row_px=72,
        picture_px=84,
        columns={
            "p": st.column_config.NumberColumn("Probability", format="%.3f", width="small"),
            "File": st.column_config.TextColumn(width="medium"),
        },
        alt="Wrongly answered images; select a row to see its heat map.",
    )
    return numbers[chosen]


def _line(result: EvaluationResult, number: int, threshold: float) -> dict[str, object]:
    row = result.rows[number]
    picture = result.review.get(number)
    return {
        "Slice": picture.thumbnail_url if picture else None,
        "Error": error_words(row, threshold),
        "Label": display_name(row.type or row.label or ""),
        "Answer": answer_words(row, threshold),
        "p": row.probability,
        "File": row.name,
    }


def _picture(result: EvaluationResult, number: int, threshold: float) -> None:
    """Show one slice with its evidence map."""
    row = result.rows[number]
    kept = result.review.get(number)
    if kept is None:
        st.info(
            "No picture was kept of this image, because many others are worse. "
            "Open its file on the Diagnose page.",
            icon=":material/image_not_supported:",
        )
        return
    caption = (
        f"Labelled {display_name(row.type or row.label or '')}, answered "
        f"{answer_words(row, threshold)}: tumour probability {row.probability:.3f}, "
        f"threshold {threshold:.2f}."
    )
    picture(kept, row, caption, key="evaluation")
    named = row.types if row.names_types else ()
    types = ", ".join(f"{name} {share:.2f}" for name, share in named)
    st.caption(plain(f"{row.name}. {f'Types: {types}.' if types else ''}"))


def picture(kept: ReviewImage, row: ImageRow, caption: str, *, key: str) -> None:
    """Show a slice that was kept, with the choice of its evidence map over it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        heat = st.toggle("Heat map", value=True, key=f"{key}_heat")
        opacity = st.slider("Opacity", 0.0, 1.0, 0.5, 0.05, disabled=not heat, key=f"{key}_opacity")
        least = st.slider(
            "Shown from",
            *(0.0, 1.0, 0.3, 0.05),
            disabled=not heat,
            help="Evidence below this probability is not painted.",
            key=f"{key}_least",
        )
    evidence: np.ndarray | None = kept.evidence() if heat else None
    scan = Scan(
        kept.pixels(),
        row.name,
        row.sha256,
        format="JPEG",
        mode="L",
        letters=kept.letters,
        spacing=kept.spacing,
    )
    png = overlay_png(scan, evidence, opacity=opacity, threshold=least, caption=caption)
    with st.container(key=f"{key}-picture"):
        st.image(png, width="stretch")
