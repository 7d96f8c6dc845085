"""Estimates with 95 % intervals: Wilson for proportions, a group bootstrap for the rest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 1000
SEED = 20_240_229
WILSON_NOTE = (
    "Wilson intervals of shares (sensitivity, specificity, accuracy and the like) take images for "
    "independent; where several are of one patient or group they are too narrow."
)
_Z = 1.959963984540054  # standard normal quantile of 0.975
_SAME = 1e-12
_FEW_GROUPS = 20  # Cameron, Gelbach and Miller, Rev. Econ. Stat. 90 (2008) 414-427
_BLOCK_ELEMENTS = 2_000_000  # bounds the working memory of the bootstrap to a few 16 MB arrays


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval, or the reason why there is none.

    Attributes
    ----------
    value
        The figure, or ``None`` when it is not defined; never NaN.
    low, high
        Ends of the 95 % interval, or ``None`` when it is not defined.
    n
        Number of images the figure is computed from (the denominator of a proportion).
    method
        How the interval was made, for example ``"Wilson"``.
    reason
        Sentence why value or interval is missing; ``None`` when both are there.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    reason: str | None = None

    @classmethod
    def undefined(cls, n: int, reason: str) -> Estimate:
        """Return an estimate without value, carrying the ``reason``."""
        return cls(None, None, None, n, "", reason)

    @property
    def defined(self) -> bool:
        return self.value is not None

    def to_json(self) -> dict[str, Any]:
        """Return the plain values, rounded to six decimals."""

        def rounded(number: float | None) -> float | None:
            return None if number is None else round(number, 6)

        return {
            "value": rounded(self.value),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "n": self.n,
            "method": self.method,
            "reason": self.reason,
        }


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion, without continuity correction.

    Parameters
    ----------
    successes
        Number of successes, ``0 <= successes <= n``.
    n
        Number of trials, at least 1.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """
    if n < 1 or not 0 <= successes <= n:
        msg = f"successes and n must satisfy 0 <= successes <= n and n >= 1, got {successes}, {n}"
        raise ValueError(msg)
    share = successes / n
    denominator = 1 + _Z**2 / n
    center = (share + _Z**2 / (2 * n)) / denominator
    half = _Z / denominator * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    # At the ends the formula is exact in theory; in floating point it may miss by an ulp.
    low = 0.0 if successes == 0 else max(0.0, center - half)
    high = 1.0 if successes == n else min(1.0, center + half)
    return low, high


def proportion(successes: int, n: int, reason: str) -> Estimate:
    """Return a proportion with its Wilson interval, or undefined for ``reason`` when n is 0."""
    if n == 0:
        return Estimate.undefined(0, reason)
    low, high = wilson(successes, n)
    return Estimate(successes / n, low, high, n, "Wilson")


def resampling_units(
    groups: Sequence[str | None],
    sources: Sequence[str],
    digests: Sequence[str],
    volumes: Sequence[str | None] | None = None,
) -> tuple[list[Hashable], tuple[str, ...]]:
    """Decide what the bootstrap draws: patients or other groups, single images where unknown.

    An image without a group is its own unit, shared with its byte-identical copies. A source
    whose images all carry one group name says nothing about patients (the spread between
    groups cannot be estimated from one); its images are drawn singly and a sentence says so.
    A group is the dataset's: it may hold images of several sources.
    The slices of a volume are one patient's whatever the group says: without a group the volume
    is theirs, and they are never drawn singly.

    Parameters
    ----------
    groups, sources, digests
        Group name or ``None``, source name and SHA-256 of every image; equal lengths.
    volumes
        Name of the volume of every slice, ``None`` for an image of its own; all are when left out.

    Returns
    -------
    units
        One hashable an image.
    notes
        Sentences for the reader of the intervals.
    """
    if volumes is not None:
        groups = [
            f"volume {volume}" if group is None and volume is not None else group
            for group, volume in zip(groups, volumes, strict=True)
        ]
    names: dict[str, set[str | None]] = {}
    for group, source in zip(groups, sources, strict=True):
        names.setdefault(source, set()).add(group)
    counts = Counter(sources)
    sliced = {s for s, v in zip(sources, volumes or (), strict=False) if v is not None}
    homes = Counter(group for found in names.values() for group in found)
    single = {
        source
        for source, found in names.items()
        if len(found) == 1 and None not in found and counts[source] > 1 and source not in sliced
        if all(homes[group] == 1 for group in found)
    }
    units: list[Hashable] = [
        (source, "image", digest) if group is None or source in single else group
        for group, source, digest in zip(groups, sources, digests, strict=True)
    ]
    notes = tuple(
        f"All {counts[source]} images of {source} carry one group name, so patients cannot be "
        "told apart there: its images are resampled singly and the intervals are too narrow."
        for source in sorted(single)
    )
    of_groups = Counter(
        (source, group)
        for group, source in zip(groups, sources, strict=True)
        if group is not None and source not in single
    )
    for source in sorted({source for source, _ in of_groups}):
        sizes = [count for (of, _), count in of_groups.items() if of == source]
        if 2 <= len(sizes) < _FEW_GROUPS and sum(sizes) > len(sizes):
            notes += (
                f"{sum(sizes)} images of {source} are of {len(sizes)} groups (patients) only; a "
                "bootstrap over so few gives intervals that are too narrow.",
            )
    if any(count > 1 for count in of_groups.values()):
        notes = (*notes, WILSON_NOTE)
    return units, notes


