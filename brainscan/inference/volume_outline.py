"""The outlined tumor of a whole volume: the model's or a reader's, and what is measured of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.correction import Correction
from brainscan.imaging.measures import SliceMeasures, measure_slice
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.imaging.volume_measures import VolumeMeasures, measure_volume, milliliters
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
        Where ``mask``, ``inner``, ``outer`` and ``own`` lie in it.
    mask
        bool, the shape of the box.
    inner, outer
        As ``mask``: between them the border is uncertain, see
        :meth:`VolumePrediction.band_volumes`. A reader's outline has no such border, so both are
        the mask.
    own
        As ``mask``: the model's own outline; ``None`` for a release without a decoder.
    plane
        Whose slices were outlined.
    measures
        Of the mask, its pieces in voxels of the volume.
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
    own: np.ndarray | None = field(repr=False)
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
        """Return the outline of an answer.

        Parameters
        ----------
        volume
            The one that was read.
        prediction
            The answer for it; where that is no tumor, the model's outline is empty.
        correction
            A reader's mask, which then takes the place of the model's.

        Returns
        -------
        VolumeOutline or None
            ``None`` for a release without a decoder where there is no correction.

        Raises
        ------
        ValueError
            If the correction is of another shape than the volume.
        """
        own = prediction.mask_volume(volume)
        if correction is not None:
            if correction.mask.shape != volume.shape:
                msg = (
                    f"The correction has the shape {correction.mask.shape}, "
                    f"but the volume {volume.shape}."
                )
                raise ValueError(msg)
            masks = (correction.mask,) * 3
        else:
            band = prediction.band_volumes(volume)
            if own is None or band is None:
                return None
            masks = (own, *band)
        box = box_of(masks[0] | masks[2] if own is None else masks[0] | masks[2] | own)
        mask, inner, outer = (np.array(one[box]) for one in masks)
        amounts = [milliliters(one, volume.spacing) for one in (mask, inner, outer)]
        start = (box[0].start, box[1].start, box[2].start)
        return cls(
            shape=volume.shape,
            box=box,
            mask=mask,
            inner=inner,
            outer=outer,
            own=None if own is None else np.array(own[box]),
            plane=prediction.plane,
            measures=measure_volume(mask, volume.spacing, start),
            range_ml=(min(amounts), max(amounts)),
            largest=_largest(volume, prediction.plane, box, mask),
            possible=correction is None and prediction.decision == "indeterminate",
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

    def on_slice(self, part: np.ndarray, plane: Plane, index: int) -> np.ndarray:
        """Return ``mask``, ``inner``, ``outer`` or ``own`` on a slice of any plane.

        Parameters
        ----------
        part
            One of these arrays.
        plane, index
            As :meth:`Volume.plane_slice` counts.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)`` bool as that method shows the slice.
        """
        axis = PLANE_OF_AXIS.index(plane)
        others = [other for other in range(3) if other != axis]
        found = np.zeros([self.shape[other] for other in others], bool)
        at = index - self.box[axis].start
        if 0 <= at < part.shape[axis]:
            found[tuple(self.box[other] for other in others)] = np.take(part, at, axis=axis)
        return as_displayed(found)


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
