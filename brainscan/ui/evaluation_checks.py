"""What keeps an evaluation honest: images seen in training, and answers without a detector."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from brainscan.evaluation.baseline_result import NAMES
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.seen_figures import seen_compared, seen_level, seen_sentence
from brainscan.ui.error_card import plain
from brainscan.ui.evaluation_tables import text_of
from brainscan.ui.evaluation_tiles import tiles

_TILES = {
    "border": "Border alone, AUROC",
    "file_size": "File size alone, AUROC",
    "file": "File alone, AUROC",
    "nearest": "Nearest picture, AUROC",
}


def seen_notice(result: EvaluationResult) -> None:
    """Say how many images were seen in training; more than 1 % in a box, with both figures."""
    level = seen_level(result)
    text = plain(seen_sentence(result))
    if level not in ("some", "many"):
        icon = ":material/help:" if level == "unknown" else ":material/verified_user:"
        st.caption(f"{icon} {text}")
        return
    with st.container(key="evaluation-seen"):
        st.warning(f"**{text}**", icon=":material/school:")
        compared = seen_compared(result)
        if compared:
            frame = pd.DataFrame(
                [
                    {
                        "Figure": name,
                        "All images": text_of(on_all),
                        "n": on_all.n,
                        "Without those seen in training": text_of(unseen),
                        "n left": unseen.n,
                    }
                    for name, on_all, unseen in compared
                ]
            )
            st.dataframe(
                frame, hide_index=True, alt="Figures with and without images seen in training"
            )


def baseline_tiles(result: EvaluationResult) -> None:
    """Show beside the model what can be had without a detector, in a sentence and as tiles."""
    measured = result.baselines
    if measured is None:
        return
    with st.container(key="evaluation-baselines"):
        st.markdown(f"**Without a detector.** {plain(measured.verdict)}")
        if not measured.parts:
            return
        first = measured.parts[0]
        figures = [("The model, AUROC", first.model)]
        figures += [(_TILES[key], figure) for key, figure in first.baselines.items()]
        if measured.types_model is not None and measured.types_nearest is not None:
            figures.append(("Nearest picture, types", measured.types_nearest))
        tiles(figures, test_id="figures-baselines")


def baselines_table(result: EvaluationResult) -> None:
    """Show the AUROC of model and baselines overall and by source."""
    measured = result.baselines
    if measured is None or not measured.parts:
        st.caption("There are too few images of both classes to measure baselines.")
        return
    frame = pd.DataFrame(
        [
            {
                "AUROC": part.name,
                "Tumour": part.n_tumor,
                "No tumour": part.n_no_tumor,
                "The model": text_of(part.model),
                **{NAMES[key]: text_of(figure) for key, figure in part.baselines.items()},
            }
            for part in measured.parts
        ]
    )
    st.dataframe(frame, hide_index=True, alt="AUROC of the model and of the baselines")
    if measured.types_model is not None and measured.types_nearest is not None:
        st.caption(
            f"Tumour type, accuracy over {measured.types_model.n:,} images: the model "
            f"{text_of(measured.types_model)}, the most similar picture "
            f"{text_of(measured.types_nearest)}."
        )
    for note in measured.notes:
        st.caption(plain(note))
