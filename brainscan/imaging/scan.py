"""One decoded slice, as it was in the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Scan:
    """A single 2-D slice with one channel.

    Attributes
    ----------
    pixels
        ``(height, width)`` array, ``uint8``, ``uint16`` or ``float32``; finite; never modified.
        Colour files are reduced to luma (ITU-R BT.601); transparency is laid over black.
    name
        File name without folders, for display.
    sha256
        Hex digest of the file's bytes: the key for caches and exports.
    format
        Container as sniffed from the bytes, for example ``"PNG"``.
    mode
        Colour mode as stored, for example ``"RGB"`` or ``"I;16"``.
    warnings
        Sentences about anything in the file the reader should know.
    """

    pixels: np.ndarray
    name: str
    sha256: str
    format: str
    mode: str
    warnings: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])
