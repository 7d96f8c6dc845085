"""Read a NIfTI file as a volume, or say in a sentence why not."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.grid import SourceGrid
from brainscan.imaging.identity import Identity
from brainscan.imaging.limits import DEFAULT_LIMITS, ReadLimits, human_bytes
from brainscan.imaging.nifti_header import HEADER_BYTES, NiftiHeader, parse_header, refuse_labels
from brainscan.imaging.orientation import PLANE_OF_AXIS, Plane, spacing_of
from brainscan.imaging.sequence import guess_from_file_name
from brainscan.imaging.source import Source, open_source
from brainscan.imaging.volume import Volume, background_of

_CHUNK = 4 * 1024**2
_THICK = 1.2  # times the other spacings from which an axis is the one slices are stacked along
_SLAB = 0.5  # of the second longest side, below which the shortest one is a stack's
_FEW_VALUES = 16
_EQUAL_NEIGHBOURS = 0.5
_LABEL_NAME = re.compile(r"(?i)(?<![a-z])(seg|segm\w*|mask\w*|labels?|rois?|aseg|aparc)(?![a-z])")


def read_nifti(
    source: str | Path | bytes | Source,
    name: str | None = None,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> Volume:
    """Read a ``.nii`` or ``.nii.gz`` file (NIfTI-1 or NIfTI-2) as a volume.

    Values are scaled by ``scl_slope`` and ``scl_inter`` and otherwise left as they are:
    negative and already standardised intensities are as good as any, because
    :func:`brainscan.imaging.preprocessing.preprocess` takes percentiles. The sform is used
    where the file has one, otherwise the qform.

    Parameters
    ----------
    source
        A path, the bytes of a file, or a :class:`Source`.
    name
        Name for display; by default that of the file.
    limits
        Largest file and largest volume to accept.

    Raises
    ------
    InputRejected
        If it is no scan: more than three dimensions, colours, labels, values that are not
        finite, a voxel size of zero, a singular affine, missing voxels, nothing in it.
    """
    file = open_source(source, name, limits.max_volume_bytes)
    who = file.name
    header, stored, digest = _load(file, limits, labels=False)
    grid = SourceGrid.of(header.shape, header.affine)
    voxels = _canonical(stored, header, grid, who)
    doubts = _judge_values(stored, who)
    return Volume(
        voxels=voxels,
        affine=grid.canonical_affine,
        spacing=spacing_of(grid.canonical_affine),
        sha256=digest,
        name=who,
        kind="nifti",
        sequence=guess_from_file_name(who),
        plane=_acquired(grid),
        source=grid,
        identity=Identity(header.facts) if header.facts else None,
        background=background_of(voxels),
        warnings=(*header.warnings, *doubts),
    )


def read_mask(
    source: str | Path | bytes | Source,
    name: str | None = None,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> tuple[np.ndarray, np.ndarray]:
    """Read a NIfTI label volume, which :func:`read_nifti` refuses, as a mask.

    Parameters
    ----------
    source, name, limits
        As for :func:`read_nifti`.

    Returns
    -------
    inside
        ``(i, j, k)`` bool in canonical order: where the label is larger than zero.
    affine
        ``(4, 4)`` float64, canonical voxel index to RAS+ millimetres.

    Raises
    ------
    InputRejected
        If it is no NIfTI file of one number a voxel, or is damaged.
    """
    header, stored, _ = _load(
        open_source(source, name, limits.max_volume_bytes), limits, labels=True
    )
    grid = SourceGrid.of(header.shape, header.affine)
    values = grid.to_canonical(stored)
    if (header.slope, header.intercept) != (1.0, 0.0):
        values = values * header.slope + header.intercept
    return np.asarray(values > 0), grid.canonical_affine


def slices_of(source: Source, *, limits: ReadLimits = DEFAULT_LIMITS) -> tuple[Plane, int]:
    """Return the plane of acquisition and the number of its slices, from the header alone.

    Raises
    ------
    InputRejected
        As :func:`read_nifti`, for what the header tells.
    """
    who = source.name
    try:
        with source.open() as stream, _plain(stream) as plain:
            header = parse_header(plain.read(HEADER_BYTES), who, limits)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputRejected(
            f"{who} is damaged: its compressed data cannot be unpacked. Copy it again."
        ) from error
    except OSError as error:
        raise FileUnreadable(
            f"{who} cannot be opened ({error.strerror or error}). Check the path and its "
            "permissions."
        ) from error
    grid = SourceGrid.of(header.shape, header.affine)
    plane = _acquired(grid)
    return plane, header.shape[grid.axes[PLANE_OF_AXIS.index(plane)]]


def _load(file: Source, limits: ReadLimits, *, labels: bool) -> tuple[NiftiHeader, np.ndarray, str]:
    """Return the header, the stored voxels and the file's SHA-256."""
    who = file.name
    digest = hashlib.sha256()
    try:
        with file.open() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
            stream.seek(0)
            with _plain(stream) as plain:
                block = plain.read(HEADER_BYTES)
                header = parse_header(block, who, limits, labels=labels)
                return header, _voxels(plain, block, header, who), digest.hexdigest()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputRejected(
            f"{who} is damaged or ends early: its compressed data cannot be unpacked. "
            "Copy it again."
        ) from error
    except MemoryError as error:
        raise InputRejected(
            f"{who} needs more memory than this machine has free. Save it at a smaller size."
        ) from error
    except OSError as error:
        raise FileUnreadable(
            f"{who} cannot be opened ({error.strerror or error}). Check the path and its "
            "permissions."
        ) from error


