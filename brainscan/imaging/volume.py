"""A whole scan: voxels in canonical order, with everything needed to show and to report it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from brainscan.imaging.grid import SourceGrid
from brainscan.imaging.identity import Identity
from brainscan.imaging.instance import Instance
from brainscan.imaging.orientation import Letters, Plane, edge_letters
from brainscan.imaging.scan import Scan
from brainscan.imaging.sequence import SequenceGuess
from brainscan.imaging.voi import Voi
from brainscan.imaging.windowing import Window

_AXIS: dict[Plane, int] = {"sagittal": 0, "coronal": 1, "axial": 2}
_BACKGROUND_SHARE = 0.1
_SAMPLED = 200_000  # voxels that are enough to judge a volume's brightness


@dataclass(frozen=True, eq=False)
class PlaneSlice:
    """One slice of a volume as a radiologist looks at it.

    The patient's right is on the image's left; anterior is up on axial slices, superior is up
    on coronal and sagittal ones; anterior is to the left on sagittal ones.

    Attributes
    ----------
    pixels
        ``(rows, columns)`` float32, a read-only view into the volume.
    spacing
        Millimetres between rows and between columns.
    letters
        The patient's directions at the four edges.
    plane, index
        Which slice this is; the index counts along the canonical axis.
    """

    pixels: np.ndarray
    spacing: tuple[float, float]
    letters: Letters
    plane: Plane
    index: int


@dataclass(frozen=True, eq=False)
class Volume:
    """A three-dimensional scan in canonical order.

    Attributes
    ----------
    voxels
        ``(i, j, k)`` float32, finite, read-only, closest to RAS+ as nibabel defines it: ``i``
        grows towards the patient's Right, ``j`` towards Anterior, ``k`` towards Superior. Only
        permuted and reversed, never resampled: an oblique scan stays oblique. Values are those
        after rescale slope and intercept (DICOM modality LUT, NIfTI scl_slope), bright for
        large also where the file stores MONOCHROME1.
    affine
        ``(4, 4)`` float64: canonical voxel index to RAS+ millimetres.
    spacing
        Millimetres between voxels along the three canonical axes.
    sha256
        Hex digest over all source bytes, whatever the order of the files: the digest of the
        file for one file, otherwise of the sorted digests of all.
    name
        Safe to show: the file name of a NIfTI, or a DICOM series description from which the
        patient's name and numbers were removed.
    kind
        ``"dicom"`` or ``"nifti"``.
    sequence
        Guess at the MR sequence, with its reason.
    plane
        The plane in which the slices were acquired.
    source
        The file's own grid, and the way back to it.
    identity
        Who the patient is; for the header panel only.
    instances
        DICOM only: for each slice of the source grid the object it comes from.
    windows
        How the file wants its values shown; the first is the one to open with.
    background
        The value outside the head where that is not the smallest one, as in standardised scans
        with a background of 0; ``None`` where the background is darkest, as usual.
    burned_in
        Whether the file says that its pixels contain text that may identify the patient.
    warnings
        Sentences about anything in the source the reader should know.
    """

    voxels: np.ndarray = field(repr=False)
    affine: np.ndarray
    spacing: tuple[float, float, float]
    sha256: str
    name: str
    kind: Literal["dicom", "nifti"]
    sequence: SequenceGuess | None
    plane: Plane
    source: SourceGrid = field(repr=False)
    identity: Identity | None = field(default=None, repr=False)
    instances: tuple[Instance, ...] = field(default=(), repr=False)
    windows: tuple[Voi, ...] = ()
    background: float | None = None
    burned_in: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        first, second, third = self.voxels.shape
        return first, second, third

    def depth(self, plane: Plane) -> int:
        """Return the number of slices of a plane."""
        return int(self.voxels.shape[_AXIS[plane]])

    def plane_slice(self, plane: Plane, index: int) -> PlaneSlice:
        """Return one slice in radiological display, without copying.

        Parameters
        ----------
        plane
            Which plane.
        index
            Slice along the canonical axis: for axial from inferior to superior, for coronal
            from posterior to anterior, for sagittal from the patient's left to the right.

        Raises
        ------
        IndexError
            If there is no such slice.
        """
        axis = _AXIS[plane]
        if not 0 <= index < self.voxels.shape[axis]:
            msg = f"The {plane} slice {index} does not exist; there are {self.depth(plane)}."
            raise IndexError(msg)
        across, down = self._display_axes(plane)
        place: list[slice | int] = [slice(None)] * 3
        place[axis] = index
        pixels = as_displayed(self.voxels[tuple(place)])
        pixels.setflags(write=False)
        return PlaneSlice(
            pixels=pixels,
            spacing=(self.spacing[down], self.spacing[across]),
            letters=edge_letters(-self.affine[:3, across], -self.affine[:3, down]),
            plane=plane,
            index=index,
        )

    def voxel_at(self, plane: Plane, index: int, row: float, column: float) -> tuple[float, ...]:
        """Return the canonical voxel that is shown at a row and column of a slice."""
        across, down = self._display_axes(plane)
        voxel = [float(index)] * 3
        voxel[down] = self.shape[down] - 1 - row
        voxel[across] = self.shape[across] - 1 - column
        return tuple(voxel)

    def put_slice(self, target: np.ndarray, plane: Plane, index: int, shown: np.ndarray) -> None:
        """Write a map of a slice into an array of the volume's shape.

        Parameters
        ----------
        target
            ``(i, j, k)`` array in canonical order; modified.
        plane, index
            Which slice.
        shown
            ``(rows, columns)`` array as :meth:`plane_slice` shows the slice.
        """
        place: list[slice | int] = [slice(None)] * 3
        place[_AXIS[plane]] = index
        target[tuple(place)] = from_displayed(shown)

    def to_scan(self, plane: Plane, index: int) -> Scan:
        """Return a slice as the network reads it.

        The values of the file go to :func:`brainscan.imaging.preprocessing.preprocess` as they
        are; no window is applied, so that the answer does not depend on how somebody looked at
        the scan. Only a background that is not the darkest value is made so: what surrounds the
        head must be black for the head to be found.

        Raises
        ------
        IndexError
            If there is no such slice.
        """
        shown = self.plane_slice(plane, index)
        pixels = np.array(shown.pixels, np.float32, order="C")
        if self.background is not None:
            pixels[pixels == self.background] = self._darkest
        pixels.setflags(write=False)
        slices = self.source.axes[_AXIS[plane]] == 0 and len(self.instances) > 1
        at = self.shape[_AXIS[plane]] - 1 - index if self.source.flips[_AXIS[plane]] else index
        return Scan(
            pixels=pixels,
            name=f"{self.name}, {plane} {index + 1} of {self.depth(plane)}",
            sha256=hashlib.sha256(f"{self.sha256} {plane} {index}".encode()).hexdigest(),
            format="DICOM" if self.kind == "dicom" else "NIfTI",
            mode="F",
            letters=shown.letters,
            spacing=shown.spacing,
            windows=self.windows,
            sequence=self.sequence,
            instance=self.instances[at] if slices else None,
            identity=self.identity,
            burned_in=self.burned_in,
        )

    def window(self) -> Window:
        """Return the window to open with, for floating-point pixels.

        The file's first one, otherwise from the darkest to the 99.5th percentile of the voxels
        that are not the background value.
        """
        if self.windows:
            return self.windows[0].window
        flat = self.voxels.reshape(-1)
        sample = flat[:: 1 + flat.size // _SAMPLED]
        background = sample.min()
        inside = sample[sample > background]
        if not inside.size:
            return 1.0, float(background)
        low, high = (float(value) for value in np.percentile(inside, (0.5, 99.5)))
        return max(high - low, 1e-6), (low + high) / 2

    @cached_property
    def _darkest(self) -> float:
        return float(self.voxels.min())

    @staticmethod
    def _display_axes(plane: Plane) -> tuple[int, int]:
        """Canonical axes that run along a displayed row and down a displayed column."""
        across, down = (axis for axis in range(3) if axis != _AXIS[plane])
        return across, down


def as_displayed(canonical: np.ndarray) -> np.ndarray:
    """Turn a canonical slab ``(a, b)``, its axis removed, to rows and columns on screen (a view).

    The same for the three planes: both remaining axes run against the display.
    """
    return np.asarray(canonical[::-1, ::-1].T)


def from_displayed(shown: np.ndarray) -> np.ndarray:
    """Undo :func:`as_displayed` (a view)."""
    return np.asarray(shown.T[::-1, ::-1])


def background_of(voxels: np.ndarray) -> float | None:
    """Find the value of the background where it is not the smallest value.

    It is the value of all eight corners and of at least a tenth of the voxels.
    """
    corners = voxels[:: voxels.shape[0] - 1 or 1, :: voxels.shape[1] - 1 or 1]
    corners = corners[:, :, :: voxels.shape[2] - 1 or 1]
    value = float(corners.flat[0])
    if (corners != value).any() or value == float(voxels.min()):
        return None
    return value if float((voxels == value).mean()) >= _BACKGROUND_SHARE else None


def digest_of(digests: list[str]) -> str:
    """Return one SHA-256 for several files, whatever their order; of one file its own."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
