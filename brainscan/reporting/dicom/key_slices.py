"""The slices that results show and report one by one, and the place that speaks most for tumor."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.orientation import LPS_TO_RAS, PLANE_OF_AXIS
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume
from brainscan.imaging.windowing import Window, full_window
from brainscan.inference.prediction import Prediction
from brainscan.inference.volume_prediction import SliceScore, VolumePrediction
from brainscan.reporting.dicom.objects import SourceSlice
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
    """

    scan: Scan = field(repr=False)
    evidence: np.ndarray = field(repr=False)
    probability: float
    threshold: float
    title: str
    window: Window | Voi
    peak: Peak | None
    source: SourceSlice | None


def only_slice(
    scan: Scan, prediction: Prediction, stored: np.ndarray, source: SourceSlice
) -> KeySlice:
    """Return the slice that a single image is.

    Parameters
    ----------
    stored
        ``(rows, columns)`` evidence as the file stores the slice.
    source
        The stored image.
    """
    return KeySlice(
        scan=scan,
        evidence=prediction.evidence.on_slice(),
        probability=prediction.tumor_probability,
        threshold=prediction.threshold,
        title="",
        window=_window(scan),
        peak=_peak_of_slice(stored, source, prediction.evidence.has_evidence),
        source=source,
    )


def key_slice(
    volume: Volume, prediction: VolumePrediction, score: SliceScore, origin: Origin
) -> KeySlice:
    """Return a slice of a volume, shown as the network read it."""
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
        place = LPS_TO_RAS @ volume.source.affine @ [*voxel, 1.0]
        peak = Peak(float(shown.max()), voxel, (place[0], place[1], place[2]))
    at = _source_voxel(volume, volume.voxel_at(plane, index, 0, 0))[0]
    return KeySlice(
        scan=scan,
        evidence=shown,
        probability=score.probability or 0.0,
        threshold=prediction.slice_threshold,
        title=f"{plane} slice {index + 1} of {volume.depth(plane)}",
        window=volume.windows[0] if volume.windows else volume.window(),
        peak=peak,
        source=origin.slices[at] if stacked else None,
    )


def _source_voxel(volume: Volume, canonical: tuple[float, ...]) -> tuple[int, int, int]:
    """Return where a voxel of the canonical volume lies on the source grid."""
    grid = volume.source
    found = [0, 0, 0]
    for axis, (source, flip) in enumerate(zip(grid.axes, grid.flips, strict=True)):
        place = round(canonical[axis])
        found[source] = grid.shape[source] - 1 - place if flip else place
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