def _plain(stream: BinaryIO) -> BinaryIO:
    """Return the stream without compression."""
    compressed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if compressed else stream


def _voxels(plain: BinaryIO, block: bytes, header: NiftiHeader, who: str) -> np.ndarray:
    """Read the stored voxels: ``shape`` in Fortran order, the file's own dtype."""
    skip = header.offset - len(block)
    early = block[header.offset :]
    while skip > 0:
        piece = plain.read(min(skip, _CHUNK))
        if not piece:
            break
        skip -= len(piece)
    wanted = int(np.prod(header.shape)) * header.dtype.itemsize
    held = bytearray(early[:wanted])
    while len(held) < wanted:
        piece = plain.read(min(wanted - len(held), _CHUNK))
        if not piece:
            raise InputRejected(
                f"{who} ends early: {human_bytes(len(held))} of {human_bytes(wanted)} of its "
                "voxels are there. Copy it again."
            )
        held += piece
    plain.read(1)  # at the end of compressed data their checksum is verified
    return np.frombuffer(held, header.dtype).reshape(header.shape, order="F")


def _canonical(stored: np.ndarray, header: NiftiHeader, grid: SourceGrid, who: str) -> np.ndarray:
    """Scale, check and reorder the voxels."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = grid.to_canonical(stored).astype(np.float32)
        if (header.slope, header.intercept) != (1.0, 0.0):
            values *= np.float32(header.slope)
            values += np.float32(header.intercept)
    finite = int(np.isfinite(values).sum())
    if finite < values.size:
        raise InputRejected(
            f"{who} has {values.size - finite:,} of {values.size:,} voxels that are not finite "
            "numbers (NaN or infinity). Replace them, for example by 0 with numpy.nan_to_num, "
            "and save it again."
        )
    if float(values.min()) == float(values.max()):
        raise InputRejected(
            f"{who} is blank: every voxel has the same value. Choose the MR volume itself."
        )
    values.setflags(write=False)
    return values


def _judge_values(stored: np.ndarray, who: str) -> tuple[str, ...]:
    """Refuse masks and region numbers; return a warning where only a person can tell.

    Two values are a mask; a few small whole numbers are labels; so are many whole numbers that
    form even patches, which the noise of a scan never does.
    """
    step = max(1, stored.shape[2] // 24)
    sample = stored[:, :, ::step]
    if np.issubdtype(sample.dtype, np.floating) and not np.array_equal(sample, np.rint(sample)):
        return ()
    distinct = np.unique(sample)
    if len(distinct) <= _FEW_VALUES:
        distinct = np.unique(stored)
    if len(distinct) <= _FEW_VALUES:
        if len(distinct) <= 2 or np.abs(distinct).max() <= _FEW_VALUES or _LABEL_NAME.search(who):
            refuse_labels(who)
        return (
            f"The file has only {len(distinct)} different values: check that it is a scan and "
            "not a segmentation.",
        )
    inside = sample != sample[0, 0, 0]
    both = inside[1:] & inside[:-1]
    equal = both & (sample[1:] == sample[:-1])
    if both.any() and int(equal.sum()) > _EQUAL_NEIGHBOURS * int(both.sum()):
        refuse_labels(who)
    return ()


def _acquired(grid: SourceGrid) -> Plane:
    """Return the plane of acquisition.

    Across the axis of a single slice or a slab, otherwise across the thick axis, otherwise the
    file's third axis.
    """
    spacing = spacing_of(grid.affine)
    extent = [size * step for size, step in zip(grid.shape, spacing, strict=True)]
    thick = max(range(3), key=lambda axis: spacing[axis])
    short = min(range(3), key=lambda axis: extent[axis])
    stacked = 2
    if extent[short] < _SLAB * sorted(extent)[1]:
        stacked = short
    elif spacing[thick] > _THICK * max(spacing[axis] for axis in range(3) if axis != thick):
        stacked = thick
    return PLANE_OF_AXIS[grid.axes.index(stacked)]
