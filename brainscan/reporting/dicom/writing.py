"""Results by kind, and results on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from brainscan.errors import BrainScanError, InputRejected
from brainscan.imaging.fresh_file import write_fresh
from brainscan.reporting.dicom.capture import secondary_captures
from brainscan.reporting.dicom.file import DicomFile
from brainscan.reporting.dicom.findings import Findings
from brainscan.reporting.dicom.report import structured_report
from brainscan.reporting.dicom.rtstruct import structure_set
from brainscan.reporting.dicom.segmentation import evidence_segmentation, mask_segmentation

KINDS: Mapping[str, str] = {
    "sc": "pictures with the evidence laid over (Secondary Capture)",
    "sr": "report (Structured Report)",
    "seg": "outline, or where the evidence reaches one half (Segmentation, binary)",
    "evidence": "evidence map (Segmentation, fractional)",
    "rtstruct": "contours of the outline (RT Structure Set)",
}
"""What can be made, and what it is."""

_MAKERS: Mapping[str, Callable[[Findings], tuple[DicomFile, ...]]] = {
    "sc": secondary_captures,
    "sr": lambda findings: (structured_report(findings),),
    "seg": lambda findings: (mask_segmentation(findings),),
    "evidence": lambda findings: (evidence_segmentation(findings),),
    "rtstruct": lambda findings: (structure_set(findings),),
}


@dataclass(frozen=True)
class Written:
    """What became of the results asked for.

    Attributes
    ----------
    paths
        Files written.
    refusals
        For a kind that could not be made the reason, in a sentence.
    """

    paths: tuple[Path, ...]
    refusals: Mapping[str, str]


def make_results(findings: Findings, kind: str) -> tuple[DicomFile, ...]:
    """Return the results of one of :data:`KINDS`.

    Raises
    ------
    InputRejected
        If the images cannot carry it or there is nothing to say.
    ValueError
        If there is no such kind.
    """
    if kind not in _MAKERS:
        msg = f"kind must be one of {', '.join(_MAKERS)}, got {kind!r}."
        raise ValueError(msg)
    return _MAKERS[kind](findings)


def write_results(folder: Path, findings: Findings, kinds: Iterable[str]) -> Written:
    """Write results into a folder, which is made if it is not there.

    A kind that cannot be made does not keep the others from being written. No file is written
    over: a name that is taken gets a number.

    Raises
    ------
    BrainScanError
        If the folder cannot be written to.
    """
    paths: list[Path] = []
    refusals: dict[str, str] = {}
    for kind in kinds:
        try:
            files = make_results(findings, kind)
        except InputRejected as reason:
            refusals[kind] = str(reason)
            continue
        paths += [_write(folder, file) for file in files]
    return Written(tuple(paths), refusals)


def _write(folder: Path, file: DicomFile) -> Path:
    try:
        return write_fresh(folder / file.name, file.data)
    except OSError as error:
        raise BrainScanError(
            f"The DICOM results cannot be written to {folder} ({error.strerror or 'write error'}). "
            "Choose a folder that you may write to, with enough free space."
        ) from error
