"""How much BrainScan is willing to read, so that no file can exhaust the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadLimits:
    """Upper and lower bounds on what is read.

    Attributes
    ----------
    max_bytes
        Largest image file, in bytes.
    max_pixels
        Largest image, width times height, judged from the header before anything is decoded.
    min_side
        Shortest side a slice may have, in pixels.
    max_volume_bytes
        Largest NIfTI or DICOM file, in bytes; one file may hold hundreds of slices.
    max_voxels
        Largest volume; 4 bytes a voxel once it is read.
    max_archive_members
        Most entries a ZIP archive may list.
    max_archive_bytes
        Most bytes a ZIP archive may unpack to, all members together.
    max_archive_ratio
        Largest ratio of unpacked to packed size of one member. Images are already compressed;
        a ratio beyond this is a decompression bomb.
    """

    max_bytes: int = 200 * 1024**2
    max_pixels: int = 64_000_000
    min_side: int = 32
    max_volume_bytes: int = 1024**3
    max_voxels: int = 150_000_000
    max_archive_members: int = 100_000
    max_archive_bytes: int = 8 * 1024**3
    max_archive_ratio: float = 200.0


DEFAULT_LIMITS = ReadLimits()
"""The limits used unless a caller states others."""


def human_bytes(count: int) -> str:
    """Return a byte count as a person would say it, for example ``"1.5 MB"`` (binary units)."""
    value, unit = float(count), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:,.1f} {unit}"
