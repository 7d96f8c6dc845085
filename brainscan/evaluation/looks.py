"""What baselines and the search for known images need of every slice, kept small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from brainscan.data.dataset import Record
from brainscan.data.look import Look
from brainscan.data.rim import rim_features
from brainscan.data.seen import SeenImages
from brainscan.data.survey import ImageFacts
from brainscan.errors import Cancelled
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.scan import Scan


@dataclass(eq=False)
class Looks:
    """Files, thumbnails and rims of the slices that were read; about 9 KB an image.

    Collected while the images stream through the network, so that nothing is decoded twice.

    Attributes
    ----------
    numbers
        Row numbers of the images, in the order of the other lists.
    facts, looks, rims
        What their files are, how they look, and their outermost pixels
        (:func:`brainscan.data.rim.rim_features`).
    """

    numbers: list[int] = field(default_factory=list)
    facts: list[ImageFacts] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    rims: list[np.ndarray] = field(default_factory=list)

    def offer(self, number: int, record: Record, scan: Scan) -> None:
        """Keep what is needed of the slice of row ``number``."""
        try:
            size = record.path.stat().st_size
        except OSError:  # removed since it was read; one byte, because sizes are compared as logs
            size = 1
        look = Look.of(scan)
        self.numbers.append(number)
        self.facts.append(
            ImageFacts(
                record=record,
                bytes=size,
                sha256=scan.sha256,
                pixels_sha256=look.pixels.hex(),
                format=scan.format,
                mode=scan.mode,
                width=scan.width,
                height=scan.height,
            )
        )
        self.looks.append(look)
        self.rims.append(rim_features(scan.pixels))


def mark_seen(
    rows: list[ImageRow], looks: Looks, known: SeenImages | None, stop: Callable[[], bool]
) -> tuple[ImageRow, ...]:
    """Mark the rows of images that took part in training."""

    def check(*_: int) -> None:
        if stop():
            raise Cancelled("The evaluation was stopped while known images were looked for.")

    if known is not None:
        found = known.match(looks.looks, check)
        for number, mark in zip(looks.numbers, found, strict=True):
            if mark is not None:  # of the key slices of a volume, one is enough
                rows[number] = replace(rows[number], seen=mark)
    return tuple(rows)
