"""What a reader takes away of a mask: one file a kind, for a slice or a volume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from brainscan.imaging.correction import Correction
from brainscan.imaging.scan import Scan
from brainscan.imaging.volume import Volume
from brainscan.inference.prediction import Prediction
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.reporting.evidence_nifti import mask_nifti
from brainscan.reporting.label_sets import LABEL_KINDS, LabeledSlice, labeled_slices, labels_zip
from brainscan.reporting.mask_png import mask_png
from brainscan.reporting.outline import Outline

SLICE_KINDS: Mapping[str, str] = {"png": "Mask PNG", **LABEL_KINDS}
"""What can be saved of a slice, and its name on the page."""

VOLUME_KINDS: Mapping[str, str] = {"nifti": "Mask NIfTI", **LABEL_KINDS}
"""What can be saved of a volume, and its name on the page."""


@dataclass(frozen=True)
class Exported:
    """A file in memory.

    Attributes
    ----------
    name
        To save it under.
    data
        The file.
    mime
        Its media type.
    """

    name: str
    data: bytes = field(repr=False)
    mime: str


def slice_file(
    kind: str, scan: Scan, prediction: Prediction, correction: Correction | None = None
) -> Exported:
    """Return the mask of a slice as a file, named after the scan.

    Parameters
    ----------
    kind
        One of :data:`SLICE_KINDS`.
    scan, prediction
        What was read, and the answer.
    correction
        A reader's mask, to be saved in place of the model's.

    Raises
    ------
    ValueError
        If there is no such kind, or the correction is of another size.
    """
    outline = Outline.of_slice(prediction, correction)
    stem = PurePath(scan.name).stem
    if kind == "png":
        return Exported(f"{stem}-mask.png", mask_png(scan, outline), "image/png")
    labeled = LabeledSlice.of(scan, prediction, outline, stem)
    return _zipped(kind, stem, [labeled])


def volume_file(
    kind: str,
    volume: Volume,
    prediction: VolumePrediction,
    correction: Correction | None = None,
) -> Exported:
    """Return the mask of a volume as a file; no trace of the patient is in its name.

    Parameters
    ----------
    kind
        One of :data:`VOLUME_KINDS`.
    volume, prediction, correction
        As for :func:`slice_file`; the correction's mask is in canonical order.

    Raises
    ------
    ValueError
        If there is no such kind, or the correction is of another size.
    """
    outline = Outline.of_volume(volume, prediction, correction)
    stem = f"brainscan-{volume.sha256[:12]}"
    if kind == "nifti":
        return Exported(f"{stem}-mask.nii.gz", mask_nifti(volume, outline), "application/gzip")
    return _zipped(kind, stem, labeled_slices(volume, prediction, outline, stem))


def _zipped(kind: str, stem: str, slices: Iterable[LabeledSlice]) -> Exported:
    return Exported(f"{stem}-{kind}.zip", labels_zip(kind, slices), "application/zip")
