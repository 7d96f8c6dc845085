"""The runs that the training page shows, each with its history and its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from brainscan.errors import TrainingError
from brainscan.runs.figures import MAX_RUNS, colors
from brainscan.runs.history import BestEpoch, History
from brainscan.runs.library import list_releases, list_runs
from brainscan.runs.run import Run, uploaded
from brainscan.ui.theme import is_dark

_SELECTED = "training_selected"
_UPLOADS = "training_uploads"

NETWORKS = {"resnet50": "ResNet50", "custom_cnn": "Custom CNN"}
"""Names of the architectures as people read them."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A selected run.

    Attributes
    ----------
    run
        The run.
    color
        Its colour in charts and tables, ``#RRGGBB``.
    history
        Its history, ``None`` when there is none yet.
    best
        The epoch to mark.
    problem
        Why there is no history, as a sentence.
    """

    run: Run
    color: str
    history: History | None
    best: BestEpoch | None
    problem: str = ""


def all_runs() -> list[Run]:
    """Return what the page lists: runs in progress and past, uploads, released models."""
    uploads: dict[str, History] = st.session_state.get(_UPLOADS, {})
    return [*list_runs(), *(uploaded(history) for history in uploads.values()), *list_releases()]


def stamps(runs: Sequence[Run]) -> frozenset[str]:
    """Return what tells whether the page must be drawn anew: states and written epochs."""
    return frozenset(f"{run.key} {run.state} {run.history_stamp()}" for run in runs)


def keep_upload(history: History) -> None:
    """Keep a history file for this session and show it beside what is shown.

    Another file of the same name stands beside the first, numbered.
    """
    shown_now = selection(all_runs())
    uploads: dict[str, History] = st.session_state.setdefault(_UPLOADS, {})
    name, number = history.name, 1
    while name in uploads and uploads[name].to_csv() != history.to_csv():
        number += 1
        name = f"{history.name} ({number})"
    uploads[name] = replace(history, name=name)
    select([*shown_now, uploaded(uploads[name]).key])


def has_uploads() -> bool:
    """Whether any uploaded history is kept."""
    return bool(st.session_state.get(_UPLOADS))


def forget_uploads() -> None:
    """Drop all uploaded histories."""
    st.session_state.pop(_UPLOADS, None)


def selection(runs: Sequence[Run]) -> list[str]:
    """Return the keys of the selected runs, oldest choice first.

    Until somebody chooses, these are the runs in progress; or else the newest run; or else the
    released models.
    """
    chosen: list[str] | None = st.session_state.get(_SELECTED)
    known = [run.key for run in runs]
    if chosen is None:
        active = [run.key for run in runs if run.active]
        newest = [run.key for run in runs if run.kind == "run"][:1]
        return (active or newest or known)[:MAX_RUNS]
    return [key for key in chosen if key in known]


def select(keys: Sequence[str]) -> None:
    """Select runs: those already selected keep their place, and so their colour."""
    before: list[str] = st.session_state.get(_SELECTED) or []
    kept = [key for key in before if key in keys]
    added = [key for key in dict.fromkeys(keys) if key not in kept]
    st.session_state[_SELECTED] = kept + added


def shown(runs: Sequence[Run], keys: Sequence[str]) -> list[Shown]:
    """Return the first `MAX_RUNS` selected runs with their histories."""
    by_key = {run.key: run for run in runs}
    palette = colors(is_dark())
    return [_read(by_key[key], color) for key, color in zip(keys[:MAX_RUNS], palette, strict=False)]


def network_name(run: Run) -> str:
    """Return the architecture as people read it, empty when unknown."""
    architecture = str(run.config.get("architecture") or "")
    return NETWORKS.get(architecture, architecture)


def _read(run: Run, color: str) -> Shown:
    try:
        history = run.history()
    except TrainingError as error:
        return Shown(run, color, None, None, str(error))
    return Shown(run, color, history, run.best(history))
