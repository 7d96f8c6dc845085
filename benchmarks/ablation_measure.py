"""Figures of the ablation: means over seeds, with intervals over patients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.ablation_features import Features
from benchmarks.ablation_fit import Answers
from brainscan.evaluation.intervals import Estimate, GroupBootstrap
from brainscan.evaluation.statistics import Ranking

MEASURES = ("lgg flair", "lgg t1ce", "evidence")


def measure(features: Features, answers: Sequence[Answers]) -> dict[str, Any]:
    """Return the three figures and their spread over the seeds."""
    sequences = np.array([record.sequence for record in features.records])
    units = np.array([record.group or record.name for record in features.records])
    truth = features.tumor == 1
    figures: dict[str, tuple[Estimate, list[float]]] = {}
    for sequence in ("flair", "t1ce"):
        chosen = sequences == sequence
        scores = [each.tumor[chosen] for each in answers]
        figures[f"lgg {sequence}"] = auroc(truth[chosen], scores, units[chosen])
    chosen = (sequences == "flair") & truth
    hits = [inside(each.maps[chosen], features.masks[chosen]) for each in answers]
    figures["evidence"] = share(hits, units[chosen])
    return {name: estimate.to_json() for name, (estimate, _) in figures.items()} | {
        "spread": {
            name: round(max(single) - min(single), 6) if single else None
            for name, (_, single) in figures.items()
        }
    }


def auroc(
    truth: np.ndarray, scores: Sequence[np.ndarray], units: Sequence[str]
) -> tuple[Estimate, list[float]]:
    """Return the mean AUROC of several trainings with its interval, and the single ones."""
    if not 0 < truth.sum() < len(truth):
        return Estimate.undefined(len(truth), "Only one class was measured."), []
    rankings = [Ranking(truth, each) for each in scores]
    single = [float(ranking.auroc(np.ones(len(truth)))) for ranking in rankings]
    bootstrap = GroupBootstrap(units)
    samples = bootstrap.of_weights(
        lambda weights: np.mean([ranking.auroc(weights) for ranking in rankings], axis=0)
    )
    return bootstrap.estimate(float(np.mean(single)), samples), single


def share(hits: Sequence[np.ndarray], units: Sequence[str]) -> tuple[Estimate, list[float]]:
    """Return the mean share of hits of several trainings with its interval, and the single ones."""
    if not len(units):
        return Estimate.undefined(0, "No tumor slice was measured."), []
    single = [float(each.mean()) for each in hits]
    bootstrap = GroupBootstrap(units)
    sums = np.stack([np.mean(hits, axis=0), np.ones(len(units))], axis=1)
    samples = bootstrap.of_sums(sums, lambda s: s[:, 0] / s[:, 1])
    return bootstrap.estimate(float(np.mean(single)), samples), single


def inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return ``(n,)`` bool: the centre of the strongest cell lies in the mask.

    Parameters
    ----------
    maps
        ``(n, cells, cells)``.
    masks
        ``(n, size, size)``, 0 or 1; ``size`` a multiple of ``cells``.
    """
    cells = maps.shape[1]
    pixels = masks.shape[1] // cells
    row, column = np.divmod(maps.reshape(len(maps), -1).argmax(axis=1), cells)
    down, across = row * pixels + pixels // 2, column * pixels + pixels // 2
    # The centre lies between four pixels.
    corners = [masks[np.arange(len(maps)), down - i, across - j] for i in (0, 1) for j in (0, 1)]
    return np.any(corners, axis=0)
