"""Wilson intervals against published and SciPy numbers; the bootstrap respects groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from brainscan.evaluation.intervals import (
    GroupBootstrap,
    proportion,
    resampling_units,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # R. G. Newcombe, Stat. Med. 17 (1998) 857-872, table I, score method
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_matches_the_published_table(successes, n, low, high):
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("n", [1, 2, 7, 50, 4000])
def test_wilson_matches_scipy(n):
    for successes in {0, 1, n // 3, n - 1, n}:
        expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
        assert wilson(successes, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_proportion_of_nothing_is_undefined_with_its_reason():
    estimate = proportion(0, 0, "No image is labelled glioma.")
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (None, None, None, 0)
    assert estimate.reason == "No image is labelled glioma."


def _mean_interval(values, units, **options):
    bootstrap = GroupBootstrap(units, **options)
    sums = np.stack([values, np.ones(len(values))], axis=1)
    samples = bootstrap.of_sums(sums, lambda s: s[:, 0] / s[:, 1])
    return bootstrap.estimate(float(np.mean(values)), samples)


def test_copies_in_the_same_group_do_not_shrink_the_interval():
    values = np.random.default_rng(0).normal(size=60)
    units = [f"patient {i}" for i in range(60)]
    once = _mean_interval(values, units)
    copied = _mean_interval(np.repeat(values, 10), np.repeat(units, 10).tolist())
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=1e-12)
    independent = _mean_interval(np.repeat(values, 10), list(range(600)))
    assert independent.high - independent.low < 0.5 * (once.high - once.low)


def test_interval_of_a_mean_agrees_with_theory():
    values = np.random.default_rng(1).normal(size=400)
    estimate = _mean_interval(values, list(range(400)), resamples=4000)
    half = 1.96 * values.std() / 20
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    values = np.random.default_rng(2).normal(size=50)
    first = _mean_interval(values, list(range(50)))
    assert first == _mean_interval(values, list(range(50)))
    assert first != _mean_interval(values, list(range(50)), seed=1)


def test_sums_and_weights_resample_alike():
    values = np.random.default_rng(4).normal(size=30)
    bootstrap = GroupBootstrap([i // 3 for i in range(30)])
    by_sums = bootstrap.of_sums(values[:, None], lambda sums: sums[:, 0])
    by_weights = bootstrap.of_weights(lambda weights: weights @ values)
    np.testing.assert_allclose(by_sums, by_weights, atol=1e-9)


def test_one_group_has_a_value_and_no_interval():
    estimate = _mean_interval(np.array([1.0, 3.0]), ["a", "a"])
    assert estimate.value == 2.0
    assert estimate.low is None
    assert "one group" in estimate.reason


def test_a_figure_defined_in_few_resamples_has_no_interval():
    bootstrap = GroupBootstrap(list(range(10)))
    samples = np.full(1000, np.nan)
    samples[:400] = 0.5
    estimate = bootstrap.estimate(0.5, samples)
    assert estimate.low is None
    assert "400 of 1000" in estimate.reason


def test_a_faultless_result_is_not_given_an_interval_without_width():
    estimate = _mean_interval(np.ones(20), list(range(20)))
    assert (estimate.value, estimate.low) == (1.0, None)
    assert "interval: every resample gives the same value" in estimate.reason


def test_ends_that_coincide_are_not_said_to_be_all_the_resamples():
    samples = np.ones(1000)
    samples[:20] = 0.5
    estimate = GroupBootstrap(list(range(10))).estimate(1.0, samples)
    assert estimate.low is None
    assert "nearly every resample gives the same value" in estimate.reason


def test_units_are_groups_and_single_images_where_groups_are_unknown():
    units, notes = resampling_units(
        ["p1", "p1", None, None, None], ["lgg"] * 2 + ["web"] * 3, ["a", "b", "c", "c", "d"]
    )
    assert units[0] != units[2]
    assert units[2] == units[3] != units[4]  # byte-identical copies are one unit
    assert len(notes) == 1  # lgg has a single group here


def test_a_group_is_the_datasets_whatever_the_sources():
    units, _ = resampling_units(["1", "2", "1", "3"], ["a", "a", "b", "b"], list("wxyz"))
    assert units[0] == units[2]
    assert len(set(units)) == 3
    units, _ = resampling_units(["1", "1", "1", "2"], ["a", "a", "b", "b"], list("wxyz"))
    assert units[0] == units[1] == units[2] != units[3]


def test_a_source_with_one_group_name_is_resampled_by_image_and_says_so():
    units, notes = resampling_units(["fold4"] * 3, ["figshare"] * 3, ["a", "b", "c"])
    assert len(set(units)) == 3
    assert "figshare" in notes[0]
    assert "too narrow" in notes[0]


def test_a_bootstrap_over_few_patients_says_that_it_is_too_narrow():
    patients = [f"p{number}" for number in range(9)]
    _, notes = resampling_units([*patients, "p1"], ["lgg"] * 10, list("abcdefghij"))
    assert notes[0] == (
        "10 images of lgg are of 9 groups (patients) only; a bootstrap over so few gives "
        "intervals that are too narrow."
    )


def test_several_images_of_a_patient_make_wilson_intervals_too_narrow_and_that_is_said():
    patients = [f"p{number}" for number in range(20)]
    _, notes = resampling_units([*patients, "p1"], ["lgg"] * 21, list("abcdefghijklmnopqrstu"))
    assert len(notes) == 1 and "Wilson" in notes[0]
    _, notes = resampling_units(["p1", "p2", None, None], ["lgg"] * 4, list("abcd"))
    assert notes == ()
