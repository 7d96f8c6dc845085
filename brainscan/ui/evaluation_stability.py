"""Stability on the Evaluate page: the choice in the form, the section of the result."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from brainscan.evaluation.perturbations import PERTURBATIONS
from brainscan.evaluation.stability import SAMPLE
from brainscan.evaluation.stability_result import StabilityResult
from brainscan.evaluation.stability_tables import COLUMNS, METHOD, lines, summary, unchanged
from brainscan.progress import format_duration
from brainscan.ui.error_card import plain
from brainscan.ui.evaluation_tiles import tiles

_ANSWER_S = 0.06  # of the larger network, preprocessing included, on two cores


def choice(images: int | None) -> int:
    """Offer the measurement; return the number of images to draw, 0 when not wanted.

    Parameters
    ----------
    images
        Number of images there are, ``None`` while unknown.
    """
    drawn = SAMPLE if images is None else min(SAMPLE, images)
    wanted = st.checkbox(
        f"Also measure stability, about {format_duration(seconds(drawn))} more",
        help=f"Ask again about {drawn:,} images, drawn at random, after each of "
        f"{len(PERTURBATIONS)} small changes: mirrored, turned, brightened, darkened, saved as "
        "JPEG, cropped, made noisy.",
        key="evaluation_stability",
        persist_state="session",
    )
    return SAMPLE if wanted else 0


def seconds(images: int) -> float:
    """Return about how long the measurement takes, to the ten seconds where it is long.

    Each image is answered unchanged once more, so that both answers stand on the same footing.
    """
    exact = images * (len(PERTURBATIONS) + 1) * _ANSWER_S
    return float(round(exact, -1)) if exact > 20 else exact


def section(result: StabilityResult) -> None:
    """Show the figures of every change."""
    st.caption(plain(summary(result)))
    tiles(
        [
            ("Any decision changed", result.any_decision_changed),
            ("Any answer changed", result.any_answer_changed),
            ("Mean span of probability", result.mean_range),
            ("AUROC, unchanged", unchanged(result)),
        ],
        test_id="figures-stability",
    )
    titles = [f"{name[0].upper()}{name[1:]}" for name in COLUMNS]
    st.dataframe(
        pd.DataFrame(lines(result), columns=titles),
        hide_index=True,
        height="auto",
        alt="Figures under every change with 95 % intervals",
    )
    with st.expander("How this is measured", icon=":material/info:"):
        st.caption(plain(METHOD))
    for note in result.notes:
        st.caption(plain(note))
