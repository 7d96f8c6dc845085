"""What a NIfTI header says about kind, size and position, judged before any voxel is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError

from brainscan.errors import InputRejected
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.orientation import orientation_code, spacing_of

HEADER_BYTES = 540
_REAL = frozenset({2, 4, 8, 16, 64, 256, 512, 768, 1024, 1280, 1536})
_NAMED_KINDS = {
    1: "single bits",
    32: "complex numbers",
    128: "RGB colours",
    1792: "complex numbers",
    2048: "complex numbers",
    2304: "RGBA colours",
}
_LABEL_INTENTS = frozenset({1002, 1005})
_MILLIMETRES = {1: 1000.0, 2: 1.0, 3: 0.001}
_SINGULAR = 1e-6
_SAME_PLACE = 0.5  # voxels by which qform and sform may differ before it is reported


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """A NIfTI header that was found usable.

    Attributes
    ----------
    shape
        Size along i, j and k.
    dtype
        Of the stored voxels, with byte order.
    offset
        Where the voxels begin in the (uncompressed) file.
    slope, intercept
        Scaling of stored values; 1 and 0 when the file states none.
    affine
        ``(4, 4)`` float64, source index to RAS+ millimetres.
    facts
        Free-text fields that may name the patient, as pairs of label and value.
    warnings
        Sentences about what the reader should know.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    offset: int
    slope: float
    intercept: float
    affine: np.ndarray
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def parse_header(
    block: bytes, who: str, limits: ReadLimits, *, labels: bool = False
) -> NiftiHeader:
    """Check the first :data:`HEADER_BYTES` bytes of a NIfTI-1 or NIfTI-2 file.

    ``labels``: whether a file that declares itself a label volume is wanted.

    Raises
    ------
    InputRejected
        If the file holds no three-dimensional scan of one real number a voxel, or does not say
        where its voxels are.
    """
    header = _header(block, who)
    shape = _shape(header, who, limits)
    code = int(header["datatype"])
    if code not in _REAL:
        what = _NAMED_KINDS.get(code, f"data of the unknown kind {code}")
        raise InputRejected(
            f"{who} holds {what}, not one grey value a voxel. "
            "Choose the scan itself, saved with one number a voxel."
        )
    if int(header["intent_code"]) in _LABEL_INTENTS and not labels:
        refuse_labels(who)
    slope, intercept = _scaling(header, who)
    begin = float(header["vox_offset"])
    if not np.isfinite(begin):
        _refuse_damaged(who, "it does not say where its voxels begin")
    offset = int(header["vox_offset"])
    if offset < int(header["sizeof_hdr"]):
        _refuse_damaged(who, "its voxels would begin inside the header")
    affine, warnings = _position(header, shape, who)
    facts: tuple[tuple[str, np.ndarray], ...] = (
        ("Description", header["descrip"]),
        ("Auxiliary file", header["aux_file"]),
    )
    if "db_name" in header:
        facts += (("Database name", header["db_name"]),)
    texts = ((label, _text(value.item())) for label, value in facts)
    return NiftiHeader(
        shape=shape,
        dtype=header.get_data_dtype(),
        offset=offset,
        slope=slope,
        intercept=intercept,
        affine=affine,
        facts=tuple((label, text) for label, text in texts if text),
        warnings=tuple(warnings),
    )


def refuse_labels(who: str) -> NoReturn:
    """Refuse a volume that holds region numbers or a mask instead of a scan."""
    raise InputRejected(
        f"{who} holds labels (a mask or segmentation), not a scan. Choose the MR volume itself."
    )


def _header(block: bytes, who: str) -> Nifti1Header:
    if len(block) < 348:
        _refuse_damaged(who, "the header is not all there")
    for kind, size in ((Nifti1Header, 348), (Nifti2Header, 540)):
        for order in ("<", ">"):
            if int(np.frombuffer(block[:4], f"{order}i4")[0]) == size and len(block) >= size:
                header = kind(block[:size], endianness=order, check=False)
                if header["magic"].item().startswith((b"ni1", b"ni2")):
                    raise InputRejected(
                        f"{who} is the header of a NIfTI pair (.hdr and .img). "
                        "Save the scan as one .nii or .nii.gz file."
                    )
                return header
    _refuse_damaged(who, "the header's own size is wrong")


def _scaling(header: Nifti1Header, who: str) -> tuple[float, float]:
    """Return slope and intercept; 1 and 0 where the slope is 0 or no number, which means none."""
    try:
        slope, intercept = header.get_slope_inter()
    except HeaderDataError as error:
        raise InputRejected(
            f"{who} adds {float(header['scl_inter']):g} to its values, which is no number. "
            "Save it again with a valid scl_slope and scl_inter."
        ) from error
    return float(slope or 1.0), float(intercept or 0.0)


