"""Model and sensitivity on the Volume page; both choices are shared with Diagnose."""

from __future__ import annotations

import streamlit as st

from brainscan.errors import BrainScanError
from brainscan.inference.decision import OperatingPoint
from brainscan.inference.release import Release
from brainscan.inference.volume_rule import VolumeRule
from brainscan.ui.error_card import error_card
from brainscan.ui.models import releases
from brainscan.ui.sensitivity import default_name

_MODEL = "chosen Model"  # as Diagnose keeps it
_SENSITIVITY = "chosen sensitivity"
_HELP = (
    "How many of 100 tumour scans should not be called tumour-free. A higher value misses fewer "
    "tumours and leaves more tumour-free scans uncertain or suspected. It changes the decision, "
    "not the probabilities of the slices."
)


def choose_model() -> tuple[str, Release] | None:
    """Show the model picker; return title and release, ``None`` with the reason shown."""
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
    kept = st.session_state.get(_MODEL)
    index = names.index(kept) if kept in offered else 0
    chosen = st.selectbox("Model", names, index=index, key="volume_model")
    st.session_state[_MODEL] = chosen
    return chosen, offered[chosen]


def choose_sensitivity(release: Release) -> OperatingPoint | None:
    """Show the sensitivities that slices and rule both have; return the rule's point chosen.

    ``None``: there is no choice, the release's own operating point holds.
    """
    rule = VolumeRule.of(release)
    slices = {point.sensitivity for point in release.operating_points}
    points = {
        f"{point.sensitivity:g}": point
        for point in rule.points
        if point.sensitivity is not None and point.sensitivity in slices
    }
    if not points:
        st.caption("This model was released with one threshold; its sensitivity is not selectable.")
        return None
    names = list(points)
    default = default_name(points, rule.operating_point())
    wanted = st.session_state.get(_SENSITIVITY, default)
    chosen = st.selectbox(
        "Sensitivity",
        names,
        index=names.index(wanted if wanted in points else default),
        format_func=lambda name: f"{name} (default)" if name == default else name,
        help=_HELP,
        key="volume_sensitivity",
    )
    st.session_state[_SENSITIVITY] = chosen
    return points[chosen]
