"""Outlines on a slice: probability, mask, band, and what goes with a decision."""

import numpy as np
import pytest

from brainscan.errors import ModelUnavailable, NotBrainMR
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.consistency import (
    ELSEWHERE,
    MISSING,
    UNBACKED,
    WITHHELD,
    contradiction,
)
from brainscan.inference.decision import OperatingPoint, decided_again
from brainscan.inference.heatmap import HeatMap
from brainscan.inference.prediction import Decision, Prediction
from brainscan.inference.segmentation import Segmentation, SegmentationRule
from brainscan.inference.segmenter import TumorSegmenter
from tests.inference.fake_network import FakeGate, fake_classifier, fake_release

# The network's input of 8 pixels is the whole slice of 16, pixel by pixel.
GEOMETRY = Geometry(16, 16, 0, 0, 16, 16, 0, 0, 8, 8, 8)
THERE, AWAY = (slice(2, 6), slice(2, 6)), (slice(0, 1), slice(7, 8))


def ways(*places: tuple[slice, slice]) -> np.ndarray:
    """Return one way for each place: certain there, and nowhere else."""
    found = np.zeros((len(places), 8, 8), np.float32)
    for way, place in zip(found, places, strict=True):
        way[place] = 1.0
    return found


def evidence_at(row: int, column: int) -> HeatMap:
    grid = np.full((4, 4), 0.1, np.float32)
    grid[row, column] = 0.9
    return HeatMap(grid, GEOMETRY, "evidence", 2.0)


def test_mask_covers_the_pixels_of_its_cells() -> None:
    found = Segmentation(ways(THERE), GEOMETRY)
    expected = np.zeros((16, 16), bool)
    expected[4:12, 4:12] = True
    assert found.probability.shape == (16, 16)
    assert found.probability.dtype == np.float32
    # Bilinear between the cells: half way at the border of the last one.
    assert np.array_equal(found.mask, expected)


def test_band_is_what_one_way_sees_and_what_any_sees() -> None:
    both = Segmentation(ways((slice(2, 6), slice(2, 6)), (slice(2, 6), slice(4, 8))), GEOMETRY)
    inner, outer = both.band
    assert np.array_equal(np.flatnonzero(inner.any(axis=0)), np.arange(8, 12))
    assert np.array_equal(np.flatnonzero(outer.any(axis=0)), np.arange(4, 16))
    assert not (inner & ~outer).any()
    alone = Segmentation(ways(THERE), GEOMETRY)
    assert np.array_equal(*alone.band)


@pytest.mark.parametrize(("smallest", "pieces"), [(0.0, 2), (0.02, 1), (0.9, 0)])
def test_small_pieces_are_dropped(smallest: float, pieces: int) -> None:
    # 64 of 256 pixels, and 4 of them, which is 1.6 % of the head's box.
    cells = ways(THERE) + ways(AWAY)
    found = Segmentation(cells, GEOMETRY, SegmentationRule(0.5, smallest))
    assert found.mask[8, 8] == (pieces > 0)
    assert found.mask[0, 15] == (pieces > 1)
    assert found.outlined == (pieces > 0)


def test_pieces_that_are_nowhere_sure_are_dropped() -> None:
    cells = ways(THERE) + 0.7 * ways((slice(0, 2), slice(6, 8)))
    found = Segmentation(cells, GEOMETRY, SegmentationRule(0.5, 0.0, 0.9))
    assert found.mask[8, 8]
    assert not found.mask[1, 14]
    assert not found.band[1][1, 14]


def test_band_does_not_reach_where_nothing_is_outlined() -> None:
    both = np.concatenate([ways(THERE), ways(THERE) + ways(AWAY)])
    both[1] = np.minimum(both[1], 1.0)
    # Away from the mask one way alone sees a speck: the mean stays below the threshold.
    found = Segmentation(both, GEOMETRY, SegmentationRule(0.6))
    assert not found.mask[0, 15]
    assert not found.band[1][0, 15]
    assert np.array_equal(found.band[1], found.mask)


def test_manifest_that_cannot_be_read_is_a_sentence() -> None:
    for broken in ({}, {"threshold": "x", "smallest": 0.0}, {"threshold": None, "smallest": 0}):
        with pytest.raises(ModelUnavailable, match="does not say how it outlines"):
            _ = fake_release(segmentation=broken).segmentation


def test_evidence_meets_the_mask_or_not() -> None:
    found = Segmentation(ways(THERE), GEOMETRY)
    assert found.meets(evidence_at(1, 1))
    assert found.meets(evidence_at(0, 0))  # the cell beside it: the map is coarse
    small = Segmentation(ways((slice(6, 8), slice(6, 8))), GEOMETRY)
    assert not small.meets(evidence_at(0, 0))
    nowhere = HeatMap(np.zeros((4, 4), np.float32), GEOMETRY, "evidence", -1.0)
    assert small.meets(nowhere)  # nothing that could contradict


