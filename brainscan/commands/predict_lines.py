"""The lines of ``predict``: one a slice, a volume, or a file that is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainscan.commands.predict_labels import LabelFolders
from brainscan.commands.predict_outputs import Targets, write_bytes, write_map
from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.intake import FoundScan
from brainscan.imaging.measures import measure_slice
from brainscan.imaging.rejected import Rejected
from brainscan.inference.batch import FileResult, predict_slices
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_outline import VolumeOutline
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.evidence_nifti import evidence_nifti, mask_nifti
from brainscan.reporting.label_sets import LabeledSlice, labeled_slices
from brainscan.reporting.mask_png import mask_png
from brainscan.reporting.outline import Outline
from brainscan.reporting.outline_json import measures_json, volume_measures_json

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings

OBJECTS = {
    "sc": "pictures with the evidence laid over",
    "sr": "structured report",
    "seg": "outline as segmentation, or where the evidence reaches one half",
    "evidence": "evidence map as fractional segmentation",
    "rtstruct": "outline as RT structure set",
}
"""Kinds of DICOM results, as :data:`brainscan.reporting.dicom.KINDS` names them."""

_ANSWER = (
    "tumor_probability", "decision", "type", "type_set", "type_probabilities", "model", "sha256",
    "elapsed_ms",
)  # fmt: skip
_Line = dict[str, Any]


@dataclass(frozen=True)
class How:
    """What was asked for.

    Attributes
    ----------
    gate
        Whether scans that are no brain MR are refused.
    objects
        Which of :data:`OBJECTS` to write.
    labels
        Data sets for trainers to write into.
    """

    gate: bool
    objects: tuple[str, ...]
    labels: LabelFolders


def lines(
    classifier: TumorClassifier,
    work: Sequence[tuple[FoundScan, Targets]],
    rejected: Sequence[Rejected],
    how: How,
    progress: Callable[..., None],
) -> Iterator[_Line]:
    """Answer one scan after the other and write what is asked for.

    Only a few slices, or one volume, are in memory at a time.

    Parameters
    ----------
    classifier
        The model.
    work
        Slices, then volumes, with the files to write of each.
    rejected
        Files that are not read, which get their line first.
    how
        What was asked for.
    progress
        Called with the number of scans done, and with a note on the one at work.

    Yields
    ------
    dict
        One line, ready for ``json.dumps``.
    """
    model = classifier.release.title
    for one in rejected:
        status = "error" if one.unreadable else "rejected"
        yield _line(str(one.place), None, status, one.reason, model)
    slices = [(scan, targets) for scan, targets in work if not scan.is_volume]
    results = predict_slices(classifier, (scan for scan, _ in slices), gate=how.gate)
    for number, ((scan, targets), result) in enumerate(zip(slices, results, strict=True), start=1):
        yield _slice_line(scan, targets, result, classifier.release, how)
        progress(number)
    for number, (scan, targets) in enumerate(work[len(slices) :], start=len(slices)):
        yield _volume_line(classifier, scan, targets, how, partial(progress, number))
        progress(number + 1)


def _line(
    file: str, kind: str | None, status: str, reason: str | None, model: str, **more: Any
) -> _Line:
    return {
        "file": file,
        "status": status,
        "reason": reason,
        "kind": kind,
        **dict.fromkeys(_ANSWER),
        "model": model,
        **more,
        "notice": RESEARCH_USE,
    }


def _slice_line(
    scan: FoundScan, targets: Targets, result: FileResult, release: Release, how: How
) -> _Line:
    answer: _Line = {}
    if result.prediction and result.scan:
        shown, said = result.scan, result.prediction
        outline = Outline.of_slice(said)
        answer = said.to_json() | {"size": [shown.width, shown.height]}
        if answer["outline"] is not None:
            answer["outline"] |= measures_json(measure_slice(outline.mask, shown.spacing))
        if targets.heatmap:
            write_map(targets.heatmap, said.evidence.on_slice())
        if targets.mask:
            write_bytes(targets.mask, mask_png(shown, outline))
        if targets.label:
            how.labels.add(LabeledSlice.of(shown, said, outline, targets.label.as_posix()))
        if targets.dicom and shown.instance:
            answer |= _dicom(
                targets.dicom,
                lambda made: made.of_slice(shown, said, release=release),
                how.objects,
            )
    return _line(
        _file(scan), scan.kind, result.status, result.reason, **{"model": release.title} | answer
    )


def _volume_line(
    classifier: TumorClassifier,
    scan: FoundScan,
    targets: Targets,
    how: How,
    note: Callable[[str], None],
) -> _Line:
    about: _Line = {"model": classifier.release.title, "files": len(scan.sources)}
    if scan.series is not None:
        about |= {"series": scan.name, "not_preselected": scan.series.reason}
    try:
        volume = scan.read_volume(progress=lambda done, total: note(f"file {done} of {total}"))
        prediction = predict_volume(
            classifier,
            volume,
            progress=lambda done, total: note(f"slice {done} of {total}"),
            gate=how.gate,
        )
    except InputRejected as error:
        status = "error" if isinstance(error, FileUnreadable) else "rejected"
        return _line(_file(scan), scan.kind, status, str(error), **about)
    drawn = VolumeOutline.of(volume, prediction)
    if drawn is None:
        outline = Outline.of_volume(volume, prediction)
    else:
        outline = Outline.drawn(drawn.whole(), prediction.model)
    if targets.heatmap:
        write_bytes(targets.heatmap, evidence_nifti(volume, prediction))
    if targets.mask:
        write_bytes(targets.mask, mask_nifti(volume, outline))
    if targets.label:
        # Pictures of a volume lie in a folder of their own, so that no other has their name.
        name = (targets.label / targets.label.name).as_posix()
        for one in labeled_slices(volume, prediction, outline, name):
            how.labels.add(one)
    about |= prediction.to_json() | {"size": list(volume.shape)}
    if drawn is not None:
        about["outline"] |= volume_measures_json(drawn)
    if targets.dicom:
        release = classifier.release
        about |= _dicom(
            targets.dicom,
            lambda made: made.of_volume(volume, prediction, release=release),
            how.objects,
        )
    return _line(_file(scan), scan.kind, "ok", None, **about)


def _dicom(
    folder: Path, findings: Callable[[type[Findings]], Findings], kinds: Sequence[str]
) -> _Line:
    """Write DICOM results; say which, and of the others why not."""
    from brainscan.reporting.dicom import Findings, write_results  # only results need highdicom

    try:
        written = write_results(folder, findings(Findings), kinds)
    except InputRejected as error:
        return {"dicom": [], "dicom_refusals": dict.fromkeys(kinds, str(error))}
    return {"dicom": list(map(str, written.paths)), "dicom_refusals": dict(written.refusals)}


def _file(scan: FoundScan) -> str:
    return str(scan.place or scan.name)