class GroupBootstrap:
    """Percentile bootstrap that draws whole groups, so that copies add no certainty.

    Parameters
    ----------
    units
        Group of every image, in the order of the images.
    resamples
        Number of resamples.
    seed
        Seed of the generator; the same seed gives the same interval.
    """

    def __init__(
        self, units: Sequence[Hashable], *, resamples: int = RESAMPLES, seed: int = SEED
    ) -> None:
        numbers: dict[Hashable, int] = {}
        self.index = np.array([numbers.setdefault(unit, len(numbers)) for unit in units], int)
        self.groups = len(numbers)
        self.resamples = resamples
        self.seed = seed

    def _weights(self) -> Iterator[np.ndarray]:
        """Yield blocks ``(b, groups)`` float64: how often a resample draws every group."""
        rng = np.random.default_rng(self.seed)
        block = max(1, min(self.resamples, _BLOCK_ELEMENTS // max(1, len(self.index))))
        for start in range(0, self.resamples, block):
            rows = min(block, self.resamples - start)
            drawn = rng.integers(0, self.groups, size=(rows, self.groups))
            drawn += np.arange(rows)[:, None] * self.groups
            counts = np.bincount(drawn.ravel(), minlength=rows * self.groups)
            yield counts.reshape(rows, self.groups).astype(np.float64)

    def of_sums(
        self, values: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Resample a statistic of column sums, the fast path.

        Parameters
        ----------
        values
            ``(n, k)``: what every image adds to each of the ``k`` sums.
        statistic
            Maps ``(b, k)`` sums to ``(b,)`` or ``(b, m)`` values; NaN where not defined.
        """
        per_group = np.zeros((self.groups, values.shape[1]))
        np.add.at(per_group, self.index, values)
        return np.concatenate([statistic(block @ per_group) for block in self._weights()])

    def of_weights(self, statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Resample a statistic of image weights: maps ``(b, n)`` weights to ``(b,)`` values."""
        return np.concatenate([statistic(block[:, self.index]) for block in self._weights()])

    def estimate(self, value: float, samples: np.ndarray) -> Estimate:
        """Return ``value`` with the percentile interval of ``samples`` (NaN: not defined there).

        Resamples in which the figure is not defined, for want of a class, are left out; when
        they are more than half, or there is only one group, there is no interval.
        """
        n = len(self.index)
        if self.groups < 2:
            reason = "No interval: all images belong to one group."
            return Estimate(value, None, None, n, "", reason)
        valid = samples[np.isfinite(samples)]
        if 2 * len(valid) < self.resamples:
            reason = (
                f"No interval: the figure is defined in only {len(valid)} of {self.resamples} "
                "resamples, because a class sits in too few groups."
            )
            return Estimate(value, None, None, n, "", reason)
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(valid, [tail, 1 - tail])
        if high - low < _SAME:
            # The ends may coincide although a few resamples beyond them differ.
            same = "every" if np.ptp(valid) < _SAME else "nearly every"
            reason = (
                f"No interval: {same} resample gives the same value, so the bootstrap cannot "
                "tell how far it may be off."
            )
            return Estimate(value, None, None, n, "", reason)
        method = f"bootstrap over {self.groups} groups, {len(valid)} resamples, percentile"
        return Estimate(value, float(low), float(high), n, method)
