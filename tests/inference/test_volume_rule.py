"""The rule for volumes: values by hand, its points, and releases without one."""

from __future__ import annotations

import pytest

from brainscan.errors import ModelUnavailable
from brainscan.inference.slice_score import SliceScore, key_slices, mean_types
from brainscan.inference.volume_rule import RuleKind, VolumeRule
from tests.inference.fake_network import RULE, fake_release

SLICES = [0.1, 0.9, 0.2, 0.8, 0.7, 0.6, 0.0, 0.4, 0.3, 0.5]


@pytest.mark.parametrize(
    ("kind", "share", "value"),
    [
        ("maximum", 1.0, 0.9),
        ("top_mean", 0.1, 0.9),
        ("top_mean", 0.3, (0.9 + 0.8 + 0.7) / 3),
        ("top_mean", 1.0, 0.45),
        ("run_mean", 0.1, 0.9),
        ("run_mean", 0.2, (0.8 + 0.7) / 2),
        ("run_mean", 0.3, (0.8 + 0.7 + 0.6) / 3),
        ("run_mean", 0.5, (0.9 + 0.2 + 0.8 + 0.7 + 0.6) / 5),
        ("run_mean", 1.0, 0.45),
        ("run_mean", 0.01, 0.9),
    ],
)
def test_values_by_hand(kind: RuleKind, share: float, value: float) -> None:
    assert VolumeRule(kind, share, ()).value(SLICES) == pytest.approx(value)
    assert VolumeRule(kind, share, ()).value(SLICES[::-1]) == pytest.approx(value)


def test_a_part_is_averaged_over_as_many_slices_as_the_whole() -> None:
    rule = VolumeRule("run_mean", 0.2, ())
    assert rule.value(SLICES, of=20) == pytest.approx((0.9 + 0.2 + 0.8 + 0.7) / 4)
    assert rule.value([0.3, 0.5], of=20) == pytest.approx(0.4)  # all there is
    assert rule.value([0.25]) == 0.25


def test_the_value_stays_between_the_slices_own() -> None:
    for share in (0.1, 0.37, 1.0):
        assert VolumeRule("run_mean", share, ()).value([1.0] * 9) == 1.0
        assert VolumeRule("run_mean", share, ()).value([0.0] * 9) == 0.0


def test_the_rule_in_words() -> None:
    assert "over 3 neighbouring slices of 20" in VolumeRule("run_mean", 0.15, ()).sentence(20)
    assert "the 3 highest" in VolumeRule("top_mean", 0.15, ()).sentence(20)
    assert "The highest" in VolumeRule("run_mean", 0.15, ()).sentence(4)


def test_manifest_and_back() -> None:
    rule = VolumeRule.of(fake_release())
    assert (rule.kind, rule.share, rule.fitted) == ("run_mean", 0.2, True)
    assert VolumeRule.from_json(rule.to_json()) == rule
    assert rule.operating_point().sensitivity == 0.95
    assert rule.operating_point(0.8).threshold == 0.8
    with pytest.raises(ModelUnavailable, match=r"sensitivity of 0\.7. Offered: 0\.8, 0\.95, 0\.99"):
        rule.operating_point(0.7)


def test_a_rule_of_the_future_is_refused_in_words() -> None:
    release = fake_release(volume_rule={**RULE, "kind": "median"})
    with pytest.raises(ModelUnavailable, match="'median', which this version"):
        VolumeRule.of(release)


def test_a_release_without_rule_or_points_uses_its_one_threshold() -> None:
    rule = VolumeRule.of(fake_release(volume_rule=None, operating_points=[]))
    assert (rule.kind, rule.fitted) == ("maximum", False)
    assert rule.operating_point().threshold == 0.5
    assert rule.operating_point().band == (0.5, 0.7)


def test_key_slices_keep_their_distance() -> None:
    slices = [SliceScore(i, "scored", p) for i, p in enumerate(SLICES)]
    slices[1] = SliceScore(1, "no_brain")
    assert key_slices(slices, spacing=8.0) == (3, 5, 9, 7, 0)
    assert key_slices(slices, spacing=2.0) == (3, 9)


def test_types_weigh_by_how_much_a_slice_speaks_for_tumor() -> None:
    slices = [
        SliceScore(0, "scored", 0.9, type_probabilities={"a": 1.0, "b": 0.0}),
        SliceScore(1, "scored", 0.3, type_probabilities={"a": 0.0, "b": 1.0}),
    ]
    assert mean_types(slices) == pytest.approx({"a": 0.75, "b": 0.25})
    assert mean_types([SliceScore(0, "scored", 0.0)]) == {}
