"""A random sample of slices, as even over patients as can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np


def spread_sample(units: Sequence[Hashable], count: int, seed: int) -> list[int]:
    """Draw slices in turns, one of every patient before a second of any.

    Whole patients would be few patients, and single slices mostly those of the patients with the
    most; both say little about the next patient.

    Parameters
    ----------
    units
        Patient or group of every slice.
    count
        How many to draw; all when there are no more.
    seed
        The same seed draws the same slices.

    Returns
    -------
    list of int
        Indices in rising order.
    """
    generator = np.random.default_rng(seed)
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index in generator.permutation(len(units)):
        members[units[int(index)]].append(int(index))
    drawn: list[int] = []
    turn = 0
    while len(drawn) < min(count, len(units)):
        drawn += [found[turn] for found in members.values() if len(found) > turn]
        turn += 1
    return sorted(drawn[:count])
