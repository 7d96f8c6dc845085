"""Copies and label conflicts side by side, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from brainscan.data.leaks import class_of
from brainscan.data.names import display_name
from brainscan.data.pairs import PAIR_KINDS, Pair
from brainscan.data.survey import ImageFacts
from brainscan.ui.dataset_pictures import picture_url
from brainscan.ui.dataset_run import AuditedDataset

_PAIRS_A_PAGE = 12
_CONFLICTS_A_PAGE = 6
_SHOWN_OF_CONFLICT = 6
_ALL = "all"
_KINDS = {
    "bytes": "Same bytes",
    "pixels": "Same pixels",
    "near": "Alike",
    "mirrored": "Mirrored",
    "cropped": "Cropped",
    "turned": "Turned",
}


def copies(found: AuditedDataset) -> None:
    """Show each image beside its closest copy."""
    if not found.pairs:
        st.success("No image is a copy of another.", icon=":material/check:")
        return
    across = [pair for pair in found.pairs if pair.across]
    with st.container(horizontal=True, vertical_alignment="center"):
        only = bool(across) and st.toggle(
            f"Across the split only ({len(across):,} pairs)", value=True, key="dataset_across"
        )
        pool = across if only else list(found.pairs)
        kind = _kind(pool)
    chosen = [pair for pair in pool if kind in (_ALL, pair.kind)]
    if not chosen:
        st.caption("There is no pair of this kind.")
        return
    start = _pager("copies", len(chosen), _PAIRS_A_PAGE, "pairs")
    cards = "".join(
        _pair_card(found, pair, mark=pair.across and not only)
        for pair in chosen[start : start + _PAIRS_A_PAGE]
    )
    st.html(f'<div class="bs-pairs" data-testid="pairs">{cards}</div>')
    st.caption(
        "Each image with its closest copy, one in another fold before one in its own. Alike: saved "
        "again, resized, or the neighbouring slice of a scan. Mirrored ones may be cropped too. "
        "Turned: by quarter turns or upside down. Inverted copies are not looked for. Similarity: "
        "correlation of detail on a 32 x 32 grid; pairs from "
        f"{found.audit.threshold:g} count as copies."
    )


def conflicts(found: AuditedDataset) -> None:
    """Show every group of copies whose labels differ."""
    groups = found.audit.conflicts
    if not groups:
        st.success("No picture carries two labels.", icon=":material/check:")
        return
    if any(group.kind == "near" for group in groups):
        st.caption(
            "Groups of near-duplicates need a look: neighbouring slices of one patient can be "
            "alike and differ rightly. Equal pictures with two labels are errors of one of them."
        )
    start = _pager("conflicts", len(groups), _CONFLICTS_A_PAGE, "groups")
    by_name = {image.record.name: image for image in found.audit.seen.images}
    cards = []
    for group in groups[start : start + _CONFLICTS_A_PAGE]:
        images = _both_sides([by_name[name] for name in group.files])
        more = len(group.files) - len(images)
        title = "Equal pictures" if group.kind == "pixels" else "Near-duplicates"
        note = " and ".join(display_name(name) for name in group.classes)
        tail = f"<small>and {more:,} more</small>" if more else ""
        cards.append(
            f"<section><header><b>{title}</b><span>{escape(note)}</span></header>"
            f'<div class="bs-row">{"".join(map(_figure, images))}</div>{tail}</section>'
        )
    st.html(f'<div class="bs-conflicts" data-testid="conflicts">{"".join(cards)}</div>')


def _kind(pool: Sequence[Pair]) -> str:
    """Offer the kinds of copies that there are."""
    counts = Counter(pair.kind for pair in pool)
    labels = {_ALL: f"All {len(pool):,}"}
    labels |= {k: f"{_KINDS[k]} {counts[k]:,}" for k in PAIR_KINDS if counts[k]}
    chosen = st.segmented_control(
        "Kind of copy",
        list(labels),
        format_func=labels.__getitem__,
        default=_ALL,
        required=True,
        label_visibility="collapsed",
        key="dataset_kind",
    )
    return chosen or _ALL


def _pager(name: str, count: int, size: int, noun: str) -> int:
    """Return the number of the first entry of the page; offer the others."""
    pages = -(-count // size)
    key = f"dataset_page_{name}"
    page = min(int(st.session_state.get(key, 0)), pages - 1)
    if pages == 1:
        return 0

    def turn(step: int) -> None:
        st.session_state[key] = min(max(0, page + step), pages - 1)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=page == 0,
            on_click=turn,
            args=(-1,),
            shortcut="Left",
            key=f"{key}_previous",
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            disabled=page == pages - 1,
            on_click=turn,
            args=(1,),
            shortcut="Right",
            key=f"{key}_next",
        )
        first = page * size
        st.caption(f"{noun} {first + 1:,} to {min(first + size, count):,} of {count:,}")
    return first


def _pair_card(found: AuditedDataset, pair: Pair, *, mark: bool) -> str:
    images = found.audit.seen.images
    where = '<em class="bs-across">across</em>' if mark else ""
    similarity = "" if pair.kind in ("bytes", "pixels") else f"similarity {pair.similarity:.3f}"
    return (
        f"<section><header><b>{_KINDS[pair.kind]}</b>{where}<span>{similarity}</span></header>"
        f'<div class="bs-row">{_figure(images[pair.first])}{_figure(images[pair.second])}</div>'
        "</section>"
    )


def _figure(image: ImageFacts) -> str:
    """Return a picture with its place, its class and its size."""
    record = image.record
    url = picture_url(image)
    name = escape(record.name)
    shown = (
        f'<img src="{url}" alt="{name}">'
        if url
        else '<div class="bs-gone">The file has gone or has changed since the audit.</div>'
    )
    label = display_name(class_of(record))
    fold = f"<b>{escape(_fold(record.fold))}</b>" if record.fold else ""
    file = f"{record.name.rsplit('/', 1)[-1]}, {image.width} × {image.height} {image.format}"
    return (
        f'<figure title="{name}">{shown}<figcaption>{fold}<span>{escape(label)}</span>'
        f"<small>{escape(file)}</small>"
        "</figcaption></figure>"
    )


def _fold(fold: str) -> str:
    return f"fold {fold}" if fold.isdecimal() else fold


def _both_sides(images: list[ImageFacts]) -> list[ImageFacts]:
    """Return a few images of a conflict, every class among them."""
    by_class: dict[str, list[ImageFacts]] = {}
    for image in images:
        by_class.setdefault(class_of(image.record), []).append(image)
    each = max(1, _SHOWN_OF_CONFLICT // len(by_class))
    return [image for members in by_class.values() for image in members[:each]]
