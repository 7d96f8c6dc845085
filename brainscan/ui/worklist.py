"""The list of scans a session is reading: names, states and figures, never pixels."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import streamlit as st

from brainscan.evaluation.stability_scan import ScanStability
from brainscan.imaging.orientation import Plane
from brainscan.imaging.sequence import SequenceLabel

if TYPE_CHECKING:
    from brainscan.ui.corrections import KeptCorrection

Status = Literal["waiting", "ok", "rejected"]
Order = Literal["Order added", "Name", "Probability"]

ORDERS: tuple[Order, ...] = ("Order added", "Name", "Probability")


@dataclass
class Row:
    """One file of the worklist.

    Attributes
    ----------
    sha256
        Identifies the file; the same bytes are listed once.
    name
        File name for display.
    size_bytes
        Length of the file.
    synthetic
        Whether BrainScan drew it itself.
    status
        ``"waiting"`` until read, then ``"ok"`` or ``"rejected"``.
    reason
        Why it was rejected, as a sentence.
    thumbnail
        Small picture as a data address.
    facts
        Name and value pairs about the file for the reader.
    warnings
        Sentences about the file.
    answers
        Model key to the plain values of ``Prediction.to_json()``.
    stability
        Model key to what the stability check found, where the reader asked for it.
    refusals
        Model key to the sentence with which its input gate refused the picture.
    anyway
        Whether the reader asked for an answer in spite of a refusal.
    outlines
        Model key to the measures of the outline that the network draws, see
        :func:`brainscan.ui.outlines.figures`.
    correction, set_aside
        The outline that a reader drew and that stands for the scan, and the one that was taken
        back for the model's; they outlive the row, see :class:`Worklist`.
    """

    sha256: str
    name: str
    size_bytes: int
    synthetic: bool = False
    status: Status = "waiting"
    reason: str = ""
    thumbnail: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    stability: dict[str, ScanStability] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    anyway: bool = False
    outlines: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    correction: KeptCorrection | None = None
    set_aside: KeptCorrection | None = None

    def waits_for(self, model_key: str) -> bool:
        """Return whether the file still has to be read, or read by this model.

        Without a model, ``""``, a file waits only until it is decoded.
        """
        if self.status == "ok" and model_key:
            return model_key not in self.answers and not self.refused_by(model_key)
        return self.status == "waiting"

    def refused_by(self, model_key: str) -> str:
        """Return the sentence with which a model's input gate stands by its refusal, or ``""``."""
        return "" if self.anyway else self.refusals.get(model_key, "")

    def outcome(self, model_key: str) -> tuple[Status, str]:
        """Return the status and the reason to give for this model: refused is not read."""
        refusal = self.refused_by(model_key)
        return ("rejected", refusal) if refusal else (self.status, self.reason)


@dataclass(frozen=True)
class VolumeEntry:
    """A volume that was dropped among slices; it is read on the Volume page.

    Attributes
    ----------
    key
        Identifies the volume.
    name
        Safe to show: a file name, or a series description without any trace of the patient.
    plane
        In which it was acquired; ``None`` where the file does not say.
    slices
        Number of slices in that plane.
    sequence
        Guess at the MR sequence.
    size_bytes
        Length of its files.
    """

    key: str
    name: str
    plane: Plane | None
    slices: int
    sequence: SequenceLabel
    size_bytes: int

    @property
    def words(self) -> str:
        """Plane and sequence, as far as known, for example ``"axial, T1ce"``."""
        known = [self.plane or "", "" if self.sequence == "unknown" else self.sequence]
        return ", ".join(word for word in known if word)


@dataclass
class Worklist:
    """The rows of a session, which one is shown, and in which order.

    Volumes stand beside the rows; ``notices`` are sentences about the files dropped last.
    ``drawn`` holds what a reader drew on rows taken off the list, correction and the one set
    aside, by SHA-256: it is put back when the same file is added again.
    """

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    rows: dict[str, Row] = field(default_factory=dict)
    selected: str = ""
    order: Order = "Order added"
    paused: bool = False
    volumes: dict[str, VolumeEntry] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    drawn: dict[str, tuple[KeptCorrection | None, KeptCorrection | None]] = field(
        default_factory=dict
    )

    def add_volume(self, volume: VolumeEntry) -> bool:
        """Keep a volume; return ``False`` when the same one is there already."""
        if volume.key in self.volumes:
            return False
        self.volumes[volume.key] = volume
        return True

    def add(self, row: Row) -> bool:
        """Append a row; return ``False`` when the same file is already listed."""
        if row.sha256 in self.rows:
            return False
        self.rows[row.sha256] = row
        if row.sha256 in self.drawn:
            row.correction, row.set_aside = self.drawn.pop(row.sha256)
        self.selected = self.selected or row.sha256
        self.paused = False
        return True

    def remove(self, sha256: str) -> None:
        """Take a row off the list but keep what was drawn on it; its neighbour is shown next."""
        keys = list(self.rows)
        place = keys.index(sha256)
        row = self.rows.pop(sha256)
        if row.correction is not None or row.set_aside is not None:
            self.drawn[sha256] = (row.correction, row.set_aside)
        if self.selected == sha256:
            rest = keys[place + 1 :] or keys[:place][-1:]
            self.selected = rest[0] if rest else ""

    def ordered(self, model_key: str) -> list[Row]:
        """Return the rows as listed; by probability the highest first, unread ones last."""
        rows = list(self.rows.values())
        if self.order == "Name":
            return sorted(rows, key=lambda row: row.name.casefold())
        if self.order == "Probability":
            return sorted(rows, key=lambda row: -_probability(row, model_key))
        return rows

    def position(self, model_key: str) -> tuple[int, int]:
        """Return the place of the selected row in the order shown, and the number of rows."""
        order = [row.sha256 for row in self.ordered(model_key)]
        return order.index(self.selected), len(order)

    def step(self, by: int, model_key: str) -> None:
        """Select the next (+1) or previous (-1) row in the order shown; stop at the ends."""
        place, count = self.position(model_key)
        order = self.ordered(model_key)
        self.selected = order[min(max(place + by, 0), count - 1)].sha256

    def waiting(self, model_key: str) -> list[Row]:
        """Return the rows still to be read, the selected one first."""
        rows = [row for row in self.rows.values() if row.waits_for(model_key)]
        return sorted(rows, key=lambda row: row.sha256 != self.selected)


def _probability(row: Row, model_key: str) -> float:
    answer = row.answers.get(model_key)
    return float(answer["tumor_probability"]) if answer else -1.0


def worklist() -> Worklist:
    """Return this session's worklist."""
    if "worklist" not in st.session_state:
        st.session_state["worklist"] = Worklist()
    return cast(Worklist, st.session_state["worklist"])


_SUMMARY = {
    "tumor": "tumour",
    "indeterminate": "uncertain",
    "no_tumor": "no tumour",
    "rejected": "not read",
    "waiting": "waiting",
}


def summary(rows: Iterable[Row], model_key: str) -> str:
    """Return how many rows have which decision, for example ``"3 tumour, 1 not read"``."""
    counts = dict.fromkeys(_SUMMARY, 0)
    for row in rows:
        answer = row.answers.get(model_key)
        if row.outcome(model_key)[0] == "rejected":
            counts["rejected"] += 1
        else:
            counts[str(answer["decision"]) if answer else "waiting"] += 1
    return ", ".join(f"{counts[kind]} {words}" for kind, words in _SUMMARY.items() if counts[kind])
