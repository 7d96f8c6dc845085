"""What DICOM results report: an answer, and the images it is about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction
from brainscan.imaging.scan import Scan
from brainscan.imaging.volume import Volume
from brainscan.inference.prediction import Prediction
from brainscan.inference.release import Release, list_models
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.dicom.identifiers import outline_uid
from brainscan.reporting.dicom.key_slices import KeySlice, key_slice, only_slice
from brainscan.reporting.dicom.orientation import letters_of, turn_to_stored
from brainscan.reporting.dicom.origin import Origin
from brainscan.reporting.outline import Outline

_OTHERWISE = "Save the answer as JSON or CSV and the picture as PNG instead."


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
    outline
        The outline of the tumor, by the model or corrected by a reader; its mask is ``(slices,
        rows, columns)`` bool on the source grid. ``None`` where the model draws none.
    drawn
        The same outline with its measures in a whole volume; ``None`` for a slice, or without an
        outline.
    widest
        The slice with the largest diameter of an outline in a volume; ``None`` without one.
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
    outline: Outline | None = field(default=None, repr=False)
    drawn: VolumeOutline | None = field(default=None, repr=False)
    widest: KeySlice | None = None

    @property
    def of_whole_volume(self) -> bool:
        """Whether the answer is about a volume and not a single slice."""
        return isinstance(self.answer, VolumePrediction)

    @property
    def packed(self) -> bool:
        """Whether slices are parts of stored images, as in a mosaic, instead of whole ones."""
        return self.origin.shared or self.origin.size != self.evidence.shape[1:]

    @property
    def outline_uid(self) -> str:
        """Tracking identifier that segmentation and report share for the outline."""
        drawn = self.outline
        facts = () if drawn is None else (drawn.by, drawn.model, drawn.author, drawn.when)
        threshold = f"{self.answer.threshold:.9g}"  # which slices are outlined depends on it
        return outline_uid(self.answer.sha256, self.answer.model, threshold, *facts)

    @classmethod
    def of_slice(
        cls,
        scan: Scan,
        prediction: Prediction,
        *,
        release: Release | None = None,
        correction: Correction | None = None,
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
        correction
            Outline as a reader left it, to be reported in place of the model's.

        Raises
        ------
        ValueError
            If the answer is for another scan, or the correction of another size.
        InputRejected
            If no stored DICOM image shows the slice, or results cannot refer to it.
        """
        _require_same(scan.sha256, prediction.sha256)
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
        outline = Outline.of_slice(prediction, correction)
        drawn = None if outline.by == "evidence" else outline
        mask = None if drawn is None else drawn.mask
        refusal = prediction.refusal
        notes = () if refusal is None else (f"Read although the input gate refused it: {refusal}",)
        return cls(
            answer=prediction,
            origin=origin,
            evidence=stored[None],
            key_slices=(only_slice(scan, prediction, stored, source, turn, mask),),
            fingerprint=_fingerprint(release, prediction.model),
            warnings=(*notes, *prediction.warnings, *origin.warnings),
            outline=drawn and drawn.placed(np.ascontiguousarray(turn(drawn.mask))[None]),
        )

    @classmethod
    def of_volume(
        cls,
        volume: Volume,
        prediction: VolumePrediction,
        *,
        release: Release | None = None,
        correction: Correction | None = None,
    ) -> Findings:
        """Return the findings of a whole volume.

        Parameters
        ----------
        volume
            Read from a DICOM series.
        prediction
            The answer for it.
        release, correction
            As for :meth:`of_slice`; the correction's mask is in canonical order.

        Raises
        ------
        ValueError
            If the answer is for another volume, or the correction of another size.
        InputRejected
            If the volume comes from no DICOM series, or results cannot refer to its images.
        """
        _require_same(volume.sha256, prediction.sha256)
        if volume.kind != "dicom" or not volume.instances:
            raise InputRejected(
                f"{volume.name} is no DICOM series: it states no patient and no study that DICOM "
                "results could belong to. Open the DICOM original, or save the evidence as NIfTI."
            )
        origin = Origin.of(volume.instances, volume.name)
        evidence = volume.source.to_source(prediction.evidence_volume(volume))
        drawn = VolumeOutline.of(volume, prediction, correction)
        mask = None if drawn is None else drawn.whole()
        scores = {one.index: one for one in prediction.slices}

        def shown(index: int) -> KeySlice:
            return key_slice(volume, prediction, scores[index], origin, mask)

        outline = None
        if mask is not None:
            outline = Outline.drawn(mask, prediction.model, correction)
            outline = outline.placed(volume.source.to_source(mask))
        return cls(
            answer=prediction,
            origin=origin,
            evidence=np.ascontiguousarray(evidence),
            key_slices=tuple(shown(index) for index in prediction.key_slices),
            fingerprint=_fingerprint(release, prediction.model),
            warnings=(*volume.warnings, *prediction.warnings, *origin.warnings),
            outline=outline,
            drawn=drawn,
            widest=shown(drawn.largest[0]) if drawn and drawn.largest else None,
        )


def _require_same(scan: str, answer: str) -> None:
    """Make sure that nobody's answer is filed under somebody else."""
    if scan != answer:
        msg = f"The answer is for {answer[:12]}, not for {scan[:12]}."
        raise ValueError(msg)


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


def _fingerprint(release: Release | None, model: str) -> str | None:
    if release is not None:
        return release.fingerprint
    named = [one for one in list_models() if one.title == model]
    return named[0].fingerprint if len(named) == 1 else None
