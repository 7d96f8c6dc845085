"""Agreement of outlined areas with the expert's, after Bland and Altman."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from brainscan.evaluation.intervals import Estimate, GroupBootstrap
from brainscan.evaluation.outline_match import OutlineMatch

_LIMIT = 1.959963984540054  # standard normal quantile of 0.975
METHOD = (
    "Area of the model's outline less the expert's, on tumour slices; a slice without an outline "
    "counts with an area of 0. The limits of agreement are the mean plus and minus 1.96 standard "
    "deviations (Bland and Altman, Lancet 327 (1986) 307-310); they take slices as independent."
)


@dataclass(frozen=True, eq=False)
class Agreement:
    """Differences of areas and what they amount to.

    Attributes
    ----------
    unit
        ``"mm²"`` where the size of the pixels is known for every slice, else ``"px"``.
    bias
        Mean of the model's area less the expert's.
    low, high
        Limits of agreement.
    mean, difference
        ``(n,)`` float64: mean of both areas and their difference, for each slice.
    """

    unit: Literal["mm²", "px"]
    bias: Estimate
    low: float
    high: float
    mean: np.ndarray = field(repr=False)
    difference: np.ndarray = field(repr=False)

    @property
    def sentence(self) -> str:
        """Bias and limits in words."""
        values = " to ".join(f"{value:+,.0f}" for value in (self.low, self.high))
        return (
            f"bias {self.bias.value or 0.0:+,.0f} {self.unit}, limits of agreement {values} "
            f"{self.unit}, {len(self.difference):,} slices"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "bias": self.bias.to_json(),
            "limits": [round(self.low, 6), round(self.high, 6)],
            "n": len(self.difference),
            "method": METHOD,
        }


def area_agreement(matches: Sequence[OutlineMatch], units: Sequence[Hashable]) -> Agreement | None:
    """Compare areas; ``None`` for fewer than two slices, which have no spread.

    Parameters
    ----------
    matches
        Of slices that show tumor.
    units
        What the bootstrap draws, for each.
    """
    if len(matches) < 2:
        return None
    sizes = [one.size_mm for one in matches]
    known = all(size is not None for size in sizes)
    scale = np.array(sizes, float) if known else np.ones(len(matches))
    answer, reference = (
        scale * np.array([getattr(one, name) for one in matches], float)
        for name in ("answer", "reference")
    )
    difference = answer - reference
    bias, spread = float(difference.mean()), _LIMIT * float(difference.std(ddof=1))
    bootstrap = GroupBootstrap(units)
    samples = bootstrap.of_sums(
        np.stack([difference, np.ones(len(difference))], axis=1),
        lambda total: total[:, 0] / total[:, 1],
    )
    return Agreement(
        unit="mm²" if known else "px",
        bias=bootstrap.estimate(bias, samples),
        low=bias - spread,
        high=bias + spread,
        mean=(answer + reference) / 2,
        difference=difference,
    )
