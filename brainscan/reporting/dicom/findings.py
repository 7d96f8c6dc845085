"""What DICOM results report: an answer, and the images it is about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.errors import InputRejected
from brainscan.imaging.orientation import LPS_TO_RAS, PLANE_OF_AXIS
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.volume import Volume
from brainscan.imaging.windowing import Window, full_window
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release, list_models
from brainscan.inference.volume_prediction import SliceScore, VolumePrediction
from brainscan.reporting.dicom.orientation import letters_of, turn_to_stored
from brainscan.reporting.dicom.origin import Origin, SourceSlice

Vector = tuple[float, float, float]

EVIDENCE_THRESHOLD = 0.5
"""Evidence from which on a place is more likely tumor tissue than not."""

_OTHERWISE = "Save the answer as JSON or CSV and the picture as PNG instead."


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


@dataclass(frozen=True, eq=False)
class Findings:
    """An answer together with everything its DICOM results need.

    Attributes
    ----------
    answer
        What the model said.
    origin
        The images that were read.
    evidence
        ``(slices, rows, columns)`` float32 in [0, 1] on the source grid.
    key_slices
        The most suspicious first; of a single image the image.
    fingerprint
        SHA-256 of the model's release; ``None`` where the release is not at hand.
    warnings
        Sentences the reader should see beside the results.
    """

    answer: Prediction | VolumePrediction
    origin: Origin = field(repr=False)
    evidence: np.ndarray = field(repr=False)
    key_slices: tuple[KeySlice, ...]
    fingerprint: str | None
    warnings: tuple[str, ...] = ()

    @property
    def of_whole_volume(self) -> bool:
        """Whether the answer is about a volume and not a single slice."""
        return isinstance(self.answer, VolumePrediction)

    @property
    def packed(self) -> bool:
        """Whether slices are parts of stored images, as in a mosaic, instead of whole ones."""
        return self.origin.shared or self.origin.size != self.evidence.shape[1:]

    @classmethod
    def of_slice(
        cls, scan: Scan, prediction: Prediction, *, release: Release | None = None
    ) -> Findings:
        """Return the findings of a single slice.

        Parameters
        ----------
        scan
            Read from a DICOM file, or a slice that a volume stores as such.
        prediction
            The answer for it.
        release
            The model that gave it; by default looked for among the released models under the
            name and version that the answer states.

        Raises
        ------
        InputRejected
            If no stored DICOM image shows the slice, or results cannot refer to it.
        """
        if scan.instance is None:
            raise InputRejected(_no_image(scan))
        origin = Origin.of([scan.instance], scan.name)
        source = origin.slices[0]
        turn = turn_to_stored(scan.letters, letters_of(source.place))
        shown = prediction.evidence.on_slice()
        if turn is None or shown.shape != scan.pixels.shape:
            raise InputRejected(
                f"{scan.name} is not the image that its file {scan.instance.source.name} holds "
                "now, so its results would lie in the wrong place. Open the file again."
            )
        stored = np.ascontiguousarray(turn(shown))
        peak = _peak_of_slice(stored, source, prediction.evidence.has_evidence)
        refusal = prediction.refusal
        notes = () if refusal is None else (f"Read although the input gate refused it: {refusal}",)
        return cls(
            answer=prediction,
            origin=origin,
            evidence=stored[None],
            key_slices=(
                KeySlice(
                    scan=scan,
                    evidence=shown,
                    probability=prediction.tumor_probability,
                    threshold=prediction.threshold,
                    title="",
                    window=_window(scan),
                    peak=peak,
                    source=source,
                ),
            ),
            fingerprint=_fingerprint(release, prediction.model),
            warnings=(*notes, *prediction.warnings, *origin.warnings),
        )

    @classmethod
    def of_volume(
        cls, volume: Volume, prediction: VolumePrediction, *, release: Release | None = None
    ) -> Findings:
        """Return the findings of a whole volume.

        Parameters
        ----------
        volume
            Read from a DICOM series.
        prediction
            The answer for it.
        release
            As for :meth:`of_slice`.

        Raises
        ------
        InputRejected
            If the volume comes from no DICOM series, or results cannot refer to its images.
        """
        if volume.kind != "dicom" or not volume.instances:
            raise InputRejected(
                f"{volume.name} is no DICOM series: it states no patient and no study that DICOM "
                "results could belong to. Open the DICOM original, or save the evidence as NIfTI."
            )
        origin = Origin.of(volume.instances, volume.name)
        evidence = volume.source.to_source(prediction.evidence_volume(volume))
        scores = {one.index: one for one in prediction.slices}
        keys = tuple(
            _key_slice(volume, prediction, scores[index], origin) for index in prediction.key_slices
        )
        return cls(
            answer=prediction,
            origin=origin,
            evidence=np.ascontiguousarray(evidence),
            key_slices=keys,
            fingerprint=_fingerprint(release, prediction.model),
            warnings=(*volume.warnings, *prediction.warnings, *origin.warnings),
        )


def _no_image(scan: Scan) -> str:
    if scan.format == "DICOM":
        return (
            f"{scan.name} is cut across the slices of its series: no stored image shows it, so "
            "DICOM results cannot refer to it. Save the results of the whole volume instead."
        )
    return (
        f"{scan.name} is no DICOM image: it states no patient and no study that DICOM results "
        f"could belong to. {_OTHERWISE}"
    )


def _key_slice(
    volume: Volume, prediction: VolumePrediction, score: SliceScore, origin: Origin
) -> KeySlice:
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


def _fingerprint(release: Release | None, model: str) -> str | None:
    if release is not None:
        return release.fingerprint
    named = [one for one in list_models() if one.title == model]
    return named[0].fingerprint if len(named) == 1 else None
