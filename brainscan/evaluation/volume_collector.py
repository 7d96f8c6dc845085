"""The volumes of a dataset one after the other; of each only lines and small pictures are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from brainscan.data.record import Record
from brainscan.data.seen import SeenImages
from brainscan.errors import Cancelled
from brainscan.evaluation.looks import Looks, mark_seen
from brainscan.evaluation.outline_pictures import OutlineStore
from brainscan.evaluation.review import ReviewImage, ReviewStore
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.volume_run import evaluate_volume
from brainscan.evaluation.volumes import VolumeRow
from brainscan.inference.classifier import TumorClassifier

VOLUME_STEPS = 100
"""Steps of progress of a volume; an image is one. A step takes about as long in both."""

_MOST_WARNINGS = 8


class VolumeCollector:
    """Evaluates one volume after the other and keeps of each only lines and pictures.

    Parameters
    ----------
    classifier, looks, review, outlines
        As for single images.
    rows
        Those of the single images; the slices' are added.
    stop
        Asked often.
    """

    def __init__(
        self,
        classifier: TumorClassifier,
        rows: list[ImageRow],
        looks: Looks,
        review: ReviewStore,
        outlines: OutlineStore,
        stop: Callable[[], bool],
    ) -> None:
        self.rows = rows
        self.found: list[VolumeRow] = []
        self.pictures: dict[int, ReviewImage] = {}
        self._classifier, self._looks, self._review, self._stop = classifier, looks, review, stop
        self._key_looks, self._outlines = Looks(), outlines

    def add(self, record: Record, total: int, report: Callable[[int, str], None]) -> None:
        """Evaluate a volume, the next of ``total``."""
        number = len(self.found)
        where = f"volume {number + 1} of {total}"

        def progress(done: int, slices: int) -> None:
            steps = VOLUME_STEPS * number + VOLUME_STEPS * done // max(1, slices)
            report(steps, f"{where}, slice {done} of {slices}")

        report(VOLUME_STEPS * number, f"{where}, reading")
        try:
            if self._stop():
                raise Cancelled
            answer = evaluate_volume(record, self._classifier, progress=progress, cancel=self._stop)
        except Cancelled as error:
            msg = f"The evaluation was stopped in {where}."
            raise Cancelled(msg) from error
        for row in answer.slices:
            scan, evidence = answer.shown(row.slice or 0)
            self._looks.offer(len(self.rows), record, scan)
            self._review.offer(len(self.rows), row, scan, evidence)
            self._outlines.offer(len(self.rows), row, partial(answer.outlined, row.slice or 0))
            self.rows.append(row)
        for place, index in enumerate(answer.row.key_slices):
            scan, evidence = answer.shown(index)
            self._key_looks.offer(number, record, scan)
            if not place:
                self.pictures[number] = ReviewImage.encode(scan, evidence)
        self.found.append(answer.row)
        report(VOLUME_STEPS * (number + 1), where)

    def marked(self, known: SeenImages | None) -> tuple[VolumeRow, ...]:
        """Return the volumes, those marked of which a key slice took part in training."""
        rows = [one.row for one in self.found]
        marked = mark_seen(rows, self._key_looks, known, self._stop)
        return tuple(replace(one, row=row) for one, row in zip(self.found, marked, strict=True))


def sentences(volumes: Sequence[VolumeRow]) -> list[str]:
    """Say what is to be said of volumes, a sentence that several share once."""
    named: dict[str, list[str]] = {}
    for one in volumes:
        for text in (*one.warnings, one.mask_problem):
            if text is not None:
                named.setdefault(text, []).append(one.row.name)
    said = [
        f"{names[0] if len(names) == 1 else f'{len(names)} volumes'}: {text}"
        for text, names in named.items()
    ]
    seen = sum(one.row.seen is not None for one in volumes)
    if seen:
        said.insert(0, f"Of {seen} volume(s) a key slice took part in the model's training.")
    more = len(said) - _MOST_WARNINGS
    tail = [f"{more} more sentences on single volumes are in volumes.csv."] if more > 0 else []
    return said[:_MOST_WARNINGS] + tail
