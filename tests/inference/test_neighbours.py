"""Outlines in a volume: weighted means over three slices, wherever each slice was cropped."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.imaging.geometry import Geometry
from brainscan.inference.neighbours import NEIGHBOUR, PEAK, heeding_neighbours
from brainscan.inference.segmentation import Segmentation, SegmentationRule
from brainscan.inference.volume import predict_volume
from tests.inference.fake_network import fake_classifier
from tests.inference.volumes import make_volume

SIDE = 16
WHOLE = Geometry(SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, SIDE)
RULE = SegmentationRule(threshold=0.4, peak=0.8)


def outline(value: float, geometry: Geometry = WHOLE) -> Segmentation:
    """The same probability on 6 x 6 pixels of the slice, once as it is and once mirrored."""
    slice_ = np.zeros((SIDE, SIDE), np.float32)
    slice_[5:11, 5:11] = value
    way = geometry.place(slice_)
    return Segmentation(np.stack([way, way / 2]), geometry, RULE)


def middle(found: Segmentation | None) -> list[float]:
    assert found is not None
    return [float(found.geometry.to_slice(way)[8, 8]) for way in found.ways]


def test_three_slices_are_weighted_and_an_end_counts_itself() -> None:
    found = heeding_neighbours([outline(value) for value in (0.5, 1.0, 0.0)], 0.2, 0.7)
    assert [middle(one) for one in found] == [
        pytest.approx([value, value / 2])
        for value in (
            0.8 * 0.5 + 0.2 * 1.0,
            0.2 * 0.5 + 0.6 * 1.0 + 0.2 * 0.0,
            0.2 * 1.0 + 0.8 * 0.0,
        )
    ]


def test_a_slice_that_was_not_read_is_not_made_up_and_counts_nowhere() -> None:
    first, none, last = heeding_neighbours([outline(1.0), None, outline(0.6)], 0.2, 0.7)
    assert none is None
    assert middle(first)[0] == pytest.approx(1.0) and middle(last)[0] == pytest.approx(0.6)
    assert heeding_neighbours([]) == []


def test_heads_cropped_apart_are_laid_over_each_other() -> None:
    # The right half of the middle slice, and its neighbours whole: on the slice they are one.
    right = Geometry(SIDE, SIDE, 4, 4, 8, 12, 4, 0, 8, 12, SIDE)
    before, own, after = (outline(1.0), outline(1.0, right), outline(1.0))
    _, found, _ = heeding_neighbours([before, own, after], 0.2, 0.7)
    assert found is not None
    np.testing.assert_allclose(
        found.geometry.to_slice(found.ways[0]), own.geometry.to_slice(own.ways[0]), atol=1e-6
    )


def drawn(*values: float, peak: float) -> list[bool]:
    """Whether each slice of a stack is outlined, read one way."""
    rule = SegmentationRule(threshold=0.4, peak=peak)
    stack = [Segmentation(outline(value).ways[:1], WHOLE, rule) for value in values]
    return [one is not None and one.outlined for one in heeding_neighbours(stack)]


def test_what_neighbours_do_to_an_outline() -> None:
    assert drawn(1.0, 1.0, 1.0, peak=0.8) == [True, True, True]
    # A gap is closed: 0.6 * 0.3 + 0.2 * 0.9 + 0.2 * 0.9 = 0.54.
    assert drawn(0.9, 0.3, 0.9, peak=0.5) == [True, True, True]
    # Nothing spreads to a slice that shows nothing.
    assert drawn(0.0, 1.0, 1.0, peak=0.8) == [False, True, True]
    # What a single slice shows is dropped where the release drops what is nowhere sure.
    assert drawn(0.0, 1.0, 0.0, peak=0.8) == [False, False, False]
    assert drawn(0.0, 1.0, 0.0, peak=0.0) == [False, True, False]
    assert PEAK > 1 - 2 * NEIGHBOUR


def test_at_an_end_a_slice_counts_for_the_one_that_is_missing() -> None:
    assert drawn(0.95, 0.0, 0.0, peak=0.8) == [True, False, False]  # 0.8 * 0.95 = 0.76
    assert drawn(0.0, 0.0, 0.85, peak=0.8) == [False, False, False]  # 0.68


def test_the_peak_of_the_rule_is_lowered_where_slices_are_averaged_and_never_raised() -> None:
    for one in heeding_neighbours([outline(1.0), outline(1.0)], 0.2, 0.7):
        assert one is not None and one.rule == SegmentationRule(threshold=0.4, peak=0.7)
    for one in heeding_neighbours([outline(1.0), outline(1.0)], 0.2, 0.9):
        assert one is not None and one.rule == RULE
    lone = outline(0.75)
    assert heeding_neighbours([None, lone, None]) == [None, lone, None]


def test_a_volume_is_outlined_so() -> None:
    volume = make_volume()
    classifier = fake_classifier()
    prediction = predict_volume(classifier, volume)
    alone = [
        classifier.read(volume.to_scan(prediction.plane, one.index)).segmentation
        if one.state == "scored"
        else None
        for one in prediction.slices
    ]
    expected = heeding_neighbours(alone)
    changed = 0
    for one, own, wanted in zip(prediction.slices, alone, expected, strict=True):
        if one.segmentation is None:
            assert wanted is None
            continue
        assert wanted is not None and own is not None
        np.testing.assert_array_equal(one.segmentation.ways, wanted.ways)
        changed += not np.array_equal(wanted.ways, own.ways)
    assert changed > 3
