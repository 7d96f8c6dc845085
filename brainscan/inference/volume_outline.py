"""The outlined tumor of a whole volume: the model's or a reader's, and what is measured of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.correction import Correction
from brainscan.imaging.measures import SliceMeasures, VolumeMeasures, measure_slice, measure_volume
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.inference.volume_prediction import VolumePrediction

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class VolumeOutline:
    """The outline that goes with an answer, and its measures.

    Only the box that holds it is kept: a tumor takes a small part of a head.

    Attributes
    ----------
    shape
        Of the volume, canonical order.
    box
        Where ``mask``, ``inner`` and ``outer`` lie in it.
    mask
        bool, the shape of the box.
    inner, outer
        As ``mask``: between them the border is uncertain, see
        :meth:`VolumePrediction.band_volumes`. A reader's outline has no such border, so both are
        the mask.
    plane
        Whose slices were outlined.
    measures
        Of the mask.
    range_ml
        Milliliters of the smallest and the largest tumor that the uncertain border allows; equal
        to the measured ones for a reader's outline.
    largest
        Index and measures of the slice of ``plane`` on which the largest diameter lies; ``None``
        for an empty mask.
    possible
        Whether the answer is indeterminate, so that the outline is that of a possible tumor.
    correction
        The reader's, whose mask this is; ``None`` for the model's own.
    """

    shape: tuple[int, int, int]
    box: Box
    mask: np.ndarray = field(repr=False)
    inner: np.ndarray = field(repr=False)
    outer: np.ndarray = field(repr=False)
    plane: Plane
    measures: VolumeMeasures
    range_ml: tuple[float, float]
    largest: tuple[int, SliceMeasures] | None
    possible: bool
    correction: Correction | None = None

    @classmethod
    def of(
        cls, volume: Volume, prediction: VolumePrediction, correction: Correction | None = None
    ) -> VolumeOutline | None:
        """Return the outline of an answer; ``None`` for a release without a decoder.

        Parameters
        ----------
        volume
            The one that was read.
        prediction
            The answer for it; where that is no tumor, the model's outline is empty.
        correction
            A reader's mask, which then takes the place of the model's.

        Raises
        ------
        ValueError
            If the correction is of another shape than the volume.
        """
        if correction is not None:
            if correction.mask.shape != volume.shape:
                msg = (
                    f"The correction has the shape {correction.mask.shape}, "
                    f"but the volume {volume.shape}."
                )
                raise ValueError(msg)
            return cls._measured(
                volume, prediction, (correction.mask,) * 3, possible=False, correction=correction
            )
        mask = prediction.mask_volume(volume)
        band = prediction.band_volumes(volume)
        if mask is None or band is None:
            return None
        possible = prediction.decision == "indeterminate"
        return cls._measured(volume, prediction, (mask, *band), possible=possible)

    @classmethod
    def _measured(
        cls,
        volume: Volume,
        prediction: VolumePrediction,
        masks: tuple[np.ndarray, np.ndarray, np.ndarray],
        *,
        possible: bool,
        correction: Correction | None = None,
    ) -> VolumeOutline:
        box = box_of(masks[0] if correction else masks[0] | masks[2])
        mask, inner, outer = (np.array(one[box]) for one in masks)
        measured = [measure_volume(one, volume.spacing) for one in (mask, inner, outer)]
        amounts = [one.milliliters for one in measured]
        return cls(
            shape=volume.shape,
            box=box,
            mask=mask,
            inner=inner,
            outer=outer,
            plane=prediction.plane,
            measures=measured[0],
            range_ml=(min(amounts), max(amounts)),
            largest=_largest(volume, prediction.plane, box, mask),
            possible=possible,
            correction=correction,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is outlined."""
        return self.measures.voxels == 0

    def whole(self) -> np.ndarray:
        """Return the mask on the voxels of the volume: bool, canonical order."""
        found = np.zeros(self.shape, bool)
        found[self.box] = self.mask
        return found


def box_of(mask: np.ndarray) -> Box:
    """Return the smallest box that holds all of a mask of voxels; empty for an empty one."""
    found = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        where = np.flatnonzero(mask.any(axis=others))
        found.append(slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 0))
    return found[0], found[1], found[2]


def _largest(
    volume: Volume, plane: Plane, box: Box, mask: np.ndarray
) -> tuple[int, SliceMeasures] | None:
    """Return index and measures of the slice with the largest diameter of its largest piece.

    RANO measures the largest diameter on any slice (Wen et al., J. Clin. Oncol. 28 (2010)
    1963-1972); the ends are given on the whole slice as shown.
    """
    axis = PLANE_OF_AXIS.index(plane)
    spacing = volume.plane_slice(plane, 0).spacing
    found: list[tuple[float, int]] = []
    for at in range(mask.shape[axis]):
        shown = as_displayed(np.take(mask, at, axis=axis))
        diameters = measure_slice(shown, spacing).diameters if shown.any() else None
        if diameters is not None:
            found.append((diameters.longest, -at))
    if not found:
        return None
    index = box[axis].start - max(found)[1]
    whole = np.zeros(volume.shape[:axis] + volume.shape[axis + 1 :], bool)
    whole[tuple(part for other, part in enumerate(box) if other != axis)] = np.take(
        mask, index - box[axis].start, axis=axis
    )
    return index, measure_slice(as_displayed(whole), spacing)
