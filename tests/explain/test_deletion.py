"""Deletion and insertion, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.explain.deletion import (
    SHARES,
    blurred,
    mean_height,
    random_map,
    removal_order,
    stages,
)


@pytest.fixture
def head() -> np.ndarray:
    inside = np.zeros((40, 40), bool)
    inside[5:35, 10:30] = True  # 600 pixels
    return inside


def test_blurring_keeps_the_head_and_hides_what_is_in_it(head: np.ndarray) -> None:
    even = np.where(head, 80, 0).astype(np.uint8)
    assert (blurred(even, head) == even).all()  # the black outside is not mixed in
    spot = even.copy()
    spot[18:22, 18:22] = 250
    hidden = blurred(spot, head)
    assert hidden[20, 20] < 100 and not hidden[~head].any()
    faint = head.astype(np.uint8)
    faint[10:30] = 0
    assert (blurred(faint, head) > 0).tolist() == head.tolist()


def test_pixels_go_in_the_order_of_the_map_and_ties_at_random(head: np.ndarray) -> None:
    heat = np.zeros((40, 40), np.float32)
    heat[20, 15], heat[9, 11], heat[0, 0] = 0.5, 0.9, 1.0  # the last is not in the head
    order = removal_order(heat, head, np.random.default_rng(1))
    assert order[:2].tolist() == [9 * 40 + 11, 20 * 40 + 15]
    assert sorted(order) == np.flatnonzero(head).tolist()
    rows = order[2:102] // 40
    assert rows.min() < 10 and rows.max() > 29  # not from the top
    assert (order == removal_order(heat, head, np.random.default_rng(1))).all()


def test_stages_move_the_shares_one_way_and_the_other(head: np.ndarray) -> None:
    image, empty = np.where(head, 200, 0).astype(np.uint8), np.where(head, 50, 0).astype(np.uint8)
    order = removal_order(np.zeros((40, 40)), head, np.random.default_rng(2))
    deleted, inserted = stages(image, empty, order)
    assert [int((one == 50).sum()) for one in deleted] == [3, 6, 12, 24, 42, 60, 90, 120]
    assert [int((one == 200).sum()) for one in inserted] == [3, 6, 12, 24, 42, 60, 90, 120]
    assert (deleted[0].ravel()[order[:3]] == 50).all()
    assert (image[head] == 200).all() and (empty[head] == 50).all()


def test_mean_height_of_known_curves() -> None:
    shares = np.array(SHARES)
    assert mean_height(0.7, np.full(len(SHARES) - 1, 0.7)) == pytest.approx(0.7)
    assert mean_height(1.0, 1 - shares[1:] / 0.2) == pytest.approx(0.5)
    # All gone with the first pixels: one narrow triangle of height one.
    assert mean_height(1.0, np.zeros(len(SHARES) - 1)) == pytest.approx(0.005 / 2 / 0.2)


def test_noise_is_as_coarse_as_a_map() -> None:
    noise = random_map(64, 8, np.random.default_rng(3))
    assert noise.shape == (64, 64) and 0 <= noise.min() < 0.2 and 0.8 < noise.max() <= 1
    # Neighbours within a cell of eight pixels differ by at most an eighth of the range.
    assert np.abs(np.diff(noise, axis=0)).max() <= 1 / 8 + 1e-6
