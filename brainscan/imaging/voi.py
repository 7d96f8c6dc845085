"""How a file wants its values shown: DICOM's value-of-interest transformations.

Windows say which values a person sees as black and white. They never touch what the network
reads: see :func:`brainscan.imaging.preprocessing.preprocess`, which takes its own percentiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from brainscan.imaging.windowing import Window, apply_window

VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE"]

_NARROWEST = 1e-6


@dataclass(frozen=True, eq=False)
class Voi:
    """One value-of-interest transformation of floating-point pixels.

    Attributes
    ----------
    label
        Its explanation in the file, or a name such as ``"Window 1"``.
    function
        ``LINEAR``, ``LINEAR_EXACT`` and ``SIGMOID`` as in PS3.3 C.11.2.1.2 and C.11.2.1.3, or
        ``TABLE`` for a VOI LUT (C.11.2.1.1).
    width, level
        The window as :func:`brainscan.imaging.windowing.apply_window` takes it for
        floating-point pixels: black is ``level - width / 2``, white ``level + width / 2``.
        ``LINEAR`` windows are stored here already converted, so that the same call gives their
        values; for ``SIGMOID`` the width of the formula, for ``TABLE`` the table's span.
    table
        ``(n,)`` float32 in [0, 1] for ``TABLE``; entry 0 belongs to ``level - width / 2``.
    """

    label: str
    function: VoiFunction
    width: float
    level: float
    table: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def linear(cls, label: str, center: float, width: float) -> Voi:
        """Convert DICOM's LINEAR window: centre and width count integers (C.11.2.1.2.1)."""
        return cls(label, "LINEAR", max(width - 1.0, _NARROWEST), center - 0.5)

    @classmethod
    def lookup(cls, label: str, first: float, table: np.ndarray) -> Voi:
        """Wrap a table whose entry 0 is for the value ``first``, entry 1 for the next integer."""
        span = max(float(len(table) - 1), _NARROWEST)
        return cls(label, "TABLE", span, first + span / 2, table.astype(np.float32))

    @property
    def window(self) -> Window:
        """Width and level; for ``SIGMOID`` and ``TABLE`` the nearest straight line."""
        return self.width, self.level

    def inverted(self, total: float) -> Voi:
        """Return the transformation for pixels replaced by ``total - pixels`` (MONOCHROME1)."""
        table = None if self.table is None else np.asarray(1.0 - self.table[::-1], np.float32)
        return Voi(self.label, self.function, self.width, total - self.level, table)

    def renamed(self, label: str) -> Voi:
        """Return the same transformation under another label."""
        return replace(self, label=label)

    def moved(self, width: float, level: float) -> Voi:
        """Return the same function over another window; a table is stretched over it."""
        return replace(self, width=max(width, _NARROWEST), level=level)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Map pixel values to display brightness: float32 in [0, 1], same shape."""
        if self.table is not None:
            first = self.level - self.width / 2
            step = max(float(len(self.table) - 1), _NARROWEST) / self.width
            index = np.rint((np.asarray(values, np.float64) - first) * step)
            return np.asarray(self.table[np.clip(index, 0, len(self.table) - 1).astype(np.intp)])
        floats = np.asarray(values, np.float32)
        if self.function == "SIGMOID":
            slope = -4.0 * (floats.astype(np.float64) - self.level) / self.width
            return (1.0 / (1.0 + np.exp(np.clip(slope, -700.0, 700.0)))).astype(np.float32)
        return apply_window(floats, self.window)
