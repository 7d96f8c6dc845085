"""The reader's choice of sensitivity: every decision follows it, the network is not asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from brainscan.inference.decision import DEFAULT_SENSITIVITY, OperatingPoint, decided_again
from brainscan.inference.prediction import Prediction
from brainscan.ui.error_card import plain
from brainscan.ui.models import Reader
from brainscan.ui.worklist import Row

_CHOSEN = "chosen sensitivity"
_HELP = (
    "How many of 100 tumour slices should not be called tumour-free. A higher value misses fewer "
    "tumours and leaves more tumour-free slices uncertain or suspected. It changes the decisions "
    "of all scans on the list, not their probabilities."
)


def control(reader: Reader) -> OperatingPoint | None:
    """Show the choice and what it means; return it, or ``None`` where there is none to make."""
    points = reader.release.operating_points
    point = choose(points, reader.release.operating_point(), help=_HELP, key="Sensitivity")
    if point is None:
        return None
    if point.specificity is not None and point.indeterminate is not None:
        st.caption(
            f"Validation: {point.specificity:.0%} of tumour-free slices called tumour-free "
            f"(specificity), {point.indeterminate:.0%} of all slices left uncertain."
        )
    if told := kept_on_tests(reader.release.manifest, point.sensitivity):
        st.caption(told)
    return point


def kept_on_tests(manifest: Mapping[str, Any], sensitivity: float | None) -> str:
    """Return in one line what a setting did on each test set of a release; empty if not known.

    The validation images have set the threshold and a test set tells what it is worth elsewhere.
    """
    name = f"Sensitivity {sensitivity:g}" if sensitivity is not None else ""
    found = []
    for title, part in manifest.get("metrics", {}).items():
        decisions = part.get("metrics", {}).get("decisions", {})
        for row in decisions.get("sensitivities", ()):
            kept, cleared = row["tumor_covered"]["value"], row["specificity"]["value"]
            if row["name"] != name or kept is None or cleared is None:
                continue
            if part.get("folds") == ["validation"]:
                continue
            found.append(
                f"on {plain(title)} {kept:.0%} of the tumour slices kept, {cleared:.0%} of the "
                "others cleared"
            )
    if not found:
        return ""
    return f"Test images: {'; '.join(found)}."


def choose(
    points: Iterable[OperatingPoint], own: OperatingPoint, *, help: str, key: str
) -> OperatingPoint | None:
    """Show operating points by their sensitivity and return the one chosen.

    The choice is one for all pages.

    Parameters
    ----------
    points
        On offer. Without any, a sentence says so and ``None`` is returned.
    own
        The release's own, marked as the default.
    help, key
        Of the select box.
    """
    offered = {_name(point): point for point in points}
    if not offered:
        st.caption("This model was released with one threshold; its sensitivity is not selectable.")
        return None
    names = list(offered)
    default = default_name(offered, own)
    wanted = st.session_state.get(_CHOSEN, default)
    chosen = st.selectbox(
        "Sensitivity",
        names,
        index=names.index(wanted if wanted in offered else default),
        format_func=lambda name: f"{name} (default)" if name == default else name,
        help=help,
        key=key,
    )
    st.session_state[_CHOSEN] = chosen
    return offered[chosen]


def decide_all(rows: Iterable[Row], reader: Reader, point: OperatingPoint | None) -> None:
    """Bring the answers of a model to an operating point; those already there stay."""
    if point is None:
        return
    for row in rows:
        answer = row.answers.get(reader.key)
        if answer is not None and answer["sensitivity"] != point.sensitivity:
            quantiles = reader.release.type_quantiles
            row.answers[reader.key] = decided_again(answer, point, quantiles)


def decided(prediction: Prediction, reader: Reader, point: OperatingPoint | None) -> Prediction:
    """Return a prediction at the operating point chosen."""
    return prediction if point is None else prediction.at(point, reader.release.type_quantiles)


def default_name(offered: Mapping[str, OperatingPoint], own: OperatingPoint) -> str:
    """Return the name of the release's own point, or of the usual one where it offers no such."""
    usual = f"{DEFAULT_SENSITIVITY:g}"
    return next((name for name in (_name(own), usual) if name in offered), next(iter(offered)))


def _name(point: OperatingPoint) -> str:
    return "" if point.sensitivity is None else f"{point.sensitivity:g}"
