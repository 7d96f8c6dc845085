"""Do the maps change when the network forgets what it learned?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Sequence
from typing import Literal, get_args

import numpy as np

from brainscan.explain.faithfulness_result import Sanity, mean_over_groups
from brainscan.explain.maps import outputs, raw_maps
from brainscan.explain.pointing import head_of
from brainscan.explain.similarity import head_cells, rank_correlation
from brainscan.inference.runtime import Runtime

Part = Literal["heads", "network"]
PARTS: tuple[Part, ...] = get_args(Part)
OTHER = "other_slice"
Randomize = Callable[[Part, int], Runtime]
"""Gives a network like the trained one, with some weights drawn anew from a seed."""


def measure_sanity(
    runtime: Runtime,
    randomize: Randomize,
    images: np.ndarray,
    units: Sequence[Hashable],
    *,
    draws: int,
    seed: int,
    step: Callable[[], None],
) -> Sanity:
    """Compare the maps of the trained network with those of randomized ones.

    Parameters
    ----------
    runtime
        The trained network.
    randomize
        Makes a network whose last layers, or all layers, were drawn anew.
    images
        ``(n, size, size)`` uint8 network inputs.
    units
        Patient or group of every slice.
    draws
        Networks of each kind, at least 1.
    seed
        Of the draws.
    step
        Called after each slice and network.

    References
    ----------
    J. Adebayo et al. 2018, Sanity Checks for Saliency Maps, arXiv:1810.03292.
    """
    heads = [head_of(image) for image in images]
    trained = [raw_maps(raw) for raw in outputs(runtime, images)]
    found: dict[str, dict[str, np.ndarray]] = {
        name: {OTHER: np.full(len(images), np.nan)} for name in trained[0]
    }
    for index, other in enumerate(_others(units)):
        if other is None:
            continue
        for name, values in trained[index].items():
            where = heads[index] & heads[other]
            found[name][OTHER][index] = _alike(values, trained[other][name], where)
    for part in PARTS:
        likeness = {name: np.full((draws, len(images)), np.nan) for name in trained[0]}
        for draw in range(draws):
            network = randomize(part, seed + draw)
            for index, raw in enumerate(outputs(network, images)):
                for name, values in raw_maps(raw).items():
                    likeness[name][draw, index] = _alike(trained[index][name], values, heads[index])
                step()
        for name, values in likeness.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # NaN where no draw has an order
                found[name][part] = np.nanmean(values, axis=0)
    return Sanity(
        n=len(images),
        draws=draws,
        similarity={
            name: {against: mean_over_groups(values, units) for against, values in each.items()}
            for name, each in found.items()
        },
    )


def _others(units: Sequence[Hashable]) -> list[int | None]:
    """Return for every slice the next one, in a circle, that is of another patient."""
    count = len(units)
    return [
        next(
            (
                (index + away) % count
                for away in range(1, count)
                if units[(index + away) % count] != unit
            ),
            None,
        )
        for index, unit in enumerate(units)
    ]


def _alike(one: np.ndarray, other: np.ndarray, head: np.ndarray) -> float:
    return rank_correlation(one, other, head_cells(head, one.shape[0]))
