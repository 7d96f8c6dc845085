"""The curves of deletion and insertion over a sample of slices, against two baselines."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from brainscan.explain.deletion import (
    SHARES,
    blurred,
    mean_height,
    random_map,
    removal_order,
    stages,
)
from brainscan.explain.faithfulness_result import (
    BASELINES,
    CENTER,
    RANDOM,
    Curves,
    mean_over_groups,
)
from brainscan.explain.maps import heat_maps, outputs, tumor_probabilities
from brainscan.explain.pointing import center_prior, head_of
from brainscan.inference.classifier import TumorClassifier

_DELETION, _INSERTION = 0, 1


def measure_curves(
    classifier: TumorClassifier,
    images: np.ndarray,
    masks: np.ndarray,
    units: Sequence[Hashable],
    *,
    seed: int,
    step: Callable[[], None],
) -> Curves:
    """Delete and insert the pixels of every slice in the order of each of its maps.

    Parameters
    ----------
    classifier
        The model.
    images, masks
        ``(n, size, size)`` uint8 network inputs, and bool outlines on them.
    units
        Patient or group of every slice.
    seed
        Of the random maps, and of the order of pixels that a map does not tell apart.
    step
        Called after each slice.
    """
    release, runtime, size = classifier.release, classifier.runtime, images.shape[1]
    ends = []
    areas: dict[str, list[tuple[float, float]]] = {}
    for number, (image, mask, raw) in enumerate(
        zip(images, masks, outputs(runtime, images), strict=True)
    ):
        head = head_of(image)
        empty = blurred(image, head)
        generator = np.random.default_rng([seed, number])
        maps = heat_maps(release, raw, size)
        maps[RANDOM] = random_map(size, raw.evidence.shape[1], generator)
        maps[CENTER] = center_prior(head)
        asked = np.stack([image, empty, np.where(mask, empty, image)])
        whole, nothing, without = map(float, tumor_probabilities(release, runtime, asked))
        ends.append((whole, nothing, without))
        for name, heat in maps.items():
            inputs = stages(image, empty, removal_order(heat, head, generator))
            answers = tumor_probabilities(release, runtime, inputs.reshape(-1, size, size))
            deleted, inserted = np.split(answers, 2)
            areas.setdefault(name, []).append(
                (mean_height(whole, deleted), mean_height(nothing, inserted))
            )
        step()
    return _figures(np.array(ends), {k: np.array(v) for k, v in areas.items()}, units)


def _figures(ends: np.ndarray, areas: dict[str, np.ndarray], units: Sequence[Hashable]) -> Curves:
    whole, nothing, without = (mean_over_groups(ends[:, column], units) for column in range(3))
    maps = [name for name in areas if name not in BASELINES]
    shown = [*maps, CENTER, RANDOM]
    return Curves(
        n=len(ends),
        whole=whole,
        blurred=nothing,
        without_tumor=without,
        deletion={name: mean_over_groups(areas[name][:, _DELETION], units) for name in shown},
        insertion={name: mean_over_groups(areas[name][:, _INSERTION], units) for name in shown},
        deletion_gain={
            name: {
                other: mean_over_groups(
                    areas[other][:, _DELETION] - areas[name][:, _DELETION], units
                )
                for other in BASELINES
            }
            for name in maps
        },
        insertion_gain={
            name: {
                other: mean_over_groups(
                    areas[name][:, _INSERTION] - areas[other][:, _INSERTION], units
                )
                for other in BASELINES
            }
            for name in maps
        },
    )


def passes(release_has_decoder: bool) -> int:
    """Return how many inputs the network reads for one slice."""
    maps = 4 + release_has_decoder
    return 4 + maps * 2 * (len(SHARES) - 1)
