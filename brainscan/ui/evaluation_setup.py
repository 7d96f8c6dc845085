"""What to evaluate, on what: the form of the Evaluate page before a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from brainscan.data.dataset import Dataset
from brainscan.errors import DatasetError
from brainscan.inference.release import Release, list_models
from brainscan.ui.error_card import error_card, plain
from brainscan.ui.evaluation_intake import FolderSource, Source, open_folder
from brainscan.ui.evaluation_stability import choice
from brainscan.ui.source_choice import choose_source

_LAYOUTS = (
    ("Four classes", "glioma/\nmeningioma/\npituitary/\nnotumor/", "one folder a class"),
    ("Two classes", "yes/\nno/", "tumour or not"),
    ("Split in two", "Training/glioma/ ...\nTesting/glioma/ ...", "as published on Kaggle"),
    ("Table", "manifest.csv\nimages/ ...", "columns file, label; patient, source, mask if known"),
    ("No labels", "scan1.png\nscan2.png ...", "a table of predictions"),
    ("Volumes", "glioma/a.nii.gz\nnotumor/series b/ ...", "NIfTI or a folder of DICOM: one scan"),
)
_SEEN = "evaluation_seen"


def setup(changed: Callable[[], None]) -> tuple[Source, Release, int] | None:
    """Lay out the form; return what to evaluate when the user starts the evaluation.

    The number is that of the images to measure stability on, 0 for none. ``changed`` is called
    when the user chooses other scans.
    """
    models = list_models()
    if not models:
        st.info(
            "There is no released model yet, so nothing can be evaluated. Put a release into the "
            "models folder, or train one on the Training page.",
            icon=":material/deployed_code:",
        )
        return None
    with st.container(border=True, key="evaluation-setup"):
        source = choose_source(
            "Where the scans are", key="evaluation", changed=changed, folder=_folder
        )
        known = st.session_state.get(_SEEN) if isinstance(source, FolderSource) else None
        stability = choice(len(known[1].records) - known[1].volumes if known else None)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            release = _model(models)
            pressed = st.button(
                "Evaluate",
                type="primary",
                icon=":material/play_arrow:",
                disabled=source is None,
                key="evaluation_start",
            )
    _layouts()
    return (source, release, stability) if pressed and source is not None else None


def _model(models: Sequence[Release]) -> Release:
    titles = {release.name: release for release in models}
    name = st.selectbox(
        "Model",
        list(titles),
        format_func=lambda key: titles[key].title,
        key="evaluation_model",
        persist_state="session",
        width=320,
    )
    return titles[name]


def _folder(path: Path) -> Source | None:
    """Open the folder at once, so that its folds and sources can be chosen from."""
    try:
        dataset = _seen(path)
    except DatasetError as error:
        error_card(error)
        return None
    st.caption(plain(_summary(dataset)))
    with st.container(horizontal=True):
        folds = _choice("Folds", sorted({r.fold for r in dataset.records if r.fold}))
        sources = _choice("Sources", sorted({r.source for r in dataset.records}))
    return FolderSource(path, folds, sources)


def _seen(path: Path) -> Dataset:
    """Open a folder once while its path stands in the field; the run opens it again."""
    known = st.session_state.get(_SEEN)
    if known is None or known[0] != path:
        with st.spinner("Looking through the folder ..."):
            known = (path, open_folder(path))
        st.session_state[_SEEN] = known
    dataset: Dataset = known[1]
    return dataset


def _choice(label: str, names: list[str]) -> tuple[str, ...]:
    """Offer a choice where there is one; an empty choice means all."""
    if len(names) < 2:
        return ()
    return tuple(st.multiselect(f"{label} (empty: all)", names, key=f"evaluation_{label.lower()}"))


def _summary(dataset: Dataset) -> str:
    labels = [record.label for record in dataset.records]
    total = f"{len(labels) - dataset.volumes:,} images"
    if dataset.volumes:
        total += f" and {dataset.volumes:,} volumes"
    if not dataset.labelled:
        return f"{total} without labels: they will be predicted, not scored."
    parts = [f"{labels.count('tumor'):,} tumour", f"{labels.count('no_tumor'):,} no tumour"]
    if unknown := labels.count(None):
        parts.append(f"{unknown:,} without a certain label")
    return f"{total} ({dataset.layout}): {', '.join(parts)}."


def _layouts() -> None:
    """Explain in one glance what a dataset may look like."""
    cards = "".join(
        f"<div><b>{title}</b><pre>{tree}</pre><span>{note}</span></div>"
        for title, tree, note in _LAYOUTS
    )
    st.html(f'<div class="bs-layouts" data-testid="layouts">{cards}</div>')
