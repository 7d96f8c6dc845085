"""From stored DICOM pixels to modality values, bright for large."""

from __future__ import annotations

import math

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.pixels import apply_modality_lut

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.layout import PixelLayout, find_decoder
from brainscan.imaging.dicom.parsing import PARSE_ERRORS, number, value
from brainscan.imaging.gray import reduce_rgb
from brainscan.imaging.limits import human_bytes

_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def check_pixels(dataset: FileDataset, layout: PixelLayout, who: str) -> tuple[str, ...]:
    """Compare the amount of pixel data with what the header declares, before decoding.

    Returns
    -------
    tuple of str
        Sentences about harmless deviations.

    Raises
    ------
    InputRejected
        If pixels are missing, or rows and columns cannot be right.
    """
    held = next((found for key in _DATA if (found := value(dataset, key)) is not None), None)
    if not isinstance(held, (bytes, bytearray)) or not held:
        raise InputRejected(
            f"{who} has no pixel data: it ends early or only its header was exported. "
            "Copy or export it again."
        )
    if layout.syntax.is_encapsulated:
        return ()
    samples = int(number(dataset, "SamplesPerPixel") or 1)
    share = 2 / 3 if layout.photometric == "YBR_FULL_422" else 1.0
    declared = math.ceil(
        layout.rows * layout.columns * layout.frames * samples * layout.bits_allocated / 8 * share
    )
    if len(held) < declared:
        raise InputRejected(
            f"{who} declares {layout.columns} x {layout.rows} pixels"
            f"{f' in {layout.frames} frames' if layout.frames > 1 else ''} "
            f"({human_bytes(declared)}) but holds only {human_bytes(len(held))}: it ends early, "
            "or its Rows and Columns are wrong. Copy or export it again."
        )
    surplus = bytes(held[declared + declared % 2 :])
    if not surplus:
        return ()
    if surplus.strip(b"\x00"):
        raise InputRejected(
            f"{who} declares {layout.columns} x {layout.rows} pixels ({human_bytes(declared)}) "
            f"but holds {human_bytes(len(held))}: its Rows, Columns or number of frames are "
            "wrong. Export it again."
        )
    return ("The pixel data are longer than needed; the padding behind them is left out.",)


def decode_frame(
    dataset: FileDataset, layout: PixelLayout, index: int, who: str
) -> tuple[np.ndarray, bool]:
    """Decode one frame to stored values.

    Parameters
    ----------
    index
        Frame, from 0.

    Returns
    -------
    stored
        ``(rows, columns)``, the file's own dtype; colour reduced to luma.
    colored
        Whether it is clearly a colour image.

    Raises
    ------
    InputRejected
        If the frame is damaged, ends early or has another size than the header declares.
    """
    try:
        stored, _ = find_decoder(layout, who).as_array(dataset, index=index)
    except MemoryError:
        raise InputRejected(
            f"{who} needs more memory than this machine has free. Export it at a smaller size."
        ) from None
    except (*PARSE_ERRORS, OSError):
        place = f"frame {index + 1} of its pixel data" if layout.frames > 1 else "its pixel data"
        raise InputRejected(
            f"{who} cannot be decoded: {place} (transfer syntax {layout.syntax.name}) is damaged, "
            "ends early or has another size than the header says. Copy or export it again."
        ) from None
    if stored.shape[:2] != (layout.rows, layout.columns):
        raise InputRejected(
            f"{who} declares {layout.columns} x {layout.rows} pixels but its pixel data have "
            f"{stored.shape[1]} x {stored.shape[0]}. Export it again."
        )
    if stored.ndim == 3:
        if stored.dtype not in (np.uint8, np.uint16):
            stored = stored.astype(np.float32)
        return reduce_rgb(np.ascontiguousarray(stored))
    return stored, False


def modality_values(
    stored: np.ndarray,
    dataset: Dataset,
    transformation: Dataset,
    layout: PixelLayout,
    who: str,
) -> tuple[np.ndarray, float | None]:
    """Apply padding, modality LUT and MONOCHROME1.

    Parameters
    ----------
    stored
        ``(rows, columns)`` stored values.
    dataset
        The data set: pixel padding.
    transformation
        Where rescale slope and intercept or the modality LUT are: the data set, or the
        functional group of an enhanced image.
    layout
        From :func:`pixel_layout`.

    Returns
    -------
    values
        ``(rows, columns)`` float32, large for bright; NaN where the file pads an image that is
        smaller than its frame with a value that is not the darkest.
    total
        For MONOCHROME1 the sum of value and inverted value, which also turns its windows
        around; otherwise ``None``.

    Raises
    ------
    InputRejected
        If the lookup table or the rescaling is damaged.
    """
    total = None
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.asarray(apply_modality_lut(stored, transformation), np.float64)
            if layout.photometric == "MONOCHROME1":
                total = _total(stored, transformation, layout)
                values = total - values
            result = values.astype(np.float32)
    except PARSE_ERRORS:
        raise InputRejected(
            f"{who} states a rescaling or modality table that is damaged. Export it again."
        ) from None
    if not np.isfinite(result).all():
        raise InputRejected(
            f"{who} has {int((~np.isfinite(result)).sum()):,} of {result.size:,} pixels that are "
            "not finite numbers. Export it again."
        )
    padded = _padding(stored, dataset)
    if padded is not None and not padded.all():
        outside, inside = result[padded], result[~padded]
        if outside.size and outside.max() > inside.min():
            result[padded] = np.nan
    return result, total


def _total(stored: np.ndarray, transformation: Dataset, layout: PixelLayout) -> float:
    """Sum of the modality values of the smallest and the largest value that can be stored."""
    if np.issubdtype(stored.dtype, np.floating):
        ends = np.array([stored.min(), stored.max()])
    else:
        bits = layout.bits_stored
        low, high = (
            (-(1 << bits - 1), (1 << bits - 1) - 1) if layout.signed else (0, (1 << bits) - 1)
        )
        kind = np.int32 if bits < 32 else np.int64
        ends = np.array([low, high], kind)
    return float(np.asarray(apply_modality_lut(ends, transformation), np.float64).sum())


def _padding(stored: np.ndarray, dataset: Dataset) -> np.ndarray | None:
    """Return where the stored values are padding (PS3.3 C.7.5.1.1.2)."""
    first = number(dataset, "PixelPaddingValue")
    if first is None:
        return None
    last = number(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((first, first if last is None else last))
    found = (stored >= low) & (stored <= high)
    return found if found.any() else None


def without_padding(values: np.ndarray) -> np.ndarray:
    """Replace NaN, which stands for padding, by the smallest value there is."""
    holes = np.isnan(values)
    if holes.any():
        values[holes] = values[~holes].min() if not holes.all() else 0.0
    return values
