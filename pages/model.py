"""Model: the card of a released model, from its own JSON."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from brainscan.inference.release import Release, broken_models, models_root
from brainscan.reporting.card_markdown import to_markdown
from brainscan.reporting.card_parts import Card
from brainscan.ui import model_choice
from brainscan.ui.error_card import error_card, plain, warning_cards
from brainscan.ui.model_view import show
from brainscan.ui.page import require_frame, title

_STYLE = Path(model_choice.__file__).parent / "model.css"


def main() -> None:
    """Show the chosen release's card with the ways to take it along."""
    require_frame()
    st.html(_STYLE)
    heading, chooser, buttons = st.columns([3, 2, 2], vertical_alignment="center")
    with heading:
        title("Model", "What it is for, how well it answers, and where it fails.")
    with chooser:
        release = model_choice.choose()
    warning_cards(broken_models())
    if release is None:
        _nothing()
        return
    card = model_choice.card_of(release)
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        _downloads(card, release)
    trouble = model_choice.state_of(release)
    if trouble:
        error_card(f"The figures below may not be this model's. {trouble}")
    show(card, release)


def _nothing() -> None:
    st.info(
        f"There is no released model in {plain(str(models_root()))}. Train one on the Training "
        "page and release it with: python -m brainscan release RUN",
        icon=":material/deployed_code:",
    )


def _downloads(card: Card, release: Release) -> None:
    stem = f"model-card-{release.name}-{release.version}"
    offers = (
        ("Card", lambda: to_markdown(card), "md", "text/markdown"),
        ("JSON", lambda: json.dumps(card.to_json(), indent=2) + "\n", "json", "application/json"),
    )
    for label, make, suffix, mime in offers:
        st.download_button(
            label,
            make,
            file_name=f"{stem}.{suffix}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"model_download_{suffix}",
        )


main()
