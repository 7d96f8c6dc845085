"""What stands around a slice in an exported picture: the patient's directions and a scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw, ImageFont

from brainscan.imaging.orientation import Letters
from brainscan.imaging.scan import Scan

_FACE, _SMALL_FACE = 16, 12  # a letter, or two, must fit into the margin
_INK = (232, 234, 236)
_SHARE = 0.2  # of the picture's width that the scale takes at most


@dataclass(frozen=True)
class Edge:
    """Directions and scale of a slice; false when there is neither.

    Attributes
    ----------
    letters
        The patient's directions at the four edges, where known.
    scale
        Length of the scale in pixels of the picture; 0 where nothing can be measured.
    scale_label
        Its length in millimetres, a round number.
    """

    letters: Letters | None
    scale: int = 0
    scale_label: str = ""

    @classmethod
    def of(cls, scan: Scan, width: int) -> Edge:
        """Describe the surroundings of a scan that is drawn ``width`` pixels wide."""
        if scan.spacing is None:
            return cls(scan.letters)
        per_millimetre = width / (scan.width * scan.spacing[1])
        longest = _SHARE * width / per_millimetre
        power = 10.0 ** np.floor(np.log10(longest))
        length = power * max(step for step in (1, 2, 5) if step * power <= longest)
        return cls(scan.letters, round(length * per_millimetre), f"{length:g} mm")

    def __bool__(self) -> bool:
        return bool(self.letters or self.scale)

    def draw(self, draw: ImageDraw.ImageDraw, margin: int, size: tuple[int, int]) -> None:
        """Write the directions into the margin around a slice and the scale below it.

        Parameters
        ----------
        draw
            Of the whole picture.
        margin
            Pixels from its edge to the slice, and room below the slice.
        size
            Height and width of the slice.
        """
        height, width = size
        near, below = margin // 2, margin + height + margin // 2
        if self.letters:
            middle, center = margin + height // 2, margin + width // 2
            right = margin + width + margin // 2
            places = ((near, middle), (right, middle), (center, near), (center, below))
            for letter, place in zip(self.letters, places, strict=True):
                face = ImageFont.load_default(_FACE if len(letter) == 1 else _SMALL_FACE)
                draw.text(place, letter, fill=_INK, font=face, anchor="mm")
        if self.scale:
            end = margin + self.scale
            draw.line((margin, below, end, below), fill=_INK)
            for x in (margin, end):
                draw.line((x, below - 4, x, below + 4), fill=_INK)
            face = ImageFont.load_default(_FACE)
            draw.text((end + 8, below), self.scale_label, fill=_INK, font=face, anchor="lm")
