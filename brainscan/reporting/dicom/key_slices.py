"""The slices that results show and report one by one, and the place that speaks most for tumor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.lesion_border import Chord
from brainscan.imaging.measures import SliceMeasures, measure_slice
from brainscan.imaging.orientation import LPS_TO_RAS, PLANE_OF_AXIS
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume, as_displayed
from brainscan.imaging.windowing import Window, full_window
from brainscan.inference.prediction import Prediction
from brainscan.inference.volume_prediction import SliceScore, VolumePrediction
from brainscan.reporting.dicom.objects import SourceSlice
from brainscan.reporting.dicom.orientation import Turn
from brainscan.reporting.dicom.origin import Origin

Vector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Peak:
    """The place of the strongest evidence on a slice.

    Attributes
    ----------
    value
        Evidence there, in [0, 1].
    voxel
        Slice, row and column on the source grid, from 0.
    position
        LPS+ millimetres of the voxel's centre; ``None`` where the images do not say.
    """

    value: float
    voxel: tuple[int, int, int]
    position: Vector | None


@dataclass(frozen=True, eq=False)
class Measured:
    """How large the outline is on a slice.

    Attributes
    ----------
    mask
        ``(height, width)`` bool outline as shown.
    measures
        Of the slice as it is shown.
    ends
        Ends of the longest diameter and of the one perpendicular to it, each ``((row, column),
        (row, column))`` on the stored image, pixel centers at integers; empty where there is no
        lesion, or no stored image is the slice.
    """

    mask: np.ndarray = field(repr=False)
    measures: SliceMeasures
    ends: tuple[Chord, ...] = ()


@dataclass(frozen=True, eq=False)
class KeySlice:
    """A slice that is shown and reported by itself.

    Attributes
    ----------
    scan
        As it is shown.
    evidence
        ``(height, width)`` float32 in [0, 1], as shown.
    probability, threshold
        Tumor probability of the slice, and what it is compared with.
    title
        For example ``"axial slice 12 of 20"``; empty for a single image.
    window
        To show it with.
    peak
        Strongest evidence; ``None`` where nothing speaks for tumor.
    source
        The slice of the source grid that it is; ``None`` for a cut across several.
    measured
        Size of the outline; ``None`` where there is no outline.
    """

    scan: Scan = field(repr=False)
    evidence: np.ndarray = field(repr=False)
    probability: float
    threshold: float
    title: str
    window: Window | Voi
    peak: Peak | None
    source: SourceSlice | None
    measured: Measured | None = None


def only_slice(
    scan: Scan,
    prediction: Prediction,
    stored: np.ndarray,
    source: SourceSlice,
    turn: Turn,
    mask: np.ndarray | None,
) -> KeySlice:
    """Return the slice that a single image is.

    Parameters
    ----------
    stored
        ``(rows, columns)`` evidence as the file stores the slice.
    source
        The stored image.
    turn
        From the slice as shown to the stored image.
    mask
        ``(height, width)`` bool outline as shown; ``None`` where there is none.
    """

    def place(row: float, column: float) -> tuple[float, float]:
        return turn.point(row, column, (stored.shape[0], stored.shape[1]))

    return KeySlice(
        scan=scan,
        evidence=prediction.evidence.on_slice(),
        probability=prediction.tumor_probability,
        threshold=prediction.threshold,
        title="",
        window=_window(scan),
        peak=_peak_of_slice(stored, source, prediction.evidence.has_evidence),
        source=source,
        measured=_measured(mask, scan.spacing, place),
    )


def key_slice(
    volume: Volume,
    prediction: VolumePrediction,
    score: SliceScore,
    origin: Origin,
    mask: np.ndarray | None,
) -> KeySlice:
    """Return a slice of a volume, shown as the network read it.

    Parameters
    ----------
    mask
        Bool outline in canonical order; ``None`` where there is none.
    """
    plane, index = prediction.plane, score.index
    scan = volume.to_scan(plane, index)
    stacked = volume.source.axes[PLANE_OF_AXIS.index(plane)] == 0
    if score.evidence is None:
        shown = np.zeros(scan.pixels.shape, np.float32)
    else:
        shown = score.evidence.on_slice()
    peak = None
    if score.evidence is not None and score.evidence.has_evidence:
        row, column = np.unravel_index(int(shown.argmax()), shown.shape)
        voxel = _source_voxel(volume, volume.voxel_at(plane, index, int(row), int(column)))
        point = LPS_TO_RAS @ volume.source.affine @ [*voxel, 1.0]
        peak = Peak(float(shown.max()), voxel, (point[0], point[1], point[2]))
    at = _source_voxel(volume, volume.voxel_at(plane, index, 0, 0))[0]
    there = None
    if mask is not None:
        there = as_displayed(np.take(mask, index, axis=PLANE_OF_AXIS.index(plane)))

    def place(row: float, column: float) -> tuple[float, float]:
        return _source_point(volume, volume.voxel_at(plane, index, row, column))[1:]

    return KeySlice(
        scan=scan,
        evidence=shown,
        probability=score.probability or 0.0,
        threshold=prediction.slice_threshold,
        title=f"{plane} slice {index + 1} of {volume.depth(plane)}",
        window=volume.windows[0] if volume.windows else volume.window(),
        peak=peak,
        source=origin.slices[at] if stacked else None,
        measured=_measured(there, scan.spacing, place if stacked else None),
    )


def _measured(
    mask: np.ndarray | None,
    spacing: tuple[float, float] | None,
    place: Callable[[float, float], tuple[float, float]] | None,
) -> Measured | None:
    """Measure an outline as shown; ``place`` leads to the stored image."""
    if mask is None:
        return None
    found = measure_slice(mask, spacing)
    if found.diameters is None or place is None:
        return Measured(mask, found)
    shown = (found.diameters.longest_ends, found.diameters.perpendicular_ends)
    return Measured(mask, found, tuple((place(*first), place(*second)) for first, second in shown))


def _source_voxel(volume: Volume, canonical: tuple[float, ...]) -> tuple[int, int, int]:
    """Return the voxel of the source grid that a voxel of the canonical volume is."""
    first, second, third = (round(part) for part in _source_point(volume, canonical))
    return first, second, third


def _source_point(volume: Volume, canonical: tuple[float, ...]) -> Vector:
    """Return where a point of the canonical volume lies on the source grid."""
    grid = volume.source
    found = [0.0, 0.0, 0.0]
    for axis, (source, flip) in enumerate(zip(grid.axes, grid.flips, strict=True)):
        found[source] = grid.shape[source] - 1 - canonical[axis] if flip else canonical[axis]
    return found[0], found[1], found[2]


def _peak_of_slice(stored: np.ndarray, source: SourceSlice, has_evidence: bool) -> Peak | None:
    if not has_evidence:
        return None
    row, column = (int(part) for part in np.unravel_index(int(stored.argmax()), stored.shape))
    frame = source.place
    position = None
    if frame.position and frame.orientation and frame.spacing:
        point = (
            np.array(frame.position)
            + np.array(frame.orientation[:3]) * frame.spacing[1] * column
            + np.array(frame.orientation[3:]) * frame.spacing[0] * row
        )
        position = (float(point[0]), float(point[1]), float(point[2]))
    return Peak(float(stored.max()), (0, row, column), position)


def _window(scan: Scan) -> Window | Voi:
    """Return the file's own first window, otherwise all values but the outermost half percent."""
    if scan.windows:
        return scan.windows[0]
    low, high = (float(value) for value in np.percentile(scan.pixels, (0.5, 99.5)))
    return (high - low, (low + high) / 2) if high > low else full_window(scan.pixels)
