"""A model card laid out: contents beside the chapters, charts and pictures in their places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from brainscan.inference.release import Release
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.card_failures import gallery_blocks
from brainscan.reporting.card_parts import (
    Block,
    Calibration,
    Card,
    Gallery,
    Section,
    WorstErrors,
)
from brainscan.ui import model_gallery
from brainscan.ui.error_card import plain
from brainscan.ui.model_errors import worst_errors
from brainscan.ui.model_html import (
    block_html,
    contents_html,
    glance_html,
    heading_html,
    headline_html,
    opening_html,
)

_WIDGETS = (Calibration, WorstErrors, Gallery)


def show(card: Card, release: Release) -> None:
    """Lay out the whole card."""
    st.html(opening_html(card))
    if card.headline:
        st.html(headline_html(card.headline))
    else:
        st.info("This release was measured on no test set.", icon=":material/info:")
    beside, main = st.columns([1, 6], gap="medium")
    with beside, st.container(key="model-contents"):
        st.html(contents_html(card.sections))
    with main, st.container(key="model-card"):
        st.html(glance_html(card))
        for section in card.sections:
            _section(section, release)
        st.html(f'<div class="bs-prose"><p>{RESEARCH_USE}</p></div>')


def _section(section: Section, release: Release) -> None:
    st.html(heading_html(section))
    if section.key == "failures":
        _failures(section, release)
        return
    _blocks(section.blocks, section.key)
    if section.key == "training" and st.button(
        "Training curves", icon=":material/show_chart:", key="model_to_training"
    ):
        st.switch_page("pages/training.py")


def _blocks(blocks: Sequence[Block], key: str) -> None:
    """Show blocks in order; those without widgets stand together."""
    drawn = [block for block in blocks if isinstance(block, Calibration)]
    held: list[str] = []

    def flush() -> None:
        if held:
            st.html(f'<div class="bs-prose">{"".join(held)}</div>')
            held.clear()

    for block in blocks:
        if not isinstance(block, _WIDGETS):
            held.append(block_html(block))
            continue
        flush()
        if isinstance(block, Calibration):
            if drawn and block is drawn[0]:
                _calibrations(drawn)
        elif isinstance(block, WorstErrors):
            worst_errors(block, key)
        else:
            model_gallery.pictures(block)
    flush()


def _calibrations(blocks: Sequence[Calibration]) -> None:
    """Draw the reliability diagrams side by side."""
    # Plotly takes a moment to import; a card without bins does not need it.
    from brainscan.evaluation.curves import Reliability
    from brainscan.evaluation.figures import reliability_figure
    from brainscan.ui.figure_theme import themed

    with st.container(key="model-calibration"):
        for number, block in enumerate(blocks):
            columns = list(zip(*block.bins, strict=True))
            shares = [np.array([np.nan if v is None else v for v in c]) for c in columns[3:]]
            figure = reliability_figure(
                Reliability(
                    np.array([*columns[0], columns[1][-1]]),
                    np.array(columns[2], int),
                    shares[0],
                    shares[1],
                )
            )
            with st.container(border=True, key=f"model-reliability-{number}"):
                error = f": calibration error {block.ece.text}" if block.ece else ""
                interval = f" ({block.ece.interval})" if block.ece and block.ece.interval else ""
                st.markdown(f"**{plain(block.dataset)}**{plain(error + interval)}")
                st.plotly_chart(
                    themed(figure),
                    key=f"model_reliability_{number}",
                    config={"displayModeBar": False},
                    alt=f"Reliability diagram on {block.dataset}",
                )


def _failures(section: Section, release: Release) -> None:
    """Show the stored failures, or those of a search made on this page."""
    found = model_gallery.found(release)
    if found is None:
        _blocks(section.blocks, section.key)
    else:
        stored = gallery_blocks(release.manifest.get("gallery"))
        kept = section.blocks[: len(section.blocks) - len(stored)]
        _blocks((*kept, *gallery_blocks(found)), section.key)
    model_gallery.search(release)
