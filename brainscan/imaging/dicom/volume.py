"""Read the slices of a series into a volume."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.decoding import COLOR_WARNING
from brainscan.imaging.dicom.image import BURNED_IN_WARNING, LoadedImage, load_image
from brainscan.imaging.dicom.modality import judge
from brainscan.imaging.dicom.scan import instance_of, unsaid_warning
from brainscan.imaging.dicom.series import Series, require_readable
from brainscan.imaging.dicom.stack import Stack
from brainscan.imaging.grid import SourceGrid
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits
from brainscan.imaging.orientation import nearest_plane, spacing_of
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume, background_of, digest_of


def read_series(
    series: Series,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancel: Callable[[], bool] = lambda: False,
) -> Volume:
    """Read a series found by :func:`brainscan.imaging.dicom.find_series` as a volume.

    Every slice is rescaled by its own slope and intercept (or modality LUT), so that one scale
    holds for the whole volume. Windows are those of the middle slice.

    Parameters
    ----------
    series
        What to read.
    limits
        Largest volume to accept.
    progress
        Called with the number of slices read and of all slices.
    cancel
        Asked before each slice; true stops the work.

    Raises
    ------
    InputRejected
        If the series is no MR scan, its images do not say where they lie, or one of them is
        damaged.
    Cancelled
        If ``cancel`` said so.
    """
    require_readable(series)
    stack = series.stack
    affine = stack.affine
    if affine is None:
        raise InputRejected(f"The series “{series.description}” has no place in space.")
    rows, columns = series.size
    count = len(stack.slices)
    if count * rows * columns > limits.max_voxels:
        raise InputRejected(
            f"The series “{series.description}” has {count} slices of {columns} x {rows} pixels; "
            f"the limit is {limits.max_voxels / 1e6:,.0f} million voxels. "
            "Export it at a smaller size."
        )
    try:
        stored = np.empty((count, rows, columns), np.float32)
        reading = _Reading(stack, stored, limits)
        reading.run(progress, cancel)
    except MemoryError as error:
        raise InputRejected(
            f"The series “{series.description}” needs more memory than this machine has free. "
            "Close other programs, or export it at a smaller size."
        ) from error
    _fill_padding(stored)
    if float(stored.min()) == float(stored.max()):
        raise InputRejected(
            f"The series “{series.description}” is blank: every pixel has the same value. "
            "Choose another series."
        )
    grid = SourceGrid.of((count, rows, columns), affine)
    voxels = grid.to_canonical(stored)
    voxels.setflags(write=False)
    return Volume(
        voxels=voxels,
        affine=grid.canonical_affine,
        spacing=spacing_of(grid.canonical_affine),
        sha256=digest_of(reading.digests),
        name=series.description,
        kind="dicom",
        sequence=series.sequence,
        plane=series.plane or nearest_plane(affine[:3, 0]),
        source=grid,
        identity=series.identity,
        instances=tuple(instance_of(piece.image, piece.frame) for piece in stack.slices),
        windows=reading.windows,
        background=background_of(voxels),
        burned_in=any(piece.image.burned_in for piece in stack.slices),
        warnings=(*stack.warnings, *reading.warnings(series)),
    )


class _Reading:
    """Decodes the slices of a stack one after the other, each file opened once in a row."""

    def __init__(self, stack: Stack, stored: np.ndarray, limits: ReadLimits) -> None:
        self.windows: tuple[Voi, ...] = ()
        self.digests: list[str] = []
        self._stack = stack
        self._stored = stored
        self._limits = limits
        self._notes: dict[str, None] = {}

    def run(self, progress: Callable[[int, int], None], cancel: Callable[[], bool]) -> None:
        """Fill the array."""
        slices = self._stack.slices
        loaded: LoadedImage | None = None
        for index, piece in enumerate(slices):
            if cancel():
                raise Cancelled("Reading the series was stopped.")
            progress(index, len(slices))
            if loaded is None or loaded.image is not piece.image:
                loaded = load_image(piece.image, self._limits)
                self.digests.append(loaded.sha256)
                self._notes |= dict.fromkeys(loaded.warnings)
            values, total, colored = loaded.values(piece.frame)
            self._stored[index] = values
            if colored:
                self._notes[COLOR_WARNING] = None
            if index == len(slices) // 2:
                self.windows = loaded.windows(piece.frame, total)
        progress(len(slices), len(slices))

    def warnings(self, series: Series) -> tuple[str, ...]:
        """Return what the pixels gave reason to say."""
        images = [piece.image for piece in self._stack.slices]
        found = list(self._notes)
        if judge(series.modality) == "unsaid":
            found.append(unsaid_warning(series.modality))
        if any(image.burned_in for image in images):
            found.append(BURNED_IN_WARNING)
        return tuple(found)


def _fill_padding(stored: np.ndarray) -> None:
    """Replace NaN, which stands for padding, by the smallest value of the volume, in place."""
    holes = np.isnan(stored)
    if holes.any():
        stored[holes] = 0.0 if holes.all() else np.nanmin(stored)
