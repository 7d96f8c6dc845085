"""A file's own grid of voxels, and the exact way from it to canonical order and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brainscan.imaging.orientation import canonical_axes, orientation_code


@dataclass(frozen=True, eq=False)
class SourceGrid:
    """The grid on which the file stores its voxels.

    Canonical order is a permutation and reversal of axes: no value is ever resampled, so the
    way back is exact.

    Attributes
    ----------
    shape
        Size along the three source axes. NIfTI: i, j, k as in the file. DICOM: slice, row,
        column, where slice ``n`` is ``Volume.instances[n]``.
    affine
        ``(4, 4)`` float64, source index to RAS+ millimetres.
    axes
        The source axis that lies along canonical axis 0, 1 and 2.
    flips
        Whether the source axis along canonical axis 0, 1 and 2 runs against it.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray
    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]

    @classmethod
    def of(cls, shape: tuple[int, int, int], affine: np.ndarray) -> SourceGrid:
        """Describe a grid by its shape and its (not singular) affine."""
        kept = np.array(affine, np.float64)
        kept.setflags(write=False)
        axes, flips = canonical_axes(kept)
        return cls(shape, kept, axes, flips)

    @property
    def orientation(self) -> str:
        """Three-letter code of the source axes, for example ``"LPS"``."""
        return orientation_code(self.affine)

    @property
    def canonical_shape(self) -> tuple[int, int, int]:
        first, second, third = (self.shape[axis] for axis in self.axes)
        return first, second, third

    @property
    def canonical_affine(self) -> np.ndarray:
        """``(4, 4)`` float64: canonical voxel index to RAS+ millimetres."""
        to_source_index = np.zeros((4, 4))
        to_source_index[3, 3] = 1.0
        for canonical, source in enumerate(self.axes):
            to_source_index[source, canonical] = -1.0 if self.flips[canonical] else 1.0
            if self.flips[canonical]:
                to_source_index[source, 3] = self.shape[source] - 1
        return np.asarray(self.affine @ to_source_index)

    def to_canonical(self, array: np.ndarray) -> np.ndarray:
        """Return a view of an array on this grid, in canonical order."""
        self._check(array, self.shape)
        return np.asarray(array.transpose(self.axes)[self._steps()])

    def to_source(self, array: np.ndarray) -> np.ndarray:
        """Return a view of an array in canonical order, on this grid.

        Parameters
        ----------
        array
            Any dtype, of the canonical volume's shape.

        Raises
        ------
        ValueError
            If the shape is another one.
        """
        self._check(array, self.canonical_shape)
        back = np.argsort(self.axes)
        return np.asarray(array[self._steps()].transpose(back))

    def _steps(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)

    @staticmethod
    def _check(array: np.ndarray, shape: tuple[int, int, int]) -> None:
        if array.shape != shape:
            msg = f"The array must have shape {shape}, got {array.shape}."
            raise ValueError(msg)
