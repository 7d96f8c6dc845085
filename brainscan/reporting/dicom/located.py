"""Whether images say where they lie, as what is laid over them in the patient needs."""

from __future__ import annotations

from brainscan.errors import InputRejected
from brainscan.reporting.dicom.findings import Findings


def refuse_unlocated(findings: Findings, what: str, instead: str) -> None:
    """Refuse images over which nothing can be laid (PS3.3 C.8.20.2, C.7.6.16.2 and C.8.8.6).

    Parameters
    ----------
    findings
        About the images.
    what
        The result, with its article.
    instead
        A sentence on what to do.

    Raises
    ------
    InputRejected
        If the images are not whole, not placed or share no coordinate system.
    """
    origin = findings.origin
    if findings.packed:
        raise InputRejected(
            f"The slices are parts of one stored image, a mosaic, and {what} refers to whole "
            f"images only. {instead}"
        )
    places = [piece.place for piece in origin.slices]
    if any(p.position is None or p.orientation is None or p.spacing is None for p in places):
        raise InputRejected(
            f"The images do not state where they lie in the patient, so {what} would have no "
            f"place. {instead}"
        )
    if not origin.frame_of_reference:
        raise InputRejected(
            "The images state no common coordinate system (Frame of Reference UID), so "
            f"{what} could not be laid over them. {instead}"
        )
