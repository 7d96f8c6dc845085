"""Near-duplicate search: the planted pairs, all of them, and nothing else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from brainscan.data import duplicates
from brainscan.data.duplicates import CROPS, KINDS, SIMILARITY, near_pairs
from brainscan.data.thumbnails import TURNS, mirrored, signatures, thumbnails, turned
from tests.data.pictures import cropped, picture, recompressed

Stack = tuple[np.ndarray, np.ndarray]


def _stack(pictures: list[np.ndarray]) -> Stack:
    pairs = [thumbnails(np.ascontiguousarray(pixels)) for pixels in pictures]
    return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])


def _found(stack: Stack, threshold: float = SIMILARITY) -> dict[tuple[int, int], tuple]:
    result: dict[tuple[int, int], tuple] = {}
    for batch in near_pairs(*stack, threshold=threshold):
        columns = (batch.first, batch.second, batch.similarity, batch.kind, batch.mirrored)
        for first, second, similarity, kind, flipped, way in zip(
            *columns, batch.turned, strict=True
        ):
            assert (first, second) not in result
            assert not (flipped and way)
            how = "turned" if way else "mirrored" if flipped else ""
            result[int(first), int(second)] = (float(similarity), KINDS[kind], how)
    return result


def _brute_force(stack: Stack) -> np.ndarray:
    """Highest similarity of every pair, straight from the definition."""
    whole, head = stack
    plain = [signatures(whole), signatures(head), *(signatures(whole, c) for c in CROPS)]
    best = np.full((len(whole), len(whole)), -1.0, np.float32)
    for vectors in (plain[0], mirrored(plain[0])):
        for view in plain:
            best = np.maximum(best, np.maximum(vectors @ view.T, (vectors @ view.T).T))
    for vectors in (plain[1], mirrored(plain[1])):
        best = np.maximum(best, vectors @ plain[1].T)
    for pictures in (whole, head):
        upright = signatures(pictures)
        for way in _turned(pictures):
            best = np.maximum(best, upright @ signatures(np.ascontiguousarray(way)).T)
    return best


def _turned(pictures: np.ndarray) -> list[np.ndarray]:
    """The six ways that are neither upright nor mirrored left to right, by NumPy's own words."""
    turns = [np.rot90(pictures, k, axes=(1, 2)) for k in (1, 2, 3)]
    return [*turns, *(np.flip(one, axis=2) for one in turns)]


def test_each_kind_of_copy_is_named() -> None:
    original = picture(10)
    copies = [
        original,
        recompressed(original),
        original[:, ::-1],
        cropped(original, 0.2),
        cropped(original, 0.1)[:, ::-1],
        np.pad(original, ((50, 50), (20, 90))),
        picture(11),
    ]
    found = _found(_stack(copies))
    assert found[0, 1][1:] == ("whole", "")
    assert found[0, 2][1:] == ("whole", "mirrored")
    assert found[0, 3][1:] == ("crop", "")
    assert found[0, 4][1:] in {("head", "mirrored"), ("crop", "mirrored")}
    assert found[0, 5][1:] == ("head", "")
    assert not any(6 in pair for pair in found)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_copies_are_found_however_they_are_turned(quarters: int, flip: bool) -> None:
    original = picture(12)
    copy = recompressed(np.ascontiguousarray(np.rot90(original, quarters)))
    framed = np.pad(copy, ((50, 50), (20, 90)))
    copy, framed = (one[:, ::-1] if flip else one for one in (copy, framed))
    found = _found(_stack([original, copy, framed, picture(11)]))
    expected = "turned" if quarters else "mirrored" if flip else ""
    assert found[0, 1][1:] == ("whole", expected)
    assert found[0, 2][1:] == ("head", expected)
    assert found[1, 2][1:] == ("head", "")  # of one another they are only framed
    assert not any(3 in pair for pair in found)


def test_turned_signatures_are_those_of_the_turned_pictures() -> None:
    whole, _ = _stack([picture(1), picture(2)])
    expected = [signatures(np.ascontiguousarray(way)) for way in _turned(whole)]
    found = turned(signatures(whole))
    assert len(found) == len(expected) == TURNS
    for vectors in expected:
        assert any(np.allclose(vectors, way, atol=1e-5) for way in found)


@pytest.mark.parametrize("block", [3, 7, 512])
def test_search_equals_brute_force(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK", block)
    pictures = [picture(seed) for seed in range(9)]
    pictures += [recompressed(pictures[0]), pictures[1][:, ::-1], cropped(pictures[8], 0.15)]
    pictures += [np.rot90(pictures[2]), pictures[3][::-1], np.rot90(pictures[4], 3)[:, ::-1]]
    stack = _stack(pictures)
    best = _brute_force(stack)
    for threshold in (0.6, 0.75, SIMILARITY):
        expected = {
            pair for pair in combinations(range(len(pictures)), 2) if best[pair] >= threshold
        }
        assert set(_found(stack, threshold)) == expected


def test_few_components_screen_without_losing_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_COMPONENTS", 3)
    stack = _stack([picture(seed) for seed in range(6)] + [recompressed(picture(4), 30)])
    assert list(_found(stack)) == [(4, 6)]


def test_similarity_is_the_correlation() -> None:
    stack = _stack([picture(20), recompressed(picture(20), 20)])
    similarity, _, _ = _found(stack)[0, 1]
    assert similarity == pytest.approx(float(_brute_force(stack)[0, 1]), abs=1e-5)


def test_blank_pictures_do_not_match() -> None:
    blank = np.zeros((40, 40), np.uint8)
    assert _found(_stack([blank, blank + 9, picture(21)])) == {}


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_have_no_pairs(count: int) -> None:
    stack = _stack([picture(22)])
    assert _found((stack[0][:count], stack[1][:count])) == {}


def test_progress_counts_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_BLOCK", 2)
    calls: list[tuple[int, int]] = []
    stack = _stack([picture(seed) for seed in range(5)])
    list(near_pairs(*stack, progress=lambda done, total: calls.append((done, total))))
    assert calls == [(done, 6) for done in range(1, 7)]
