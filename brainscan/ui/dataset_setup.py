"""Which dataset to audit: the form of the Dataset page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from brainscan.ui.dataset_run import DatasetJob, start, start_synthetic
from brainscan.ui.source_choice import choose_source

_FINDS = (
    ("Copies", "Same bytes, same pixels, saved again, resized, mirrored, cropped or turned."),
    ("Leaks", "Test images whose picture, or patient, is also in training."),
    ("Label conflicts", "One picture under two labels."),
    ("Giveaways", "How well border, file size and colour mode predict the class, brain unseen."),
    ("A safe split", "A manifest.csv whose folds never cut through copies or patients."),
)


def setup(changed: Callable[[], None]) -> DatasetJob | None:
    """Lay out the form; return the audit when the user starts one.

    ``changed`` is called when the user chooses other images.
    """
    with st.container(border=True, key="dataset-setup"):
        source = choose_source("Where the images are", key="dataset", changed=changed)
        with st.container(horizontal=True):
            pressed = st.button(
                "Audit",
                type="primary",
                icon=":material/fact_check:",
                disabled=source is None,
                key="dataset_start",
            )
            sample = st.button(
                "Try a synthetic set",
                icon=":material/science:",
                help="58 drawn slices, marked synthetic, with a leak planted between training "
                "and test, and a picture under two labels. No patient's image.",
                key="dataset_synthetic",
            )
    cards = "".join(f"<div><b>{title}</b><span>{text}</span></div>" for title, text in _FINDS)
    st.html(f'<div class="bs-finds" data-testid="finds">{cards}</div>')
    if sample:
        return start_synthetic()
    return start(source) if pressed and source is not None else None
