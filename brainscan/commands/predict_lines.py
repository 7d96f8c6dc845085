"""The lines of ``predict``: one a slice, a volume, or a file that is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainscan.commands.predict_outputs import Targets, write_bytes, write_map
from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.intake import FoundScan
from brainscan.imaging.rejected import Rejected
from brainscan.inference.batch import FileResult, predict_slices
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.release import Release
from brainscan.inference.volume import predict_volume
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.evidence_nifti import evidence_nifti, mask_nifti

if TYPE_CHECKING:
    from brainscan.reporting.dicom import Findings

OBJECTS = {
    "sc": "pictures with the evidence laid over",
    "sr": "structured report",
    "seg": "where the evidence reaches one half",
    "evidence": "evidence map as fractional segmentation",
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
    """

    gate: bool
    objects: tuple[str, ...]


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
        yield _slice_line(scan, targets, result, classifier.release, how.objects)
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
    scan: FoundScan, targets: Targets, result: FileResult, release: Release, kinds: Sequence[str]
) -> _Line:
    answer: _Line = {}
    if result.prediction and result.scan:
        answer = result.prediction.to_json() | {"size": [result.scan.width, result.scan.height]}
        for target in filter(None, (targets.heatmap, targets.mask)):
            write_map(target, result.prediction.evidence.on_slice())
        if targets.dicom and result.scan.instance:
            shown, said = result.scan, result.prediction
            answer |= _dicom(
                targets.dicom, lambda made: made.of_slice(shown, said, release=release), kinds
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
    if targets.heatmap:
        write_bytes(targets.heatmap, evidence_nifti(volume, prediction))
    if targets.mask:
        write_bytes(targets.mask, mask_nifti(volume, prediction))
    about |= prediction.to_json() | {"size": list(volume.shape)}
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
