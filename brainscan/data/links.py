"""Which images of a dataset belong together, and which of them cross a split."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from brainscan.data.duplicates import KINDS, SIMILARITY, NearPairs, near_pairs
from brainscan.data.survey import Survey


@dataclass(frozen=True)
class Nearest:
    """The most similar other picture of an image, among its near-duplicates.

    ``index`` is its position in the survey, ``kind`` one of
    :data:`brainscan.data.duplicates.KINDS`.
    """

    index: int
    similarity: float
    kind: str
    mirrored: bool
    turned: bool


@dataclass(frozen=True, eq=False)
class Links:
    """How the images of a survey hang together. Positions are those of the survey.

    Attributes
    ----------
    byte_groups, pixel_groups
        ``(n,)`` int64: equal numbers for equal bytes, for equal decoded pixels.
    groups
        ``(n,)`` int64: connected components of near-duplicates, equal pixels included.
    folds
        Names of the folds or splits, sorted; empty when the dataset has none.
    fold_of
        ``(n,)`` int64, position in ``folds``; -1 without one.
    byte_folds, pixel_folds, near_folds, plain_folds
        ``(n, folds)`` bool: does the fold hold a copy of the image (itself included) with equal
        bytes, equal pixels, or near (equal pixels included)? ``plain_folds`` leaves out copies
        that are recognised only mirrored, turned, by the head alone or by cropping.
    nearest
        For each image its best match with other pixels, or ``None``.
    across
        For each image its best match with other pixels in another fold, or ``None``.
    pairs
        Near-duplicate pairs between distinct pictures.
    mirrored_pairs, cropped_pairs, turned_pairs
        How many of those match best mirrored; by the head alone or cropped; turned.
    """

    byte_groups: np.ndarray
    pixel_groups: np.ndarray
    groups: np.ndarray
    folds: tuple[str, ...]
    fold_of: np.ndarray
    byte_folds: np.ndarray
    pixel_folds: np.ndarray
    near_folds: np.ndarray
    plain_folds: np.ndarray
    nearest: tuple[Nearest | None, ...]
    across: tuple[Nearest | None, ...]
    pairs: int
    mirrored_pairs: int
    cropped_pairs: int
    turned_pairs: int


def link(
    seen: Survey,
    *,
    threshold: float = SIMILARITY,
    progress: Callable[[int, int], None] | None = None,
) -> Links:
    """Compare all images of a survey. Memory grows linearly with their number.

    Parameters
    ----------
    seen
        The images.
    threshold
        Similarity from which two pictures count as near-duplicates.
    progress
        Called with blocks of comparisons done and in all; may raise to stop the work.
    """
    count = len(seen.images)
    byte_groups = _numbered([image.sha256 for image in seen.images])
    pixel_groups = _numbered([image.pixels_sha256 for image in seen.images])
    folds = tuple(sorted({image.record.fold for image in seen.images if image.record.fold}))
    position = {name: number for number, name in enumerate(folds)}
    fold_of = np.array([position.get(i.record.fold or "", -1) for i in seen.images], np.int64)

    # Equal pictures are compared once; `distinct` holds one position for each.
    distinct = np.unique(pixel_groups, return_index=True)[1]
    present = _folds_holding(pixel_groups, fold_of, len(folds))[distinct]
    near, plain = present.copy(), present.copy()
    component = np.arange(len(distinct))
    best = _Best(len(distinct))
    best_in = [_Best(len(distinct)) for _ in folds]
    pairs = mirrored_pairs = cropped_pairs = turned_pairs = 0
    whole, head = seen.whole[distinct], seen.head[distinct]
    for batch in near_pairs(whole, head, threshold=threshold, progress=progress):
        if not batch.first.size:
            continue
        pairs += len(batch.first)
        mirrored_pairs += int(batch.mirrored.sum())
        cropped_pairs += int(((batch.kind > 0) & ~batch.turned).sum())
        turned_pairs += int(batch.turned.sum())
        component = _merge(component, batch.first, batch.second)
        for here, there in ((batch.first, batch.second), (batch.second, batch.first)):
            np.logical_or.at(near, here, present[there])
            np.logical_or.at(plain, here[batch.plain], present[there[batch.plain]])
            order = np.argsort(batch.similarity, kind="stable")
            best.offer(here, there, batch, order)
            for number, own in enumerate(best_in):
                own.offer(here, there, batch, order[present[there[order], number]])
    nearest = [best.match(picture, distinct) for picture in range(len(distinct))]
    return Links(
        byte_groups=byte_groups,
        pixel_groups=pixel_groups,
        groups=_numbered([int(c) for c in component[pixel_groups]]) if count else pixel_groups,
        folds=folds,
        fold_of=fold_of,
        byte_folds=_folds_holding(byte_groups, fold_of, len(folds)),
        pixel_folds=present[pixel_groups],
        near_folds=near[pixel_groups],
        plain_folds=plain[pixel_groups],
        nearest=tuple(nearest[g] for g in pixel_groups),
        across=_across(best_in, pixel_groups, fold_of, len(distinct)),
        pairs=pairs,
        mirrored_pairs=mirrored_pairs,
        cropped_pairs=cropped_pairs,
        turned_pairs=turned_pairs,
    )


class _Best:
    """The most similar partner met so far of every distinct picture."""

    def __init__(self, count: int) -> None:
        self.partner = np.full(count, -1)
        self.similarity = np.zeros(count, np.float32)
        self.kind = np.zeros(count, np.int8)
        self.mirrored = np.zeros(count, bool)
        self.turned = np.zeros(count, bool)

    def offer(
        self, here: np.ndarray, there: np.ndarray, batch: NearPairs, order: np.ndarray
    ) -> None:
        """Take the pairs of a batch named by ``order``, least similar first, where better."""
        order = order[batch.similarity[order] > self.similarity[here[order]]]
        # Assignment keeps the last of repeated positions: the most similar.
        self.partner[here[order]] = there[order]
        self.similarity[here[order]] = batch.similarity[order]
        self.kind[here[order]] = batch.kind[order]
        self.mirrored[here[order]] = batch.mirrored[order]
        self.turned[here[order]] = batch.turned[order]

    def match(self, picture: int, places: np.ndarray) -> Nearest | None:
        """Return the partner, at its position in the survey, or ``None`` without one."""
        partner = self.partner[picture]
        if partner < 0:
            return None
        return Nearest(
            int(places[partner]),
            min(1.0, float(self.similarity[picture])),
            KINDS[self.kind[picture]],
            bool(self.mirrored[picture]),
            bool(self.turned[picture]),
        )


def _across(
    best_in: Sequence[_Best], pixel_groups: np.ndarray, fold_of: np.ndarray, pictures: int
) -> tuple[Nearest | None, ...]:
    """Return for each image its best match among the images of the other folds."""
    count = len(best_in)
    # Where each distinct picture first turns up in each fold.
    places = np.full((count, pictures), -1)
    for number in range(count):
        # Backwards, so that the first image of a picture is what is left standing.
        own = np.flatnonzero(fold_of == number)[::-1]
        places[number, pixel_groups[own]] = own
    known: dict[tuple[int, int], Nearest | None] = {}
    for picture, fold in zip(pixel_groups.tolist(), fold_of.tolist(), strict=True):
        if (picture, fold) in known:
            continue
        found = None
        if fold >= 0:
            others = (number for number in range(count) if number != fold)
            chosen = max(others, key=lambda n: float(best_in[n].similarity[picture]), default=None)
            found = None if chosen is None else best_in[chosen].match(picture, places[chosen])
        known[picture, fold] = found
    return tuple(known[key] for key in zip(pixel_groups.tolist(), fold_of.tolist(), strict=True))


def united(groups: np.ndarray, names: Sequence[str | None]) -> np.ndarray:
    """Join groups of near-duplicates that share a given group, such as a patient.

    Parameters
    ----------
    groups
        ``(n,)`` integers.
    names
        Given group of each image, or ``None``.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64: equal for images linked by either, directly or over others.
    """
    first: dict[str, int] = {}
    pairs = [
        (first.setdefault(name, int(group)), int(group))
        for group, name in zip(groups, names, strict=True)
        if name
    ]
    if not pairs:
        return groups
    links = np.asarray(pairs)
    component = _merge(np.arange(int(groups.max()) + 1), links[:, 0], links[:, 1])
    return _numbered([int(number) for number in component[groups]])


def _numbered(keys: Sequence[Hashable]) -> np.ndarray:
    """Number keys in order of their first appearance: ``(n,)`` int64."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _merge(component: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Join components that new pairs connect; the numbers stay below ``len(component)``."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(component)
    ends = (component[first], component[second])
    graph = coo_matrix((np.ones(len(first), np.int8), ends), shape=(size, size))
    merged: np.ndarray = connected_components(graph, directed=False)[1]
    return merged[component]


def _folds_holding(groups: np.ndarray, fold_of: np.ndarray, folds: int) -> np.ndarray:
    """Return for each image which folds hold a member of its group: ``(n, folds)`` bool."""
    held = np.zeros((int(groups.max()) + 1 if len(groups) else 0, folds), bool)
    known = fold_of >= 0
    held[groups[known], fold_of[known]] = True
    return held[groups]
