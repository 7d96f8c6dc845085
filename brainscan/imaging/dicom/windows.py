"""The windows and VOI tables a DICOM file offers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.parsing import PARSE_ERRORS, items, numbers, text, value
from brainscan.imaging.voi import Voi

_MOST = 8


def read_windows(dataset: Dataset, total: float | None) -> tuple[Voi, ...]:
    """Return every window of a data set or Frame VOI LUT item, then every VOI LUT.

    Windows first: pydicom and highdicom prefer a table only when asked to, and a straight line
    is what a reader can drag.

    Parameters
    ----------
    dataset
        Where Window Center and Width or the VOI LUT Sequence are.
    total
        For MONOCHROME1, from :func:`brainscan.imaging.dicom.pixels.modality_values`.
    """
    centers, widths = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    named = value(dataset, "WindowCenterWidthExplanation")
    several = named if isinstance(named, Sequence) and not isinstance(named, str) else [named or ""]
    labels = [str(label) for label in several]
    function = text(dataset, "VOILUTFunction").upper() or "LINEAR"
    found: list[Voi] = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        label = labels[index] if index < len(labels) else ""
        label = label.strip() or f"Window {index + 1}"
        if function == "LINEAR" and width >= 1:
            found.append(Voi.linear(label, center, width))
        elif function == "LINEAR_EXACT" and width > 0:
            found.append(Voi(label, "LINEAR_EXACT", width, center))
        elif function == "SIGMOID" and width > 0:
            found.append(Voi(label, "SIGMOID", width, center))
    found += _tables(dataset)
    if total is not None:
        found = [voi.inverted(total) for voi in found]
    return tuple(found[:_MOST])


def _tables(dataset: Dataset) -> list[Voi]:
    found: list[Voi] = []
    for number, item in enumerate(items(dataset, "VOILUTSequence"), start=1):
        voi = _table(item, f"VOI table {number}")
        if voi is not None:
            found.append(voi)
    return found


def _table(item: Dataset, label: str) -> Voi | None:
    """Read one VOI LUT (PS3.3 C.11.2.1.1); ``None`` when it is damaged."""
    descriptor = numbers(item, "LUTDescriptor", 3)
    data = value(item, "LUTData")
    if not descriptor or data is None:
        return None
    count, first, bits = int(descriptor[0]) or 65536, descriptor[1], int(descriptor[2])
    try:
        if isinstance(data, (bytes, bytearray)):
            kind = "<u1" if bits <= 8 and len(data) < 2 * count else "<u2"
            entries = np.frombuffer(data, kind)
        else:
            entries = np.atleast_1d(np.asarray(data, np.float64))
    except PARSE_ERRORS:
        return None
    if count < 1 or len(entries) < count or not 1 <= bits <= 16:
        return None
    return Voi.lookup(
        text(item, "LUTExplanation") or label, first, entries[:count] / float((1 << bits) - 1)
    )
