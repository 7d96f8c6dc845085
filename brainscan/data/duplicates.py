"""Pairs of slices that are the same picture: copies, mirrored, cropped, turned, compressed again.

Two pictures are near-duplicates when the correlation of their detail (see
:mod:`brainscan.data.thumbnails`) reaches :data:`SIMILARITY` for the whole picture, for the
head alone, or for one of them cropped by up to 30 %, each also mirrored left to right; or for the
whole picture or the head turned by quarter turns or upside down, as augmented sets hold them.

Every pair is compared. So that thousands of images take seconds and memory grows with their
number only, pairs are first screened in blocks with matrix products of a few leading principal
components. With the parts left out of length ``r`` and ``s``, the full correlation is at most
``p . q + r s`` (Cauchy-Schwarz): what the screening rules out cannot be a match, and the rest is
computed in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from brainscan.data.thumbnails import LENGTH, mirrored, signatures, turned

SIMILARITY = 0.92
"""Correlation of detail from which two pictures count as copies."""

CROPS = tuple(step / 40 for step in range(1, 13))
"""Shares cut off when one picture is looked for inside the other: 2.5 % to 30 %."""

KINDS = ("whole", "head", "crop")
"""How a pair was recognised."""

_WHOLE, _HEAD = 0, 1
_VIEWS = 2 + len(CROPS)
_BLOCK = 512
_COMPONENTS = 255
_SAMPLE = 3000
_ROUNDING = 1e-3
_CHUNK = 1024
_SIMPLER = 0.01  # a simpler kind of match is named when it is no more than this behind

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Some of the pairs found; ``first < second`` are positions in the given pictures.

    Attributes
    ----------
    first, second
        ``(n,)`` int64.
    similarity
        ``(n,)`` float32, the correlation in the best kind of match.
    kind
        ``(n,)`` int8, index into :data:`KINDS`.
    mirrored
        ``(n,)`` bool, whether one had to be mirrored left to right and not turned.
    turned
        ``(n,)`` bool, whether one had to be turned or flipped otherwise.
    plain
        ``(n,)`` bool, whether they also match whole and as they are.
    """

    first: np.ndarray
    second: np.ndarray
    similarity: np.ndarray
    kind: np.ndarray
    mirrored: np.ndarray
    turned: np.ndarray
    plain: np.ndarray


