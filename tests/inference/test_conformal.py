"""Conformal quantiles worked by hand, and the promise kept in simulation."""

import numpy as np
import pytest

from brainscan.inference.conformal import (
    conformal_edge,
    conformal_quantile,
    type_quantiles,
    type_set,
)


def test_quantile_of_equal_weights_is_the_textbook_one() -> None:
    scores = np.array([0.4, 0.1, 0.3, 0.2, 0.9, 0.5, 0.6, 0.8, 0.7])  # n = 9
    ones = np.ones(9)
    assert conformal_quantile(scores, ones, 0.8) == 0.8  # ceil(0.8 * 10) = 8th smallest
    assert conformal_quantile(scores, ones, 0.75) == 0.8  # ceil(7.5) = 8
    assert conformal_quantile(scores, ones, 0.9) == 0.9  # ceil(9) = 9th, the largest
    assert conformal_quantile(scores, ones, 0.91) == np.inf  # the 10th of nine
    assert conformal_quantile(scores, 7 * ones, 0.8) == 0.8  # only ratios of weights matter


def test_weights_and_the_heaviest_slice_by_hand() -> None:
    # Weights 1, 1, 4 of the sorted scores; the new slice counts 4 like the heaviest: total 10.
    scores, weights = np.array([3.0, 1.0, 2.0]), np.array([4.0, 1.0, 1.0])
    assert conformal_quantile(scores, weights, 0.1) == 1.0
    assert conformal_quantile(scores, weights, 0.2) == 2.0
    assert conformal_quantile(scores, weights, 0.21) == 3.0
    assert conformal_quantile(scores, weights, 0.6) == 3.0
    assert conformal_quantile(scores, weights, 0.61) == np.inf
    assert conformal_quantile(np.array([]), np.array([]), 0.5) == np.inf


def test_edge_without_enough_slices_is_the_lowest_and_no_promise() -> None:
    values = np.linspace(0.1, 0.9, 19)
    # With 19 slices 95 % is just possible: ceil(0.95 * 20) = 19.
    assert conformal_edge(values, np.ones(19), 0.95) == (pytest.approx(0.1), True)
    assert conformal_edge(values, np.ones(19), 0.96) == (pytest.approx(0.1), False)
    assert conformal_edge(values, np.ones(19), 0.9) == (pytest.approx(values[1]), True)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_promise_holds_for_exchangeable_slices(level: float) -> None:
    rng = np.random.default_rng(7)
    draws = 4000
    kept = 0
    for _ in range(draws):
        values = rng.beta(4, 1, size=61)
        edge, promised = conformal_edge(values[:60], np.ones(60), level)
        assert promised
        kept += values[60] >= edge
    error = 3 * np.sqrt(level * (1 - level) / draws)
    assert level - error <= kept / draws <= level + 1 / 61 + error


def test_promise_holds_in_the_mixture_that_the_weights_stand_for() -> None:
    # A large easy source and a small hard one, which count alike.
    rng = np.random.default_rng(8)
    weights = np.concatenate([np.full(200, 0.5 / 200), np.full(60, 0.5 / 60)])
    kept = []
    for _ in range(2000):
        values = np.concatenate([rng.beta(9, 1, 200), rng.beta(2, 1, 60)])
        edge, _ = conformal_edge(values, weights, 0.9)
        kept.append(0.5 * (1 - edge**9) + 0.5 * (1 - edge**2))  # exact, from the beta(a, 1) CDF
    assert np.mean(kept) >= 0.9 - 3 * np.std(kept) / np.sqrt(len(kept))


def test_a_higher_level_never_raises_the_edge() -> None:
    rng = np.random.default_rng(9)
    values, weights = rng.random(200), rng.random(200)
    edges = [conformal_edge(values, weights, level)[0] for level in np.linspace(0.5, 0.999, 60)]
    assert edges == sorted(edges, reverse=True)


def test_type_quantiles_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.1, 0.9]])
    truth = np.array([0, 0, 0, 1, 1])
    # Scores of type 0: 0.1, 0.2, 0.7, the ceil(0.5 * 4) = 2nd is 0.2; of type 1: 0.4, 0.1,
    # the ceil(0.5 * 3) = 2nd is 0.4.
    found = type_quantiles(probabilities, truth, 0.5)
    assert found is not None
    assert found.tolist() == pytest.approx([0.2, 0.4])
    assert type_quantiles(probabilities, truth, 0.7) is None  # the 3rd of two


def test_type_sets_by_hand() -> None:
    quantiles = {"glioma": 0.6, "meningioma": 0.8, "pituitary": 0.2}
    shares = {"glioma": 0.3, "meningioma": 0.25, "pituitary": 0.45}
    # Meningioma needs 0.2 and has it; glioma needs 0.4; pituitary needs 0.8 but is first.
    assert type_set(shares, quantiles) == ("pituitary", "meningioma")
    assert type_set(shares, None) == ("pituitary",)
    assert type_set({}, quantiles) == ()


def test_type_sets_keep_their_promise_to_every_type() -> None:
    rng = np.random.default_rng(10)
    names = ("a", "b", "c")
    held = np.zeros((3, 2))
    for _ in range(300):
        truth = np.repeat([0, 1, 2], (40, 40, 40))
        logits = rng.normal(size=(120, 3)) + 1.5 * np.eye(3)[truth]
        shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        fit = np.arange(120) % 40 < 30
        quantiles = type_quantiles(shares[fit], truth[fit], 0.9)
        assert quantiles is not None
        known = dict(zip(names, quantiles, strict=True))
        for row, kind in zip(shares[~fit], truth[~fit], strict=True):
            held[kind] += [names[kind] in type_set(dict(zip(names, row, strict=True)), known), 1]
    assert (held[:, 0] / held[:, 1] > 0.9 - 0.02).all()
