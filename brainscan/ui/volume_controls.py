"""Sensitivity on the Volume page; the choice is shared with Diagnose."""

from __future__ import annotations

import streamlit as st

from brainscan.inference.decision import OperatingPoint
from brainscan.inference.release import Release
from brainscan.inference.volume_rule import VolumeRule
from brainscan.ui.sensitivity import default_name

_SENSITIVITY = "chosen sensitivity"
_HELP = (
    "How many of 100 tumour scans should not be called tumour-free. A higher value misses fewer "
    "tumours and leaves more tumour-free scans uncertain or suspected. It changes the decision, "
    "not the probabilities of the slices."
)


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
