"""One decoded slice, as it was in the file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from brainscan.imaging.identity import Identity
from brainscan.imaging.instance import Instance
from brainscan.imaging.orientation import Letters
from brainscan.imaging.sequence import SequenceGuess
from brainscan.imaging.voi import Voi


@dataclass(frozen=True, eq=False)
class Scan:
    """A single 2-D slice with one channel.

    Attributes
    ----------
    pixels
        ``(height, width)`` array, ``uint8``, ``uint16`` or ``float32``; finite; never modified.
        Colour files are reduced to luma (ITU-R BT.601); transparency is laid over black. DICOM
        and NIfTI: float32 values after rescale slope and intercept, large for bright.
    name
        File name without folders, for display.
    sha256
        Hex digest of the file's bytes: the key for caches and exports. A slice of a volume has
        the digest of the volume's digest, plane and index.
    format
        Container as sniffed from the bytes, for example ``"PNG"``.
    mode
        Colour mode as stored, for example ``"RGB"`` or ``"I;16"``.
    warnings
        Sentences about anything in the file the reader should know.
    letters
        The patient's directions at the edges, where the file states them.
    spacing
        Millimetres between rows and between columns, where the file states them.
    windows
        How the file wants its values shown, in its order; the first is the one to open with.
    sequence
        Guess at the MR sequence, for formats that tell.
    instance
        The DICOM object behind the slice.
    identity
        Who the patient is; for the header panel only.
    burned_in
        Whether the file says that its pixels contain text that may identify the patient.
    """

    pixels: np.ndarray
    name: str
    sha256: str
    format: str
    mode: str
    warnings: tuple[str, ...] = ()
    letters: Letters | None = None
    spacing: tuple[float, float] | None = None
    windows: tuple[Voi, ...] = ()
    sequence: SequenceGuess | None = None
    instance: Instance | None = field(default=None, repr=False)
    identity: Identity | None = field(default=None, repr=False)
    burned_in: bool = False

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def aspect(self) -> float:
        """Height of a pixel in units of its width; 1 where the file does not tell."""
        return self.spacing[0] / self.spacing[1] if self.spacing else 1.0
