"""How a DICOM file stores its pixels, judged from the header before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import FileDataset
from pydicom.pixels import get_decoder
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import UID, JPEGExtended12Bit

from brainscan.errors import InputRejected
from brainscan.imaging.dicom.parsing import number, text, transfer_syntax
from brainscan.imaging.limits import ReadLimits

_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLORS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_420"})
# The other terms of PS3.3 C.7.6.3.1.2, retired ones among them. Only terms are quoted: a damaged
# file may hold anything here, a name for one.
_OTHER_TERMS = frozenset({"PALETTE COLOR", "HSV", "ARGB", "CMYK", "YBR_PARTIAL_422", "XYB"})
_BITS = frozenset({1, 8, 16, 32})


@dataclass(frozen=True)
class PixelLayout:
    """How a file stores its pixels, checked before anything is decoded.

    Attributes
    ----------
    rows, columns, frames
        Size of the stored image.
    bits_allocated, bits_stored
        Bits of a sample.
    signed
        Whether samples are two's complement.
    photometric
        Photometric Interpretation.
    syntax
        Transfer syntax.
    """

    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    photometric: str
    syntax: UID


def pixel_layout(dataset: FileDataset, who: str, limits: ReadLimits) -> PixelLayout:
    """Read and check the layout from the header.

    Raises
    ------
    InputRejected
        If the image has no size, is too large or too small, or is stored in a way that cannot
        be read here.
    """
    rows, columns = (int(number(dataset, keyword) or 0) for keyword in ("Rows", "Columns"))
    if rows <= 0 or columns <= 0:
        raise InputRejected(
            f"{who} is a DICOM file without an image: it states no rows and columns. "
            "Choose an MR image."
        )
    frames = max(1, int(number(dataset, "NumberOfFrames") or 1))
    if rows * columns > limits.max_pixels or rows * columns * frames > limits.max_voxels:
        shown = f"{columns:,} x {rows:,} pixels" + (f" in {frames:,} frames" if frames > 1 else "")
        raise InputRejected(
            f"{who} declares {shown}, beyond the limits of {limits.max_pixels / 1e6:,.0f} million "
            f"pixels a slice and {limits.max_voxels / 1e6:,.0f} million in all. "
            "Export it at a smaller size."
        )
    if min(rows, columns) < limits.min_side:
        raise InputRejected(
            f"{who} is only {columns} x {rows} pixels; a slice must be at least "
            f"{limits.min_side} pixels on each side. Export it at full resolution."
        )
    allocated = int(number(dataset, "BitsAllocated") or 0)
    photometric = text(dataset, "PhotometricInterpretation").upper() or "MONOCHROME2"
    layout = PixelLayout(
        rows=rows,
        columns=columns,
        frames=frames,
        bits_allocated=allocated,
        bits_stored=int(number(dataset, "BitsStored") or allocated),
        signed=number(dataset, "PixelRepresentation") == 1,
        photometric=photometric,
        syntax=transfer_syntax(dataset),
    )
    _check_layout(layout, who)
    return layout


def _check_layout(layout: PixelLayout, who: str) -> None:
    if layout.photometric not in _GREY | _COLORS:
        known = layout.photometric in _OTHER_TERMS
        raise InputRejected(
            f"{who} stores its colours as {layout.photometric if known else 'an unknown value'}, "
            "which is not a grey MR image. Choose the original series."
        )
    if layout.bits_allocated not in _BITS and layout.bits_allocated != 64:
        raise InputRejected(
            f"{who} packs its pixels in {layout.bits_allocated} bits each, which no decoder here "
            "reads. Export it again with 16 bits allocated."
        )
    find_decoder(layout, who)


def find_decoder(layout: PixelLayout, who: str) -> Decoder:
    """Return the decoder for a transfer syntax.

    Raises
    ------
    InputRejected
        If there is none; the message names the transfer syntax and a remedy.
    """
    twelve_bit = layout.syntax == JPEGExtended12Bit and layout.bits_stored > 8
    try:
        decoder = None if twelve_bit else get_decoder(layout.syntax)
    except (NotImplementedError, ValueError):
        decoder = None
    if decoder is not None and decoder.is_available:
        return decoder
    name = layout.syntax.name
    shown = f"{name} with {layout.bits_stored} bits" if twelve_bit else name
    if name == layout.syntax:
        shown = "an unknown way"
    raise InputRejected(
        f"{who} is compressed as {shown} (transfer syntax {layout.syntax}), which cannot be "
        "decoded here. Let the archive send it uncompressed (Explicit VR Little Endian), or "
        "convert it, for example with dcmdjpeg of the DICOM toolkit dcmtk."
    )
