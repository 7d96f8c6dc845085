"""Sensitivity on the Volume page; the choice is shared with Diagnose."""

from __future__ import annotations

from brainscan.inference.decision import OperatingPoint
from brainscan.inference.release import Release
from brainscan.inference.volume_rule import VolumeRule
from brainscan.ui.sensitivity import choose

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
    shared = [
        point
        for point in rule.points
        if point.sensitivity is not None and point.sensitivity in slices
    ]
    return choose(shared, rule.operating_point(), help=_HELP, key="volume_sensitivity")