@pytest.mark.parametrize(
    ("decision", "outlined", "meets", "sentence"),
    [
        ("tumor", True, True, None),
        ("tumor", True, False, ELSEWHERE),
        ("tumor", False, True, MISSING),
        ("no_tumor", False, True, None),
        ("no_tumor", True, True, WITHHELD),
        ("no_tumor", True, False, WITHHELD),
        ("indeterminate", True, True, None),
        ("indeterminate", True, False, ELSEWHERE),
        ("indeterminate", False, True, None),
    ],
)
def test_no_contradiction_is_silent(
    decision: Decision, outlined: bool, meets: bool, sentence: str | None
) -> None:
    assert contradiction(decision, outlined=outlined, meets=meets) == sentence


def test_an_outline_without_any_evidence_is_pointed_out() -> None:
    def told(decision: str, outlined: bool) -> str | None:
        return contradiction(decision, outlined=outlined, meets=True, evident=False)

    assert told("indeterminate", outlined=True) == UNBACKED
    assert told("indeterminate", outlined=False) is None
    assert told("no_tumor", outlined=True) == WITHHELD
    assert told("tumor", outlined=True) is None  # of a tumor it is said with or without an outline


def prediction(decision: Decision, segmentation: Segmentation | None) -> Prediction:
    return Prediction(
        tumor_probability=0.6, decision=decision, type_probabilities={},
        evidence=evidence_at(1, 1), gradcam={}, threshold=0.5, band=(0.5, 0.5), model="m 1",
        sha256="", elapsed_ms=1.0, warnings=("Other.",), segmentation=segmentation,
    )  # fmt: skip


def test_the_mask_goes_with_the_decision_and_is_decided_again() -> None:
    found = prediction("tumor", Segmentation(ways(THERE), GEOMETRY))
    mask = found.mask()
    assert mask is not None
    assert mask.sum() == 64
    assert found.warnings == ("Other.",)
    strict = OperatingPoint(0.9, (0.9, 0.9), 0.8)
    again = found.at(strict, None)
    emptied = again.mask()
    assert emptied is not None
    assert not emptied.any()
    assert WITHHELD in again.warnings
    # The page decides again from the plain values, and must say the same.
    assert decided_again(found.to_json(), strict, None)["warnings"] == list(again.warnings)
    back = OperatingPoint(0.5, (0.5, 0.5), 0.95)
    assert decided_again(again.to_json(), back, None)["warnings"] == ["Other."]
    assert again.at(back, None).warnings == ("Other.",)


def test_a_release_without_a_decoder_has_no_mask() -> None:
    found = prediction("tumor", None)
    assert found.mask() is None
    assert found.to_json()["outline"] is None
    assert found.warnings == ("Other.",)


def marked_head() -> Scan:
    pixels = np.zeros((120, 120), np.uint8)
    rows, columns = np.mgrid[:120, :120]
    pixels[(rows - 60) ** 2 + (columns - 60) ** 2 < 50**2] = 80
    pixels[50:70, 50:70] = 255
    return Scan(pixels, "head.png", "0" * 64, "PNG", "L")


def test_segmenter_draws_what_the_classifier_draws() -> None:
    classifier = fake_classifier()
    outline = TumorSegmenter(classifier).segment(marked_head())
    mask = classifier.predict(marked_head()).mask()
    assert mask is not None
    assert np.array_equal(outline.mask, mask)
    assert outline.mask[60, 60]
    assert not outline.mask[20, 60]


def test_segmenter_refuses_what_is_no_brain_and_releases_without_a_decoder() -> None:
    with pytest.raises(NotBrainMR):
        TumorSegmenter(fake_classifier(gate=FakeGate(1))).segment(marked_head())
    assert TumorSegmenter(fake_classifier(gate=FakeGate(1))).segment(marked_head(), gate=False)
    with pytest.raises(ModelUnavailable, match="has no decoder"):
        TumorSegmenter(fake_classifier(segmentation=None))


def test_released_outlines_agree_between_runtimes() -> None:
    served = TumorSegmenter.load("resnet50")
    reference = TumorClassifier.load("resnet50", runtime="keras")
    scan = marked_head()
    expected = reference.read(scan).segmentation
    assert expected is not None
    found = served.segment(scan, gate=False)
    assert found.ways.shape == expected.ways.shape
    assert np.abs(found.ways - expected.ways).max() < 2e-2
