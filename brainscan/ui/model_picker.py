"""The reader's choice of model, shared by the pages that ask one."""

from __future__ import annotations

import streamlit as st

from brainscan.errors import BrainScanError
from brainscan.inference.release import Release
from brainscan.ui.error_card import error_card
from brainscan.ui.models import releases

_CHOSEN = "chosen Model"


def choose_release(key: str) -> tuple[str, Release] | None:
    """Show the model picker; return title and release, ``None`` with the reason shown.

    Parameters
    ----------
    key
        Of the widget. The choice itself is kept for all pages.
    """
    try:
        offered = releases()
    except BrainScanError as error:
        error_card(error)
        return None
    if not offered:
        error_card(
            "No released model was found in the folder models/, so nothing can be predicted. "
            "Train one on the Training page or restore the folder."
        )
        return None
    names = list(offered)
    kept = st.session_state.get(_CHOSEN)
    index = names.index(kept) if kept in offered else 0
    chosen = st.selectbox("Model", names, index=index, key=key)
    st.session_state[_CHOSEN] = chosen
    return chosen, offered[chosen]