def near_pairs(
    whole: np.ndarray,
    head: np.ndarray,
    *,
    threshold: float = SIMILARITY,
    progress: Progress | None = None,
) -> Iterator[NearPairs]:
    """Find all near-duplicate pairs, a block of pictures against another at a time.

    Parameters
    ----------
    whole, head
        ``(n, THUMBNAIL, THUMBNAIL)`` uint8, from :func:`brainscan.data.thumbnails.thumbnails`.
    threshold
        Correlation in (0, 1] from which a pair counts.
    progress
        Called with pairs of blocks done and in all.

    Yields
    ------
    NearPairs
        Every pair once over the whole iteration. Memory does not depend on how many there are.
    """
    search = _Search(whole, head, threshold)
    starts = range(0, len(whole), _BLOCK)
    total = len(starts) * (len(starts) + 1) // 2
    done = 0
    for rows in starts:
        search.turn(_span(rows, len(whole)))
        for cols in starts[rows // _BLOCK :]:
            yield search.block(_span(rows, len(whole)), _span(cols, len(whole)))
            done += 1
            if progress is not None:
                progress(done, total)


class _Search:
    """The views of all pictures, and their comparison block by block."""

    def __init__(self, whole: np.ndarray, head: np.ndarray, threshold: float) -> None:
        self._pictures = (whole, head)
        self._threshold = threshold
        self._basis = _principal(whole)
        columns = self._basis.shape[1] + 1
        self._views = np.empty((_VIEWS, len(whole), columns), np.float32)
        self._mirrored = np.empty((2, len(whole), columns), np.float32)
        # A part at a time: signatures are four times the size of what is kept of them.
        for start in range(0, len(whole), _CHUNK):
            part = slice(start, start + _CHUNK)
            for view in range(_VIEWS):
                vectors = self._signatures(view, part)
                self._views[view, part] = self._project(vectors)
                if view in (_WHOLE, _HEAD):
                    self._mirrored[view, part] = self._project(mirrored(vectors))

    def turn(self, rows: np.ndarray) -> None:
        """Turn the pictures that come as rows next; kept for all, they would double the memory."""
        self._turned = [
            np.stack([self._project(way) for way in turned(self._signatures(view, rows))])
            for view in (_WHOLE, _HEAD)
        ]

    def block(self, rows: np.ndarray, cols: np.ndarray) -> NearPairs:
        """Compare the pictures turned last with others (or with themselves)."""
        everything = np.arange(_VIEWS)
        parts = [
            self._match(rows, cols, _WHOLE, everything),
            self._match(cols, rows, _WHOLE, everything[1:]),
            self._match(rows, cols, _HEAD, everything[1:2]),
            self._match_turned(rows, cols, _WHOLE),
            self._match_turned(rows, cols, _HEAD),
        ]
        first, second, similarity, view, flipped, way = (
            np.concatenate(columns) for columns in zip(*parts, strict=True)
        )
        first, second = np.minimum(first, second), np.maximum(first, second)
        kind = np.minimum(view, len(KINDS) - 1).astype(np.int8)
        harder = kind + len(KINDS) * way
        order = np.lexsort((_SIMPLER * harder - similarity, second, first))
        first, second = first[order], second[order]
        new = np.ones(len(order), bool)
        new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
        kept = order[new]
        first, second = first[new], second[new]
        # The search stops at the first view that matches, which need not be the plainest.
        plain = (kind[kept] == _WHOLE) & ~flipped[kept] & ~way[kept]
        other = np.flatnonzero(~plain)
        straight = np.zeros(len(other), bool)
        same = self._exact(first[other], _WHOLE, straight, second[other], np.zeros_like(other))
        plain[other] = same >= self._threshold
        return NearPairs(
            first, second, similarity[kept], kind[kept], flipped[kept], way[kept], plain
        )

    def _match(
        self, rows: np.ndarray, cols: np.ndarray, row_view: int, col_views: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Match one view of some pictures, plain and mirrored, with views of others."""
        left = np.concatenate([self._views[row_view, rows], self._mirrored[row_view, rows]])
        right = self._views[col_views][:, cols].reshape(len(col_views) * len(cols), -1)
        bounds = (left @ right.T).reshape(2, len(rows), len(col_views), len(cols))
        possible = bounds.max(axis=(0, 2)) >= self._threshold - _ROUNDING
        if rows[0] == cols[0]:
            # Within a block every pair turns up twice; both orders matter for crops only.
            keep = np.triu if row_view == _HEAD or len(col_views) == _VIEWS else np.tril
            possible = keep(possible, 1 if keep is np.triu else -1)
        r, c = np.nonzero(possible)
        entries = bounds[:, r, :, c].reshape(len(r), 2 * len(col_views))
        order = np.argsort(-entries, axis=1)
        best = np.zeros(len(r), np.float32)
        choice = np.zeros(len(r), np.int64)
        for rank in range(entries.shape[1]):
            column = order[:, rank]
            bound = np.take_along_axis(entries, column[:, None], axis=1)[:, 0]
            live = np.flatnonzero((best < self._threshold) & (bound >= self._threshold - _ROUNDING))
            if not live.size:
                break
            flipped, view = np.divmod(column[live], len(col_views))
            exact = self._exact(
                rows[r[live]], row_view, flipped > 0, cols[c[live]], col_views[view]
            )
            better = exact > best[live]
            best[live[better]] = exact[better]
            choice[live[better]] = column[live[better]]
        found = best >= self._threshold
        flipped, view = np.divmod(choice[found], len(col_views))
        views = np.maximum(col_views[view], row_view)
        whole = np.zeros(len(views), bool)
        return rows[r[found]], cols[c[found]], best[found], views, flipped > 0, whole

    def _match_turned(
        self, rows: np.ndarray, cols: np.ndarray, view: int
    ) -> tuple[np.ndarray, ...]:
        """Match one view of some pictures, turned and flipped, with the same view of others."""
        bounds = (self._turned[view] @ self._views[view, cols].T).max(axis=0)
        possible = bounds >= self._threshold - _ROUNDING
        if rows[0] == cols[0]:
            possible = np.triu(possible, 1)
        r, c = np.nonzero(possible)
        best = np.empty(len(r), np.float32)
        for start in range(0, len(r), _CHUNK):
            part = slice(start, start + _CHUNK)
            ways = turned(self._signatures(view, rows[r[part]]))
            others = self._signatures(view, cols[c[part]])
            best[part] = np.einsum("tij,ij->ti", ways, others).max(axis=0)
        found = best >= self._threshold
        count = int(found.sum())
        views, way = np.full(count, view), np.ones(count, bool)
        return rows[r[found]], cols[c[found]], best[found], views, ~way, way

    def _exact(
        self,
        rows: np.ndarray,
        row_view: int,
        flipped: np.ndarray,
        cols: np.ndarray,
        views: np.ndarray,
    ) -> np.ndarray:
        """Full correlation of each ``rows[i]`` with view ``views[i]`` of ``cols[i]``."""
        result = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            left = self._signatures(row_view, rows[part])
            left = np.where(flipped[part, None], mirrored(left), left)
            right = np.empty_like(left)
            for view in np.unique(views[part]):
                chosen = views[part] == view
                right[chosen] = self._signatures(int(view), cols[part][chosen])
            result[part] = np.einsum("ij,ij->i", left, right)
        return result

    def _signatures(self, view: int, which: np.ndarray | slice = slice(None)) -> np.ndarray:
        picture = self._pictures[_HEAD if view == _HEAD else _WHOLE][which]
        return signatures(picture, 0.0 if view < 2 else CROPS[view - 2])

    def _project(self, vectors: np.ndarray) -> np.ndarray:
        """Return leading components and, last, the length of what they leave out."""
        inside = vectors @ self._basis
        left_out = np.square(vectors).sum(axis=1) - np.square(inside).sum(axis=1)
        left_out = np.clip(left_out, 0.0, None)
        return np.column_stack([inside, np.sqrt(left_out)]).astype(np.float32)


def _principal(pictures: np.ndarray) -> np.ndarray:
    """Orthonormal columns ``(LENGTH, components)`` that carry most of the signatures."""
    step = max(1, len(pictures) // _SAMPLE)
    sample = signatures(pictures[::step])
    sample = np.concatenate([sample, mirrored(sample)])
    if len(sample) < LENGTH:
        basis = np.linalg.svd(sample, full_matrices=False)[2][:_COMPONENTS].T
    else:
        basis = np.linalg.eigh(sample.T @ sample)[1][:, LENGTH - _COMPONENTS :]
    return np.ascontiguousarray(basis, np.float32)


def _span(start: int, total: int) -> np.ndarray:
    return np.arange(start, min(start + _BLOCK, total))