def _shape(header: Nifti1Header, who: str, limits: ReadLimits) -> tuple[int, int, int]:
    dims = [int(size) for size in header["dim"]]
    count, sizes = dims[0], dims[1:]
    if not 1 <= count <= 7 or any(size < 1 for size in sizes[:count]):
        _refuse_damaged(who, f"it declares the sizes {sizes[: max(0, min(count, 7))]}")
    sizes = sizes[:count] + [1] * (7 - count)
    if any(size > 1 for size in sizes[3:]):
        beyond = " x ".join(str(size) for size in sizes[: max(4, count)])
        raise InputRejected(
            f"{who} has {count} dimensions ({beyond}); one volume is read at a time. Save one "
            "volume of it as a file of its own, for example with nibabel: "
            "nib.save(image.slicer[..., 0], 'volume.nii.gz')."
        )
    first, second, third = sizes[:3]
    if sorted(sizes[:3])[1] < limits.min_side:
        raise InputRejected(
            f"{who} is only {first} x {second} x {third} voxels; a slice must be at least "
            f"{limits.min_side} pixels on each side. Save it at full resolution."
        )
    if first * second * third > limits.max_voxels:
        raise InputRejected(
            f"{who} has {first} x {second} x {third} voxels; the limit is "
            f"{limits.max_voxels / 1e6:,.0f} million. Save it at a smaller size."
        )
    return first, second, third


def _position(
    header: Nifti1Header, shape: tuple[int, int, int], who: str
) -> tuple[np.ndarray, list[str]]:
    """Return the affine in millimetres, and what is odd about it."""
    zooms = np.asarray(header["pixdim"][1:4], np.float64)
    if not np.isfinite(zooms).all() or (zooms == 0).any():
        shown = " x ".join(f"{zoom:g}" for zoom in zooms)
        raise InputRejected(
            f"{who} states a voxel size of {shown}; sizes must be positive numbers. "
            "Convert the scan again from its DICOM files."
        )
    warnings: list[str] = []
    header["pixdim"][1:4] = np.abs(zooms)
    sform = header.get_sform() if int(header["sform_code"]) > 0 else None
    qform = _qform(header, who) if int(header["qform_code"]) > 0 else None
    for affine in (sform, qform):
        if affine is not None:
            _check_affine(np.asarray(affine, np.float64), who)
    if sform is not None and qform is not None:
        warnings += _disagreement(qform, sform, shape)
    if sform is not None:
        affine = sform
    elif qform is not None:
        affine = qform
    else:
        affine = header.get_base_affine()
        warnings.append(
            "The file does not say how the head lies in it (no qform and no sform): the letters "
            "are a guess, and left and right may be swapped."
        )
    scale = _MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    affine = np.asarray(affine, np.float64).copy()
    affine[:3] *= scale
    if scale != 1.0:
        sizes = " x ".join(f"{size:.3g}" for size in spacing_of(affine))
        warnings.append(f"The file measures in other units; voxels are {sizes} mm.")
    return affine, warnings


def _qform(header: Nifti1Header, who: str) -> np.ndarray:
    try:
        return np.asarray(header.get_qform())
    except (HeaderDataError, ValueError) as error:
        raise InputRejected(
            f"{who} states a rotation (qform) that is none. Convert the scan again from its "
            "DICOM files."
        ) from error


def _check_affine(affine: np.ndarray, who: str) -> None:
    linear = affine[:3, :3]
    lengths = np.linalg.norm(linear, axis=0)
    usable = bool(np.isfinite(affine).all()) and bool((lengths > 0).all())
    if not usable or abs(np.linalg.det(linear / lengths)) < _SINGULAR:
        raise InputRejected(
            f"{who} states an affine that is singular: it gives the voxels no place in space. "
            "Convert the scan again from its DICOM files."
        )


def _disagreement(qform: np.ndarray, sform: np.ndarray, shape: tuple[int, int, int]) -> list[str]:
    """Compare where the two put the eight corners of the volume."""
    ends = np.array([[0, size - 1] for size in shape], np.float64)
    corners = np.stack(np.meshgrid(*ends, [1.0], indexing="ij")).reshape(4, -1)
    apart = float(np.linalg.norm(((qform - sform) @ corners)[:3], axis=0).max())
    if apart <= _SAME_PLACE * min(spacing_of(sform)):
        return []
    by_q, by_s = orientation_code(qform), orientation_code(sform)
    if by_q != by_s:
        return [
            f"The file states two orientations that disagree: qform {by_q}, sform {by_s}. The "
            "sform is used; check left and right."
        ]
    return [
        f"The file states two positions (qform and sform) that differ by up to {apart:.1f} mm; "
        "the sform is used."
    ]


def _refuse_damaged(who: str, why: str) -> NoReturn:
    raise InputRejected(
        f"{who} looks like a NIfTI file but is damaged: {why}. Copy or save it again."
    )


def _text(value: bytes) -> str:
    """Return printable text of a fixed-length field."""
    text = value.split(b"\x00", 1)[0].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable()).strip()
