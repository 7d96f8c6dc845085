"""A finished audit: the verdict first, then what it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape

import streamlit as st

from brainscan.data.audit_json import audit_json
from brainscan.data.verdict import distinct, leaks
from brainscan.ui.dataset_gallery import conflicts, copies
from brainscan.ui.dataset_run import AuditedDataset
from brainscan.ui.dataset_split import split
from brainscan.ui.dataset_tables import balance, border, files
from brainscan.ui.error_card import plain, warning_cards
from brainscan.ui.wording import counted

_MARKS = {
    "conflict": "bs-leak",
    "leak": "bs-leak",
    "copies": "bs-copies",
    "clean": "bs-clean",
    "nothing": "bs-copies",
}


def show(found: AuditedDataset) -> None:
    """Lay out the result; nothing in here reads the dataset again but the pictures shown."""
    said, audit = found.verdict, found.audit
    note = (
        "<p><b>Synthetic set.</b> Drawn by BrainScan, with these faults planted; no patient's "
        "images.</p>"
        if found.synthetic
        else ""
    )
    st.html(
        f'<div class="bs-verdict {_MARKS[said.level]}" data-testid="verdict" role="status">'
        f"<h2>{escape(said.sentence)}</h2><p>{escape(said.detail)}</p>{note}</div>"
    )
    notes = audit.dataset.warnings
    if notes:
        with st.expander(
            f"{counted(len(notes), 'note')} on this dataset", icon=":material/warning:"
        ):
            warning_cards(notes)
    if not audit.seen.images:
        files(audit)
        return
    _tiles(found)
    _sections(found)


def downloads(found: AuditedDataset) -> None:
    """Offer the audit as JSON; it is made when it is asked for."""
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in found.title)
    st.download_button(
        "JSON",
        lambda: json.dumps(audit_json(found.audit), indent=1) + "\n",
        file_name=f"audit-{name}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key="dataset_json",
    )


def _tiles(found: AuditedDataset) -> None:
    """Show the counts that everything else explains."""
    audit = found.audit
    images, different = len(audit.seen.images), distinct(audit)
    leaked = leaks(audit)
    equal = sum(conflict.kind == "pixels" for conflict in audit.conflicts)
    groups = len(set(audit.safe_groups.tolist()))
    named = any(image.record.group for image in audit.seen.images)
    unread = len(audit.seen.unreadable)
    tiles = [
        ("Images", f"{images:,}", f"{unread:,} unreadable" if unread else "all readable"),
        ("Distinct images", f"{different['by_pixels']:,}", "equal pixels counted once"),
        (
            "Different pictures",
            f"{different['near']:,}",
            "however mirrored, cropped, turned",
        ),
        ("Groups", f"{groups:,}", "copies and patients together" if named else "of copies"),
        ("Label conflicts", f"{len(audit.conflicts):,}", f"{equal:,} between equal pictures"),
    ]
    if leaked is None:
        folds = audit.links.folds
        why = f"only fold {escape(folds[0])} is named" if folds else "the dataset names no folds"
        tiles.append(("Leaks", "no split", why))
    else:
        share = f"of {leaked.n:,}, {leaked.byte_identical:,} byte for byte"
        tiles.append(("Leaks", f"{leaked.near:,}", share))
    cards = "".join(
        f"<div><span>{name}</span><p><strong>{value}</strong></p><small>{note}</small></div>"
        for name, value, note in tiles
    )
    st.html(f'<div class="bs-tiles" data-testid="tiles">{cards}</div>')
    if leaked is not None and len(audit.twins) > 1:
        each = ", ".join(f"{t.fold}: {t.near:,} of {t.n:,}" for t in audit.twins)
        st.caption(plain(f"Images with a copy in another fold, by fold. {each}."))


@st.fragment
def _sections(found: AuditedDataset) -> None:
    """Let the reader choose what to look at; turning a page redraws this part only."""
    audit = found.audit
    sections: dict[str, Callable[[], None]] = {
        "Copies": lambda: copies(found),
        "Label conflicts": lambda: conflicts(found),
        "Classes and sources": lambda: balance(audit),
        "Sizes and modes": lambda: files(audit),
        "Border alone": lambda: border(audit),
        "Group-safe split": lambda: split(found),
    }
    chosen = st.segmented_control(
        "Section",
        list(sections),
        default="Copies",
        required=True,
        label_visibility="collapsed",
        key="dataset_section",
    )
    sections[chosen or "Copies"]()
