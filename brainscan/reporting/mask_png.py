"""A mask of a slice as PNG, on the grid of the file that was read."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import brainscan
from brainscan.imaging.scan import Scan
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.outline import Outline


def mask_png(scan: Scan, outline: Outline) -> bytes:
    """Return a mask as a PNG of one bit a pixel, white inside.

    Its text entries say which file it belongs to, whose it is, and that it is for research use
    only; of a corrected mask also author and time. The same mask gives the same bytes.

    Parameters
    ----------
    scan
        The slice that was read.
    outline
        Of the slice.

    Raises
    ------
    ValueError
        If the mask has another size than the slice.

    References
    ----------
    W3C, PNG Specification (Third Edition), section 11.3.3.1: the keywords.
    """
    if outline.mask.shape != scan.pixels.shape:
        msg = f"The mask must have shape {scan.pixels.shape}, got {outline.mask.shape}."
        raise ValueError(msg)
    text = PngInfo()
    for key, value in mask_text(scan, outline).items():
        text.add_text(key, value)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(outline.mask)).save(buffer, format="PNG", pnginfo=text)
    return buffer.getvalue()


def mask_text(scan: Scan, outline: Outline) -> dict[str, str]:
    """Return the text entries of a mask's PNG."""
    said = {
        "Title": "Tumour mask" if outline.by == "evidence" else "Tumour outline",
        "Description": outline.sentence,
        "Software": f"BrainScan {brainscan.__version__}",
        **({"Source": outline.model} if outline.model else {}),
        "Source-SHA256": scan.sha256,
        "Disclaimer": RESEARCH_USE,
    }
    if scan.spacing is not None:
        rows, columns = scan.spacing
        said["Pixel spacing"] = f"{rows:.6g} mm between rows, {columns:.6g} mm between columns"
    if outline.correction is not None:
        said |= outline.correction.png_text()
    return said
