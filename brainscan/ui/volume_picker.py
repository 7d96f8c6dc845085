"""The series picker: every volume of a study with what tells it from the others."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from brainscan.imaging.rejected import Rejected
from brainscan.imaging.source import Source
from brainscan.ui.error_card import error_card, plain
from brainscan.ui.volume_candidates import Candidate, Found
from brainscan.ui.volume_intake import Given
from brainscan.ui.volume_session import VolumeSession

_DIAGNOSE = Path(__file__).resolve().parents[2] / "pages" / "diagnose.py"
_MOST_SLICES, _MOST_BYTES = 1000, 512 * 2**20
_MOST_LISTED = 200
_MANY = 4
_MOST_CARDS = 3
_HEIGHT = 430


def picker(study: VolumeSession, found: Found) -> None:
    """Show a card for each volume; one click opens it."""
    many = len(found.candidates) > _MANY
    st.markdown(f"**{len(found.candidates)} volumes**")
    with st.container(key="volume-picker", height=_HEIGHT if many else "content", border=False):
        for one in found.candidates:
            _card(study, one)


def _card(study: VolumeSession, one: Candidate) -> None:
    shown = one.key == study.chosen
    state = "shown" if shown else "other"
    with st.container(border=True, key=f"volume-card-{state}-{one.key}"):
        st.html(card_html(one))
        st.button(
            "Shown" if shown else "Open",
            icon=":material/visibility:" if shown else ":material/open_in_new:",
            disabled=shown,
            key=f"volume-open-{one.key}",
            help=plain(" ".join([one.sequence.reason, *one.warnings])),
            on_click=study.choose,
            args=(one.key,),
            width="stretch",
        )


def card_html(one: Candidate) -> str:
    """Return what tells a volume from the others, as HTML."""
    picture = f'<img src="{one.thumbnail}" alt="">' if one.thumbnail else "<i></i>"
    patient = f"<b>Patient {one.patient}</b> " if one.patient is not None else ""
    label = one.sequence.words
    label = "Sequence unknown" if label == "Unknown" else label
    lines = [
        f"<h4>{escape(one.name)}</h4>",
        f'<p title="{escape(one.sequence.reason)}">{patient}{escape(label)}</p>',
        f"<p>{escape(', '.join(one.facts))}</p>",
    ]
    if one.reason:
        lines.append(f'<p class="bs-quiet">{escape(one.reason)}</p>')
    if one.warnings:
        count = "1 warning" if len(one.warnings) == 1 else f"{len(one.warnings)} warnings"
        told = escape(" ".join(one.warnings))
        lines.append(f'<p class="bs-warned" title="{told}">{count}</p>')
    return f'<div class="bs-candidate">{picture}<div>{"".join(lines)}</div></div>'


def without_volume(given: Given, found: Found) -> str:
    """Say that there is no volume; ``""`` where the only file says by itself what is wrong."""
    if not (found.rejected or found.slices or found.left_out):
        folder = any(isinstance(one, Path) and one.is_dir() for one in given.sources)
        return (
            f"The {'folder' if folder else 'archive'} {given.title} is empty: there is no file in "
            "it. Choose one with a NIfTI file or a DICOM series."
        )
    if not found.rejected:
        return "There is no volume of the brain among these files."
    if len(found.rejected) == 1 and not (found.slices or found.left_out):
        return ""
    return "There is no volume of the brain that can be read among these files."


def refusals(files: Sequence[Rejected]) -> None:
    """Say openly of the first few files why they are not read; the others are listed."""
    for one in files[:_MOST_CARDS]:
        error_card(one.reason)
    if len(files) > _MOST_CARDS:
        listed(files[_MOST_CARDS:], "not read either")


def collection(found: Found, *, refused: bool = True) -> None:
    """Show what else the files hold: slices with the way to them, and files not read.

    Without ``refused`` the files that cannot be read are left to :func:`refusals`.
    """
    if found.slices:
        _single_slices(found)
    if found.rejected and refused:
        listed(found.rejected, "not read")
    if found.left_out:
        listed(found.left_out, "left out")


def _single_slices(found: Found) -> None:
    """Say that there are single slices; one click reads them where slices are read."""
    slices = found.slices
    count = len(slices)
    one = count == 1
    st.caption(plain(slice_words(found)))
    if count > _MOST_SLICES or sum(source.size for source in slices) > _MOST_BYTES:
        st.caption("They are too many to take along; open them there.")
        return
    asked = st.button(
        "Read it on Diagnose" if one else "Read them on Diagnose",
        icon=":material/arrow_forward:",
        key="volume_to_diagnose",
    )
    if asked:
        take_along(slices)
        st.switch_page(_DIAGNOSE)


def slice_words(found: Found) -> str:
    """Return what is said of single slices, and of files whose frames make no volume."""
    said = list(found.framed.values())[:_MOST_CARDS]
    if more := len(found.framed) - len(said):
        files = "1 more file holds" if more == 1 else f"{more:,} more files hold"
        said.append(f"{files} several frames that make no volume.")
    if single := len(found.slices) - len(found.framed):
        slices = "1 single slice" if single == 1 else f"{single:,} single slices"
        said.append(f"{slices} among the files {'is' if single == 1 else 'are'} not shown here.")
    return " ".join([*said, "Single slices are read on the Diagnose page."])


def take_along(slices: Sequence[Source]) -> None:
    """Leave slices for the Diagnose page to take up; what has vanished meanwhile stays behind."""
    arrived: list[tuple[str, bytes]] = st.session_state.setdefault("arrived", [])
    for source in slices:
        with contextlib.suppress(OSError):
            arrived.append((source.name, source.read()))


def listed(files: Sequence[Rejected], what: str) -> None:
    """List files that are not read or left out, as ``what`` says, each with its sentence."""
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    verb = "is" if len(files) == 1 else "are"
    with st.expander(f"{count} {verb} {what}, and why", icon=":material/info:"):
        items = "".join(
            f"<dt>{escape(one.name)}</dt><dd>{escape(one.reason)}</dd>"
            for one in files[:_MOST_LISTED]
        )
        if len(files) > _MOST_LISTED:
            items += f"<dt>and {len(files) - _MOST_LISTED:,} more</dt>"
        st.html(f'<dl class="bs-rejected" data-testid="rejected">{items}</dl>')
