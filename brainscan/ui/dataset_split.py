"""A group-safe split: how many folds, what they hold, and the file."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st

from brainscan.data.leaks import class_of
from brainscan.data.names import display_name
from brainscan.data.splitting import balanced_folds, manifest_path, manifest_text, write_split
from brainscan.errors import BrainScanError, DatasetError
from brainscan.ui.dataset_run import AuditedDataset
from brainscan.ui.error_card import error_card, plain
from brainscan.ui.wording import counted

_WRITTEN = "dataset_written"


def split(found: AuditedDataset) -> None:
    """Offer a split whose folds cut through no group of copies and no patient."""
    audit = found.audit
    st.caption(
        "Copies and the groups (patients) that the dataset names stay together; sources and "
        "classes are spread evenly. The same images always give the same split."
    )
    folds = st.slider("Folds", 2, 10, 4, key="dataset_folds", width=320)
    try:
        fold = balanced_folds(audit.safe_groups, audit.strata, folds)
    except DatasetError as error:
        error_card(error)
        return
    st.html(_table(found, fold, folds))
    largest = int(np.bincount(audit.safe_groups).max())
    if largest * folds > len(fold):
        st.caption(
            f"The folds are uneven: one group, which must not be cut, holds {largest:,} of "
            f"{len(fold):,} images. Finer groups (patients) in a manifest.csv would help."
        )
    records = [image.record for image in audit.seen.images]
    with st.container(horizontal=True):
        if found.here:
            st.button(
                "Write group-safe split",
                type="primary",
                icon=":material/save:",
                on_click=_write,
                args=(found, fold),
                help=f"Writes manifest.csv into {found.audit.dataset.root}. "
                "Nothing is overwritten.",
                key="dataset_write",
            )
        st.download_button(
            "manifest.csv" if found.here else "Write group-safe split",
            lambda: manifest_text(records, audit.safe_groups, fold, audit.dataset.root.resolve()),
            file_name="manifest.csv",
            mime="text/csv",
            type="secondary" if found.here else "primary",
            icon=":material/download:",
            on_click="ignore",
            key="dataset_manifest",
        )
    if not found.here:
        st.caption("Put manifest.csv into the dataset's own folder: its paths are relative to it.")
    if audit.seen.unreadable:
        st.caption(f"Left out: {counted(len(audit.seen.unreadable), 'unreadable file')}.")
    _said()


def _write(found: AuditedDataset, fold: np.ndarray) -> None:
    """Write the manifest into the dataset's folder, and keep what came of it to say."""
    audit = found.audit
    records = [image.record for image in audit.seen.images]
    try:
        path = manifest_path(audit.dataset.root)
        write_split(audit.dataset, records, audit.safe_groups, fold, path)
    except BrainScanError as error:
        reason = str(error).partition(" Choose another")[0]
        st.session_state[_WRITTEN] = (False, f"{reason} Download the manifest instead.")
    else:
        folds = int(fold.max()) + 1
        st.session_state[_WRITTEN] = (True, f"{path} written: {folds} folds, no copy across them.")


def _said() -> None:
    """Say once what came of writing."""
    done, sentence = st.session_state.pop(_WRITTEN, (True, ""))
    if sentence and done:
        st.success(plain(sentence), icon=":material/check:")
    elif sentence:
        error_card(sentence)


def _table(found: AuditedDataset, fold: np.ndarray, folds: int) -> str:
    """Return images of each class in each fold."""
    classes = list(found.audit.tally.classes)
    held = [Counter[str]() for _ in range(folds)]
    groups: list[set[int]] = [set() for _ in range(folds)]
    for image, number, group in zip(
        found.audit.seen.images, fold.tolist(), found.audit.safe_groups.tolist(), strict=True
    ):
        held[number][class_of(image.record)] += 1
        groups[number].add(group)
    head = "".join(f"<th>{display_name(name)}</th>" for name in classes)
    body = "".join(
        f"<tr><th>{number + 1}</th>"
        + "".join(f"<td>{held[number][name]:,}</td>" for name in classes)
        + f"<td><strong>{held[number].total():,}</strong></td><td>{len(groups[number]):,}</td></tr>"
        for number in range(folds)
    )
    return (
        '<table class="bs-table bs-counts" data-testid="split"><thead><tr><th>Fold</th>'
        f"{head}<th>All</th><th>Groups</th></tr></thead><tbody>{body}</tbody></table>"
    )
