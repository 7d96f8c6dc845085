"""Where a volume shows tumor by its expert mask, and what that makes of its slices."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from brainscan.data.record import Label
from brainscan.errors import InputRejected
from brainscan.imaging.nifti import read_mask
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane
from brainscan.imaging.volume import Volume, as_displayed

SMALLEST_AREA = 10.0
"""mm² of tumor from which a slice counts as a tumor slice.

About 3.5 mm across, four pixels of the network's input on a head of ordinary size. At the upper
and lower end of a tumor smaller areas are a matter of the annotator's hand and of partial volume.
A slice with less, but some, is neither tumor nor tumor-free: it is listed and counted in no figure.
"""

AREA_NOTE = (
    f"A slice of a volume counts as tumour where its mask covers {SMALLEST_AREA:g} mm² or more, "
    "and as tumour-free where the mask has no voxel; a slice with less, at the ends of a tumour, "
    "is neither and in no figure."
)

_SAME_PLACE = 0.5  # voxels by which a corner may lie apart; a voxel is then still its own


@dataclass(frozen=True, eq=False)
class TumorMask:
    """An expert mask on the grid of a volume.

    Attributes
    ----------
    inside
        ``(i, j, k)`` bool in canonical order, the shape of the volume.
    volume
        The volume.
    """

    inside: np.ndarray = field(repr=False)
    volume: Volume = field(repr=False)

    @classmethod
    def read(cls, path: Path, volume: Volume) -> TumorMask:
        """Read a NIfTI label volume on the grid of a volume; any label above zero is tumor.

        Raises
        ------
        InputRejected
            If it is no NIfTI volume, or lies on another grid.
        """
        inside, affine = read_mask(path)
        if inside.shape != volume.shape:
            mine, theirs = (" x ".join(map(str, shape)) for shape in (inside.shape, volume.shape))
            raise InputRejected(
                f"The mask {path.name} has {mine} voxels (right, anterior, superior), its volume "
                f"{theirs}. Resample the mask to the grid of the volume."
            )
        apart = _apart(affine, volume)
        if apart > _SAME_PLACE:
            raise InputRejected(
                f"The mask {path.name} lies up to {apart:.1f} voxels away from its volume. "
                "Resample the mask to the grid of the volume, or save it with the same affine."
            )
        return cls(inside, volume)

    def on_slice(self, plane: Plane, index: int) -> np.ndarray:
        """Return ``(rows, columns)`` bool as :meth:`Volume.plane_slice` shows the slice."""
        return as_displayed(self.inside.take(index, axis=PLANE_OF_AXIS.index(plane)))

    def label(self, plane: Plane, index: int) -> Label | None:
        """Return what a slice shows; ``None`` where it is too little to say."""
        voxels = int(np.count_nonzero(self.on_slice(plane, index)))
        if not voxels:
            return "no_tumor"
        sides = [
            size
            for axis, size in enumerate(self.volume.spacing)
            if axis != PLANE_OF_AXIS.index(plane)
        ]
        return "tumor" if voxels * sides[0] * sides[1] >= SMALLEST_AREA else None


def _apart(affine: np.ndarray, volume: Volume) -> float:
    """Return how far the corners of two grids lie apart, in voxels along the shortest side."""
    ends = [[0, size - 1] for size in volume.shape]
    corners = np.stack(np.meshgrid(*ends, [1], indexing="ij")).reshape(4, -1)
    moved = (affine - volume.affine) @ corners
    return float(np.linalg.norm(moved[:3], axis=0).max() / min(volume.spacing))
