"""Evidence and masks of a volume as NIfTI, on the grid of the file that was read."""

from __future__ import annotations

import gzip

import nibabel as nib
import numpy as np

from brainscan.imaging.volume import Volume
from brainscan.inference.volume_prediction import VolumePrediction
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.outline import Outline

_SHEAR = 1e-4  # cosine between two axes from which on a qform cannot hold the affine
_ORIGIN = "for research use only, no medical device"


def evidence_nifti(volume: Volume, prediction: VolumePrediction) -> bytes:
    """Return the evidence as a compressed NIfTI-1 file (``.nii.gz``).

    Parameters
    ----------
    volume
        The one that was read.
    prediction
        The answer for it.

    Returns
    -------
    bytes
        float32 in [0, 1], shape and affine of the source (the affine in float32, as NIfTI-1
        stores it); zero in slices that were not scored. The same answer gives the same bytes.
    """
    evidence = prediction.evidence_volume(volume)
    return _file(volume, evidence, f"Tumour evidence 0-1; {_ORIGIN}")


def mask_nifti(volume: Volume, outline: Outline) -> bytes:
    """Return a mask as a compressed NIfTI-1 file.

    Parameters
    ----------
    volume
        The one that was read.
    outline
        Of the volume, in canonical order.

    Returns
    -------
    bytes
        uint8, 1 inside, on the source's grid. The description says what it is; a comment in the
        header's extension (NIfTI-1, code 6) says whose it is and when a reader corrected it.
    """
    comment = f"{outline.sentence} {RESEARCH_USE}"
    return _file(
        volume, outline.mask.astype(np.uint8), f"{outline.label}; {_ORIGIN}", comment=comment
    )


def _file(volume: Volume, canonical: np.ndarray, description: str, *, comment: str = "") -> bytes:
    affine = volume.source.affine
    image = nib.Nifti1Image(volume.source.to_source(canonical), affine)
    if comment:
        extension = nib.nifti1.Nifti1Extension("comment", comment.encode("utf-8"))
        image.header.extensions.append(extension)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description.encode("ascii")[:79]
    image.header["cal_max"] = 1.0
    image.set_sform(affine, code="scanner")
    # Some viewers read only the qform; it cannot express shear, so then it is left unset.
    image.set_qform(affine, code="unknown" if _sheared(affine) else "scanner")
    return gzip.compress(image.to_bytes(), compresslevel=6, mtime=0)


def _sheared(affine: np.ndarray) -> bool:
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(directions.T @ directions - np.eye(3)).max() > _SHEAR)
