"""Pointing game and energy, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.explain.pointing import (
    center_prior,
    chance,
    energy_inside,
    head_of,
    points_inside,
    widened,
)


def square(top: int, left: int, side: int = 4, size: int = 20) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def peak(row: int, col: int, size: int = 20) -> np.ndarray:
    heat = np.zeros((size, size), np.float32)
    heat[row, col] = 0.3
    return heat


def test_the_maximum_is_inside_or_not() -> None:
    mask = square(5, 5)
    assert points_inside(peak(5, 8), mask) and not points_inside(peak(5, 9), mask)
    assert not points_inside(np.zeros((20, 20), np.float32), mask)


@pytest.mark.parametrize(("tolerance", "inside"), [(4, False), (5, True)])
def test_tolerance_is_a_distance_in_pixels(tolerance: int, inside: bool) -> None:
    # From the corner (8, 8) three rows down and four columns across are five pixels.
    assert points_inside(peak(11, 12), square(5, 5), tolerance) is inside


def test_widened_by_one_is_the_mask_and_its_four_neighbours() -> None:
    assert np.count_nonzero(widened(square(5, 5), 1)) == 16 + 4 * 4
    nothing = np.zeros((20, 20), bool)
    assert not widened(nothing, 3).any()


def test_energy_is_the_share_of_the_sum() -> None:
    heat = peak(6, 6) + 2 * peak(15, 15) + peak(0, 0)
    assert energy_inside(heat, square(5, 5)) == pytest.approx(0.25)
    assert energy_inside(np.zeros((20, 20)), square(5, 5)) == 0.0


def test_chance_is_the_masks_share_of_the_head() -> None:
    head = square(0, 0, 8)
    assert chance(head, square(6, 6, 4)) == pytest.approx(4 / 64)
    assert chance(np.zeros_like(head), head) == 0.0
    assert energy_inside(head.astype(np.float32), square(6, 6, 4)) == chance(head, square(6, 6, 4))


def test_the_centre_prior_knows_the_head_alone() -> None:
    head = np.zeros((20, 20), bool)
    head[2:13, 6:17] = True  # centre (7, 11)
    prior = center_prior(head)
    assert np.unravel_index(prior.argmax(), prior.shape) == (7, 11)
    assert prior.max() == 1 and not prior[~head].any()
    # A quarter of the box of 11 pixels is one standard deviation.
    assert prior[7, 6] == pytest.approx(np.exp(-((5 / 2.75) ** 2) / 2))
    assert not center_prior(np.zeros((20, 20), bool)).any()


def test_the_head_is_what_is_not_black() -> None:
    assert head_of(np.array([[0, 1], [255, 0]], np.uint8)).tolist() == [
        [False, True],
        [True, False],
    ]
