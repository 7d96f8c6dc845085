"""What an evaluation collected: the answers, one line each, and how they are counted."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from brainscan.evaluation.baseline_result import Baselines
from brainscan.evaluation.facts import ModelFacts
from brainscan.evaluation.intervals import resampling_units
from brainscan.evaluation.outline_pictures import OutlinePicture
from brainscan.evaluation.review import ReviewImage
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.stability_result import StabilityResult
from brainscan.evaluation.volumes import VolumeRow


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What an evaluation collected, before any figure is computed.

    Images without a label, and images without a prediction, are listed in ``rows`` and counted
    in no figure.

    Attributes
    ----------
    dataset
        Name of the dataset's folder.
    layout
        How it was read, for example ``"manifest"``.
    fingerprint
        SHA-256 over names, labels and contents; ``None`` when a file could not be read.
    warnings
        Sentences from opening the dataset and from the run.
    model
        The release.
    created
        Start of the run, ISO 8601 in UTC.
    elapsed_s
        Duration in seconds.
    versions
        Package name to version.
    rows
        One entry an image, in the order of the dataset, then one for each scored slice of the
        volumes with a mask.
    review
        Row number to picture, of the worst candidates of every kind of error.
    seen_known
        Number of training and validation images the release can recognise; ``None`` when it
        cannot tell which images it has seen.
    baselines
        What can be had without a detector; ``None`` unless it was measured.
    stability
        How far answers move under small changes of the images; ``None`` unless measured.
    volumes
        One entry a volume, in the order of the dataset.
    key_pictures
        Number of a volume in ``volumes`` to its most suspicious slice with its evidence.
    outline_pictures
        Row number to picture of both outlines, of the worst outlines of every stratum.
    """

    dataset: str
    layout: str
    fingerprint: str | None
    warnings: tuple[str, ...]
    model: ModelFacts
    created: str
    elapsed_s: float
    versions: Mapping[str, str]
    rows: tuple[ImageRow, ...] = field(repr=False)
    review: Mapping[int, ReviewImage] = field(default_factory=dict, repr=False)
    seen_known: int | None = None
    baselines: Baselines | None = field(default=None, repr=False)
    stability: StabilityResult | None = field(default=None, repr=False)
    volumes: tuple[VolumeRow, ...] = field(default=(), repr=False)
    key_pictures: Mapping[int, ReviewImage] = field(default_factory=dict, repr=False)
    outline_pictures: Mapping[int, OutlinePicture] = field(default_factory=dict, repr=False)

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """Row numbers of the images with label and prediction, the ones in the figures."""
        return tuple(
            number
            for number, row in enumerate(self.rows)
            if row.label is not None and row.probability is not None
        )

    @cached_property
    def labelled(self) -> bool:
        """Whether any image or volume has a label; without one there are no figures."""
        rows = (*self.rows, *(one.row for one in self.volumes))
        return any(row.label is not None for row in rows)

    @cached_property
    def predicted(self) -> int:
        return sum(row.status == "ok" for row in self.rows)

    @cached_property
    def unlabelled(self) -> int:
        """Images with a prediction but without a label, such as uncertain ones."""
        return sum(row.label is None and row.status == "ok" for row in self.rows)

    @cached_property
    def refused(self) -> tuple[ImageRow, ...]:
        """Images and volumes without a prediction, each with its reason."""
        rows = (*self.rows, *(one.row for one in self.volumes))
        return tuple(row for row in rows if row.status != "ok")

    @cached_property
    def scope(self) -> str:
        """What was evaluated, for people: images, slices of volumes with a mask, volumes."""
        slices = sum(row.volume is not None for row in self.rows)
        images = len(self.rows) - slices
        parts = [f"{images:,} images"] if images or not self.volumes else []
        if self.volumes:
            masked = f" ({slices:,} slices with a label from a mask)" if slices else ""
            parts.append(f"{len(self.volumes):,} volumes{masked}")
        return " and ".join(parts)

    @cached_property
    def _units(self) -> tuple[list[Hashable], tuple[str, ...]]:
        rows = self.rows
        return resampling_units(
            [row.group for row in rows],
            [row.source for row in rows],
            [row.sha256 or row.name for row in rows],
            [row.volume for row in rows],
        )

    @property
    def units(self) -> list[Hashable]:
        """What the bootstrap draws: one group, or single image, for every row."""
        return self._units[0]

    @cached_property
    def seen(self) -> tuple[int, ...]:
        """Row numbers of the images that took part in the model's training or validation."""
        return tuple(number for number, row in enumerate(self.rows) if row.seen is not None)

    @cached_property
    def without_seen(self) -> Self | None:
        """The same evaluation without the images seen in training; ``None`` when none was."""
        if not self.seen:
            return None
        kept = tuple(row for row in self.rows if row.seen is None)
        return replace(
            self,
            rows=kept,
            review={},
            baselines=None,
            stability=None,
            volumes=(),
            key_pictures={},
            outline_pictures={},
        )

    @property
    def interval_notes(self) -> tuple[str, ...]:
        """Sentences about what the intervals cannot know."""
        return self._units[1] if self.labelled else ()

    def units_of(self, numbers: tuple[int, ...]) -> list[Hashable]:
        return [self._units[0][number] for number in numbers]
