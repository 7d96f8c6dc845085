"""References from a structured report to the images behind it."""

from __future__ import annotations

from collections.abc import Iterable

import highdicom as hd

from brainscan.reporting.dicom.objects import SourceSlice


def source_images(slices: Iterable[SourceSlice]) -> list[hd.sr.SourceImageForMeasurementGroup]:
    """Refer to each object once, with the frames that were read of it."""
    frames: dict[tuple[str, str], list[int] | None] = {}
    for piece in slices:
        key = (piece.image.sop_class_uid, piece.image.sop_instance_uid)
        known = frames.setdefault(key, None if piece.frames is None else [])
        if known is not None and piece.frame not in known:
            known.append(piece.frame)
    return [
        hd.sr.SourceImageForMeasurementGroup(
            referenced_sop_class_uid=kind,
            referenced_sop_instance_uid=uid,
            referenced_frame_numbers=None if numbers is None else sorted(numbers),
        )
        for (kind, uid), numbers in frames.items()
    ]
