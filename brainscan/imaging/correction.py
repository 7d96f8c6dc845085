"""A mask corrected by a reader: who, when, from which model; and its way to the page and back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from brainscan.errors import InputRejected

UNNAMED = "unnamed reader"
_LONGEST_NAME = 64  # characters, as a DICOM person name allows (PS3.5, VR PN)


@dataclass(frozen=True, eq=False)
class Correction:
    """A mask as a reader left it.

    Attributes
    ----------
    mask
        ``(rows, columns)`` or ``(i, j, k)`` bool: the geometry of the slice or volume.
    author
        The name the reader typed, in one line of at most 64 characters; `UNNAMED` where there
        is none.
    when
        ISO 8601, UTC, to the second.
    model
        Title of the release whose outline the reader started from; empty where there was none.
    """

    mask: np.ndarray = field(repr=False)
    author: str
    when: str
    model: str

    def __post_init__(self) -> None:
        printable = "".join(char if char.isprintable() else " " for char in self.author)
        name = " ".join(printable.split())[:_LONGEST_NAME].strip()
        object.__setattr__(self, "author", name or UNNAMED)
        object.__setattr__(self, "mask", np.asarray(self.mask) != 0)

    @classmethod
    def now(cls, mask: np.ndarray, author: str, model: str) -> Correction:
        """Return a correction made at this moment."""
        return cls(mask, author, datetime.now(UTC).isoformat(timespec="seconds"), model)

    @property
    def verb(self) -> str:
        """``"corrected"`` where a reader started from a model's outline, otherwise ``"drawn"``."""
        return "corrected" if self.model else "drawn"

    @property
    def sentence(self) -> str:
        """Who corrected or drew what, when."""
        if not self.model:
            return f"Outline drawn by {self.author}, {self.when}. It is no model's."
        return (
            f"Outline corrected by {self.author}, {self.when}, starting from {self.model}. "
            "It is not the model's own."
        )

    def png_text(self) -> dict[str, str]:
        """Return the text entries for a PNG, under keywords the standard registers.

        References
        ----------
        W3C, PNG Specification (Third Edition), section 11.3.3.1.
        """
        return {
            "Author": self.author,
            "Creation Time": self.when,
            **({"Source": self.model} if self.model else {}),
            "Comment": self.sentence,
        }


@dataclass(frozen=True)
class PackedCorrection:
    """A correction whose mask is text: small however large the volume.

    Attributes
    ----------
    runs
        The mask as :func:`encode_mask` writes it.
    shape
        Of the mask.
    author, when, model
        As in :class:`Correction`.
    """

    runs: str = field(repr=False)
    shape: tuple[int, ...]
    author: str
    when: str
    model: str

    @classmethod
    def pack(cls, made: Correction) -> PackedCorrection:
        """Return a correction in its small form."""
        shape = tuple(int(side) for side in made.mask.shape)
        return PackedCorrection(encode_mask(made.mask), shape, made.author, made.when, made.model)

    @property
    def verb(self) -> str:
        """As in :class:`Correction`."""
        return "corrected" if self.model else "drawn"

    @property
    def digest(self) -> str:
        """Tells it from every other one, also from one saved within the same second."""
        return hashlib.sha256(f"{self.when} {self.author} {self.runs}".encode()).hexdigest()

    def correction(self) -> Correction:
        """Return the correction with its mask."""
        mask = decode_mask(self.runs, self.shape)
        return Correction(mask, self.author, self.when, self.model)


def encode_mask(mask: np.ndarray) -> str:
    """Return a mask as text: the lengths of its runs, row by row.

    Runs of zeros and ones alternate, beginning with zeros (of length 0 where the first pixel is
    set), as little-endian uint32 in base64. An empty array is the empty text.

    Parameters
    ----------
    mask
        Any shape, bool or numbers; anything but zero is set. Read in C order.
    """
    flat = (np.asarray(mask) != 0).ravel()
    if not flat.size:
        return ""
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.concatenate([[0] if flat[0] else [], changes, [flat.size]])
    runs = np.diff(ends, prepend=0).astype("<u4")
    return base64.b64encode(runs.tobytes()).decode("ascii")


def decode_mask(text: str, shape: Sequence[int]) -> np.ndarray:
    """Return the bool array of a text from :func:`encode_mask`.

    Parameters
    ----------
    text
        From the page: anything may stand in it.
    shape
        Of the array.

    Raises
    ------
    InputRejected
        If the text is no mask of this shape.
    """
    size = math.prod(shape)
    most_bytes = 4 * (size + 1)  # a run a pixel, and one of no zeros before the first
    if not isinstance(text, str) or len(text) > 4 * math.ceil(most_bytes / 3):
        raise _rejected("it is longer than any mask of this size can be", shape)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _rejected("it is not base64 text", shape) from error
    if len(data) % 4:
        raise _rejected(f"its {len(data)} bytes are no whole number of run lengths", shape)
    runs = np.frombuffer(data, "<u4")
    covered = int(runs.sum(dtype=np.uint64))
    if covered != size:
        raise _rejected(f"its runs cover {covered:,} pixels", shape)
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(tuple(shape))


def _rejected(found: str, shape: Sequence[int]) -> InputRejected:
    wanted = " x ".join(str(side) for side in shape)
    return InputRejected(
        f"The corrected outline could not be read: {found}, and a mask of {wanted} is expected. "
        "The outline before it is kept; draw the last stroke again."
    )
