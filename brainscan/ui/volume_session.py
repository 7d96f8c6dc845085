"""One opened study: which volume is looked at, what is known of it, which work is under way.

It lives in the session state alone, so that closing it, or the browser window, lets go of every
voxel and of who the patient is. Outlines that a reader drew stay until the window is closed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from brainscan.imaging.correction import PackedCorrection
from brainscan.imaging.volume import Volume
from brainscan.inference.release import Release
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.ui import volume_work
from brainscan.ui.corrections import Receipt
from brainscan.ui.drawn import ON_VOLUMES
from brainscan.ui.jobs import Job
from brainscan.ui.store import BoundedStore
from brainscan.ui.volume_candidates import Candidate, Found
from brainscan.ui.volume_corrections import Shown, keep
from brainscan.ui.volume_intake import Given
from brainscan.ui.volume_outline_card import viewer_words
from brainscan.ui.volume_viewer.outline import PackedOutline, pack_outline
from brainscan.ui.volume_work import Answer

_SESSION = "volume_session"
_MIB = 2**20
Question = tuple[str, str]
"""Key of the model and of the volume."""


@dataclass(eq=False)
class VolumeSession:
    """A study while it is open.

    Attributes
    ----------
    given
        The files.
    searching, reading, asking
        Work under way; ``None`` where there is none, or its result was taken.
    found
        What the files hold, once known.
    chosen
        Key of the volume that is looked at; ``""`` for none.
    problems
        Sentences why a volume could not be read or answered, by its key or question; for the
        search by ``""``.
    volumes, packed
        Volumes and what the viewer shows of them; the least recently used leave first.
    answers
        By question.
    anyway
        Volumes to be read in spite of the input gate.
    stopped
        What the reader stopped, by volume key or question.
    asked
        The question that ``asking`` answers.
    corrections, set_aside
        Outlines that a reader drew, by SHA-256 of the volume: those that stand, and those from
        which the reader went back to the model's. As text, so that none has to leave; they
        outlive the study, for the same volume opened again.
    outlines, packed_outlines
        Outlines with their measures, and as the viewer takes them, by question, sensitivity and
        time of the correction.
    shown
        The outline in the viewer, which a reader may correct.
    receipt
        What became of the outline that the viewer sent last.
    """

    given: Given
    searching: Job[Found] | None
    reading: Job[Volume] | None = None
    asking: Job[Answer] | None = None
    found: Found | None = None
    chosen: str = ""
    problems: dict[str | Question, str] = field(default_factory=dict)
    volumes: BoundedStore[str, Volume] = field(default_factory=lambda: BoundedStore(1024 * _MIB))
    packed: BoundedStore[Any, bytes] = field(default_factory=lambda: BoundedStore(512 * _MIB))
    answers: dict[Question, Answer] = field(default_factory=dict)
    anyway: set[str] = field(default_factory=set)
    stopped: set[str | Question] = field(default_factory=set)
    asked: Question = ("", "")
    corrections: dict[str, PackedCorrection] = field(default_factory=dict)
    set_aside: dict[str, PackedCorrection] = field(default_factory=dict)
    outlines: BoundedStore[Any, VolumeOutline] = field(
        default_factory=lambda: BoundedStore(128 * _MIB)
    )
    packed_outlines: BoundedStore[Any, PackedOutline] = field(
        default_factory=lambda: BoundedStore(64 * _MIB)
    )
    shown: Shown | None = None
    receipt: Receipt | None = None

    @property
    def candidate(self) -> Candidate | None:
        """The volume that is looked at."""
        found = self.found.candidates if self.found else ()
        return next((one for one in found if one.key == self.chosen), None)

    @property
    def volume(self) -> Volume | None:
        """Its voxels, once read."""
        return self.volumes.get(self.chosen)

    def choose(self, key: str) -> None:
        """Look at another volume."""
        if key == self.chosen:
            self.stopped.discard(key)
            self.problems.pop(key, None)
            return
        self._drop_reading()
        self._drop_asking()
        self.chosen = key
        self.stopped.discard(key)

    def settle(self) -> None:
        """Take the results of work that has ended."""
        if self.searching is not None and not self.searching.running:
            if self.searching.state == "finished":
                self.found = self.searching.result
                first = next(iter(self.found.candidates), None)
                self.chosen = first.key if first and first.reason is None else ""
            self.problems[""] = self.searching.error or ""
            self.searching = None
        if self.reading is not None and not self.reading.running:
            if self.reading.state == "finished":
                volume = self.reading.result
                self.volumes.put(self.chosen, volume, volume.voxels.nbytes)
            elif self.reading.error:
                self.problems[self.chosen] = self.reading.error
            else:
                self.stopped.add(self.chosen)
            self.reading = None
        if self.asking is not None and not self.asking.running:
            if self.asking.state == "finished":
                self.answers[self.asked] = self.asking.result
            elif self.asking.error:
                self.problems[self.asked] = self.asking.error
            else:
                self.stopped.add(self.asked)
            self.asking = None

    def begin_reading(self) -> None:
        """Start to read the chosen volume, unless that is done, under way or in vain."""
        one = self.candidate
        if one is None or self.volume is not None or self.reading is not None:
            return
        if one.key not in self.problems and one.key not in self.stopped:
            self.reading = volume_work.read(one)

    def begin_asking(self, release: Release, key: str) -> None:
        """Start to ask a model about the chosen volume, unless that is done or under way."""
        question = (key, self.chosen)
        volume = self.volume
        if self.asking is not None and self.asked != question:
            self._drop_asking()
        if volume is None or self.asking is not None or question in self.answers:
            return
        if question not in self.problems and question not in self.stopped:
            self.asked = question
            self.asking = volume_work.ask(release, volume, gate=self.chosen not in self.anyway)

    def go_on(self, what: str | Question) -> None:
        """Do what was stopped."""
        self.stopped.discard(what)

    def read_anyway(self) -> None:
        """Let the models answer for the chosen volume although the input gate refuses it."""
        self.anyway.add(self.chosen)
        refused = [
            question
            for question, answer in self.answers.items()
            if question[1] == self.chosen and answer.refusal
        ]
        for question in refused:
            del self.answers[question]

    def outline_of(self, question: Question, prediction: VolumePrediction) -> VolumeOutline | None:
        """Return the outline that stands for the chosen volume, measured once.

        Parameters
        ----------
        question
            Which model was asked about it.
        prediction
            Its answer at the operating point chosen.
        """
        volume, answer = self.volume, self.answers.get(question)
        if volume is None:
            return None
        correction = self.corrections.get(volume.sha256)
        own = None if answer is None else answer.prediction
        if correction is None and own is not None and own.sensitivity == prediction.sensitivity:
            return answer.outline if answer else None
        key = (question, prediction.sensitivity, correction and correction.digest)
        found = self.outlines.get(key)
        if found is None:
            made = None if correction is None else correction.correction()
            found = VolumeOutline.of(volume, prediction, made)
            if found is not None:
                self.outlines.put(key, found, 4 * found.mask.nbytes + 1)
        return found

    def drawing(
        self,
        volume: Volume,
        prediction: VolumePrediction,
        outline: VolumeOutline | None,
        place: Hashable,
    ) -> PackedOutline:
        """Return the outline as the viewer takes it, packed once, and remember what is shown.

        Parameters
        ----------
        volume, prediction, outline
            What is shown.
        place
            Tells volume, model and operating point.
        """
        corrected = self.corrections.get(volume.sha256)
        key = ("outline", place, corrected and corrected.digest)
        found: PackedOutline | None = self.packed_outlines.get(key)
        if found is None:
            found = pack_outline(volume, prediction.plane, outline, viewer_words(outline))
            self.packed_outlines.put(key, found, len(found.message))
        self.shown = Shown(volume, prediction.plane, outline, found.digest, prediction.model)
        return found

    def keep_outline(self, sent: object) -> Receipt:
        """Keep the slices of an outline that the viewer sent, if they are of the one it shows."""
        self.receipt, made = keep(self.shown, sent)
        if made is not None and self.shown is not None:
            sha256 = self.shown.volume.sha256
            self.corrections[sha256] = PackedCorrection.pack(made)
            self.set_aside.pop(sha256, None)
        return self.receipt

    def set_correction_aside(self, sha256: str) -> None:
        """Go back to the model's outline of a volume; the correction can be taken up again."""
        if sha256 in self.corrections:
            self.set_aside[sha256] = self.corrections.pop(sha256)

    def take_correction_up(self, sha256: str) -> None:
        """Use the correction again that was set aside last."""
        if sha256 in self.set_aside:
            self.corrections[sha256] = self.set_aside.pop(sha256)

    def close(self) -> None:
        """Stop whatever is under way."""
        if self.searching is not None:
            self.searching.cancel()
        self._drop_reading()
        self._drop_asking()

    def _drop_reading(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def _drop_asking(self) -> None:
        if self.asking is not None:
            self.asking.cancel()
            self.asking = None


def current() -> VolumeSession | None:
    """Return this session's open study."""
    return cast("VolumeSession | None", st.session_state.get(_SESSION))


def open_study(given: Given) -> None:
    """Close what is open and look through these files."""
    close_study()
    corrections, set_aside = st.session_state.setdefault(ON_VOLUMES, ({}, {}))
    st.session_state[_SESSION] = VolumeSession(
        given, volume_work.search(given), corrections=corrections, set_aside=set_aside
    )


def close_study() -> None:
    """Forget the study: files, voxels, answers, identity; not what a reader drew."""
    study = st.session_state.pop(_SESSION, None)
    if study is not None:
        study.close()
    for name in [str(name) for name in st.session_state]:
        if name.startswith(("volume_made", "volume_view", "volume-")):
            del st.session_state[name]
