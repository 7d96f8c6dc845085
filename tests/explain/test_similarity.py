"""Rank correlation of maps, against SciPy's, and samples spread over patients."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from brainscan.explain.sample import spread_sample
from brainscan.explain.similarity import head_cells, rank_correlation


def test_rank_correlation_is_spearmans() -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(size=(2, 12, 12))
    other = np.round(other + one, 1)  # with ties
    where = generator.random((12, 12)) < 0.6
    expected = spearmanr(one[where], other[where]).statistic
    assert rank_correlation(one, other, where) == pytest.approx(expected)
    everywhere = np.ones((12, 12), bool)
    assert rank_correlation(one, np.exp(one), everywhere) == pytest.approx(1)
    assert rank_correlation(one, -one, everywhere) == pytest.approx(-1)


def test_maps_without_an_order_have_no_correlation() -> None:
    one = np.arange(9.0).reshape(3, 3)
    assert math.isnan(rank_correlation(one, np.ones((3, 3)), np.ones((3, 3), bool)))
    assert math.isnan(rank_correlation(one, one, np.zeros((3, 3), bool)))


def test_cells_of_the_head_are_those_it_half_fills() -> None:
    head = np.zeros((8, 8), bool)
    head[:3] = True
    assert head_cells(head, 2).tolist() == [[True, True], [False, False]]


def test_every_patient_before_a_second_slice_of_any() -> None:
    units = ["a"] * 10 + ["b"] * 2 + ["c"]
    drawn = spread_sample(units, 3, seed=5)
    assert sorted(units[i] for i in drawn) == ["a", "b", "c"]
    assert sorted(units[i] for i in spread_sample(units, 6, 5)) == ["a", "a", "a", "b", "b", "c"]
    assert spread_sample(units, 99, 5) == list(range(13))
    assert spread_sample(units, 3, 5) == drawn
    assert len({tuple(spread_sample(units, 3, seed)) for seed in range(8)}) > 3
    assert spread_sample(units, 0, 5) == []
