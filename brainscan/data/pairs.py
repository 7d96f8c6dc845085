"""The copies of a dataset as pairs to look at, the most damaging first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brainscan.data.audit import Audit
from brainscan.data.leaks import is_test
from brainscan.data.links import Nearest

PAIR_KINDS = ("bytes", "pixels", "near", "mirrored", "cropped", "turned")
"""How the pictures of a pair are related, the plainest first."""


@dataclass(frozen=True)
class Pair:
    """Two images that show one picture. Positions are those of the survey.

    Attributes
    ----------
    first, second
        The images; of a pair across training and test, ``first`` is the one to train on.
    kind
        One of :data:`PAIR_KINDS`; a mirrored pair may be cropped too; a turned
        one is turned by quarter turns, upside down, or both mirrored and turned.
    similarity
        Correlation of detail in [0, 1]; 1 for equal pixels.
    across
        Whether they lie in different folds.
    """

    first: int
    second: int
    kind: str
    similarity: float
    across: bool


def copy_pairs(audit: Audit) -> tuple[Pair, ...]:
    """Return for each image its closest copy: one in another fold before one in its own.

    At most one pair an image, so that the number stays linear where thousands of images show
    one picture. Pairs across folds come first, then by kind, then by similarity.
    """
    links = audit.links
    fold_of = links.fold_of
    first_bytes, first_pixels = _first_of(links.byte_groups), _first_of(links.pixel_groups)
    other_bytes = _elsewhere(links.byte_groups, fold_of)
    other_pixels = _elsewhere(links.pixel_groups, fold_of)
    found: dict[tuple[int, int], Pair] = {}
    for index in range(len(fold_of)):
        across, within = links.across[index], links.nearest[index]
        if other_bytes[index] >= 0:
            partner, kind, similarity = int(other_bytes[index]), "bytes", 1.0
        elif other_pixels[index] >= 0:
            partner, kind, similarity = int(other_pixels[index]), "pixels", 1.0
        elif across is not None:
            partner, kind, similarity = across.index, _kind(across), across.similarity
        elif first_bytes[index] != index:
            partner, kind, similarity = int(first_bytes[index]), "bytes", 1.0
        elif first_pixels[index] != index:
            partner, kind, similarity = int(first_pixels[index]), "pixels", 1.0
        elif within is not None:
            partner, kind, similarity = within.index, _kind(within), within.similarity
        else:
            continue
        ends = _in_order(audit, index, partner)
        crosses = bool(fold_of[index] >= 0 <= fold_of[partner])
        crosses = crosses and bool(fold_of[index] != fold_of[partner])
        found.setdefault(ends, Pair(*ends, kind, similarity, crosses))
    order = {kind: place for place, kind in enumerate(PAIR_KINDS)}
    return tuple(
        sorted(found.values(), key=lambda p: (not p.across, order[p.kind], -p.similarity, p.second))
    )


def _kind(match: Nearest) -> str:
    if match.turned:
        return "turned"
    if match.mirrored:
        return "mirrored"
    return "near" if match.kind == "whole" else "cropped"


def _first_of(groups: np.ndarray) -> np.ndarray:
    """Return for each image the first image of its group: ``(n,)``."""
    _, first, code = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[code])


def _elsewhere(groups: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Return for each image the first of its group in another fold, or -1: ``(n,)``."""
    members: dict[int, dict[int, int]] = {}
    for index, (group, fold) in enumerate(zip(groups.tolist(), fold_of.tolist(), strict=True)):
        if fold >= 0:
            members.setdefault(group, {}).setdefault(fold, index)
    result = np.full(len(groups), -1)
    for index, (group, fold) in enumerate(zip(groups.tolist(), fold_of.tolist(), strict=True)):
        if fold >= 0:
            others = (place for other, place in members[group].items() if other != fold)
            result[index] = next(others, -1)
    return result


def _in_order(audit: Audit, one: int, other: int) -> tuple[int, int]:
    """Put the training side first, otherwise the earlier image."""
    low, high = min(one, other), max(one, other)
    images = audit.seen.images
    if is_test(images[low].record.fold or "") and not is_test(images[high].record.fold or ""):
        return high, low
    return low, high
