"""One volume of a dataset through the model: its own line, and a line for each labelled slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from brainscan.data.record import Record
from brainscan.errors import FileUnreadable, InputRejected
from brainscan.evaluation.outline_pictures import OutlinePicture
from brainscan.evaluation.outline_volumes import VolumeOutlines
from brainscan.evaluation.rows import ImageRow
from brainscan.evaluation.volume_mask import TumorMask
from brainscan.evaluation.volumes import VolumeRow, VolumeSlice
from brainscan.imaging.scan import Scan
from brainscan.imaging.volume import Volume
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.prediction import HeatMap
from brainscan.inference.slice_score import SliceScore
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_prediction import VolumePrediction


@dataclass(frozen=True, eq=False)
class VolumeAnswer:
    """What became of one volume.

    Drop it soon: it holds the voxels.

    Attributes
    ----------
    row
        The volume.
    slices
        One row for each scored slice of a volume with a usable mask; empty without one, because
        the label of a volume is none of its single slices.
    volume, prediction
        ``None`` where there is no answer.
    mask, outline
        The expert's tumor and the model's; ``None`` where there is nothing to compare.
    """

    row: VolumeRow
    slices: tuple[ImageRow, ...] = ()
    volume: Volume | None = field(default=None, repr=False)
    prediction: VolumePrediction | None = field(default=None, repr=False)
    mask: TumorMask | None = field(default=None, repr=False)
    outline: TumorMask | None = field(default=None, repr=False)

    def shown(self, index: int) -> tuple[Scan, HeatMap]:
        """Return a scored slice with its evidence."""
        assert self.volume is not None and self.prediction is not None
        evidence = self.prediction.slices[index].evidence
        assert evidence is not None
        return self.volume.to_scan(self.prediction.plane, index), evidence

    def outlined(self, index: int) -> OutlinePicture:
        """Return a slice with both outlines."""
        assert self.prediction is not None and self.mask is not None and self.outline is not None
        scan, _ = self.shown(index)
        plane = self.prediction.plane
        masks = (one.on_slice(plane, index) for one in (self.mask, self.outline))
        return OutlinePicture.encode(scan, *masks)


def evaluate_volume(
    record: Record,
    classifier: TumorClassifier,
    *,
    progress: Callable[[int, int], None],
    cancel: Callable[[], bool],
) -> VolumeAnswer:
    """Read a volume, predict it and compare it with its label and its mask.

    A volume that cannot be read becomes a row with a reason. The input gate refuses nothing;
    what it would have refused is marked, as for single images.

    Parameters
    ----------
    record
        With a ``volume``.
    classifier
        The model.
    progress
        Called with the number of slices scored and of those to score.
    cancel
        Asked before each slice.

    Raises
    ------
    Cancelled
        When ``cancel`` returned true.
    """
    assert record.volume is not None
    try:
        volume = record.volume.read_volume(cancel=cancel)
        answer = predict_volume(classifier, volume, progress=progress, cancel=cancel, gate=False)
    except InputRejected as error:
        status = "error" if isinstance(error, FileUnreadable) else "rejected"
        return VolumeAnswer(VolumeRow(ImageRow.of(record, status=status, reason=str(error))))
    mask, problem = _mask(record, volume)
    labels = {
        one.index: mask.label(answer.plane, one.index) if mask else None for one in answer.slices
    }
    whole = ImageRow.of(
        record,
        status="ok",
        probability=answer.tumor_probability,
        decision=answer.decision,
        types=tuple(answer.type_probabilities.items()),
        peak=max((_peak(one) for one in answer.scored), default=None),
        hit=_volume_hit(answer, mask) if mask and record.label == "tumor" else None,
        sha256=answer.sha256,
        elapsed_ms=answer.elapsed_ms,
        gate_refused=2 * sum(one.gate_refused for one in answer.scored) > len(answer.scored),
        types_learned=answer.types_learned,
    )
    known = mask
    if record.mask is None and record.label == "no_tumor":
        known = TumorMask(np.zeros(volume.shape, bool), volume)
    outlines = VolumeOutlines.of(answer, volume, known)
    row = VolumeRow(
        row=whole,
        threshold=answer.threshold,
        plane=answer.plane,
        slices=tuple(VolumeSlice(o.index, o.probability, labels[o.index]) for o in answer.slices),
        key_slices=answer.key_slices,
        agreement=answer.agreement,
        masked=mask is not None,
        mask_problem=problem,
        warnings=answer.warnings,
        outline=outlines.whole() if outlines else None,
    )
    slices: list[ImageRow] = []
    if mask is not None:
        slices = [
            _slice_row(record, classifier, answer, one, labels[one.index], mask, outlines)
            for one in answer.scored
        ]
    drawn = outlines.answer if outlines else None
    return VolumeAnswer(row, tuple(slices), volume, answer, mask, drawn)


def _slice_row(
    record: Record,
    classifier: TumorClassifier,
    answer: VolumePrediction,
    one: SliceScore,
    label: str | None,
    mask: TumorMask,
    outlines: VolumeOutlines | None,
) -> ImageRow:
    tumor = label == "tumor"
    return ImageRow.of(
        record,
        name=f"{record.name}, {answer.plane} {one.index + 1} of {len(answer.slices)}",
        label=label,
        type=record.type if tumor else None,
        status="ok",
        probability=one.probability,
        decision=classifier.point.decide(one.probability or 0.0),
        types=tuple(one.type_probabilities.items()),
        peak=_peak(one),
        hit=_hit(one, mask, answer) if tumor else None,
        sha256=answer.sha256,
        gate_refused=one.gate_refused,
        types_learned=answer.types_learned,
        volume=record.name,
        slice=one.index,
        outline=outlines.on_slice(answer.plane, one.index) if outlines else None,
    )


def _mask(record: Record, volume: Volume) -> tuple[TumorMask | None, str | None]:
    """Return the mask of a volume, or a sentence why it has none that can be used."""
    if record.mask is None:
        return None, None
    try:
        mask = TumorMask.read(record.mask, volume)
    except InputRejected as error:
        return None, str(error)
    empty = not mask.inside.any()
    if empty and record.label == "tumor":
        return None, f"The mask {record.mask.name} is empty, but the volume is labelled tumour."
    if not empty and record.label == "no_tumor":
        return None, (
            f"The mask {record.mask.name} shows tumour, but the volume is labelled tumour-free. "
            "Correct one of the two."
        )
    return mask, None


def _peak(one: SliceScore) -> float:
    return 0.0 if one.evidence is None else float(one.evidence.grid.max())


def _place(one: SliceScore) -> tuple[float, int]:
    """Return the largest evidence on the slice itself, and where in its flat pixels it lies."""
    assert one.evidence is not None
    heat = one.evidence.on_slice()
    at = int(np.argmax(heat))
    return float(heat.flat[at]), at


def _hit(one: SliceScore, mask: TumorMask, answer: VolumePrediction) -> bool:
    """Whether the evidence of a slice has its maximum inside the mask."""
    value, at = _place(one)
    return bool(value > 0 and mask.on_slice(answer.plane, one.index).flat[at])


def _volume_hit(answer: VolumePrediction, mask: TumorMask) -> bool:
    """Whether the evidence of a volume has its maximum inside the mask."""
    return _hit(max(answer.scored, key=lambda one: _place(one)[0]), mask, answer)
