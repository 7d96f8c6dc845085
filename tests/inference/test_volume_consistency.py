"""Volumes whose answer, evidence and outlines contradict each other say so in a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainscan.imaging.geometry import Geometry
from brainscan.inference.heatmap import HeatMap
from brainscan.inference.segmentation import Segmentation, SegmentationRule
from brainscan.inference.slice_score import SliceScore
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_consistency import (
    ELSEWHERE,
    LEFT_OUT,
    MISSING,
    NOWHERE,
    SINGLE,
    UNBACKED,
    WITHHELD,
    contradictions,
    meets,
    slices_named,
    with_contradictions,
)
from tests.inference.fake_network import fake_classifier
from tests.inference.volumes import make_volume

SIDE = 8
GEOMETRY = Geometry(SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, SIDE)


def score(
    index: int,
    probability: float,
    *,
    tumor: tuple[int, int] | None = None,
    evidence: tuple[int, int] | None = None,
    peak: float = 2.0,
    decoder: bool = True,
) -> SliceScore:
    """A slice with an outline of one pixel and evidence in one cell, where told."""
    ways, grid = np.zeros((2, SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    if tumor is not None:
        ways[:, tumor[0], tumor[1]] = 0.9
    if evidence is not None:
        grid[evidence] = 0.9
    heat = HeatMap(grid, GEOMETRY, "evidence", peak if evidence is not None else -1.0)
    outline = Segmentation(ways, GEOMETRY, SegmentationRule(0.5)) if decoder else None
    return SliceScore(index, "scored", probability, heat, segmentation=outline)


def told(decision: str, *scores: SliceScore) -> tuple[str, ...]:
    """What is said at a slice threshold of 0.5 without a band."""
    alone = ["tumor" if (one.probability or 0) >= 0.5 else "no_tumor" for one in scores]
    return contradictions(decision, "axial", scores, alone, 0.5)


AGREES = score(3, 0.9, tumor=(2, 2), evidence=(2, 2))
CLEAR = score(4, 0.1)


@pytest.mark.parametrize("decision", ["tumor", "indeterminate"])
def test_outline_and_evidence_at_one_place_agree(decision: str) -> None:
    assert told(decision, AGREES, CLEAR) == ()
    beside = score(3, 0.9, tumor=(2, 2), evidence=(3, 3))  # a cell is tolerated
    assert told(decision, beside, CLEAR) == ()


def test_a_tumor_without_an_outline_is_pointed_out() -> None:
    bare = score(3, 0.9, evidence=(2, 2))
    assert told("tumor", bare, CLEAR) == (MISSING,)
    assert told("indeterminate", bare, CLEAR) == ()
    # An outline on a slice that is called tumor-free does not count.
    assert told("tumor", bare, score(4, 0.1, tumor=(2, 2))) == (MISSING,)


def test_a_cleared_volume_with_outlines_names_their_slices() -> None:
    other = score(7, 0.6, tumor=(1, 1))
    assert told("no_tumor", AGREES, CLEAR, other) == (
        WITHHELD.format(where="axial slices 4 and 8"),
    )
    assert told("no_tumor", score(3, 0.9, evidence=(2, 2)), CLEAR) == (SINGLE,)
    assert told("no_tumor", CLEAR, score(5, 0.2, tumor=(1, 1))) == ()


@pytest.mark.parametrize("decision", ["tumor", "indeterminate"])
def test_what_one_slice_shows_alone_is_left_out_and_named(decision: str) -> None:
    alone = replace(score(8, 0.9), outlined_alone=True)
    sentence = LEFT_OUT.format(where="axial slice 9")
    assert told(decision, AGREES, CLEAR, alone) == (sentence,)
    # Where a tumor ends, heeding its other slices only trims it.
    edge = replace(alone, index=AGREES.index + 1)
    assert told(decision, AGREES, edge) == ()
    # It is not that nothing was found; and on a slice called tumor-free nothing counts.
    assert told(decision, replace(score(8, 0.9, evidence=(2, 2)), outlined_alone=True)) == (
        sentence,
    )
    assert told(decision, AGREES, replace(score(8, 0.1), outlined_alone=True)) == ()


def test_a_cleared_volume_names_the_slice_that_alone_is_outlined() -> None:
    alone = replace(score(8, 0.9), outlined_alone=True)
    assert told("no_tumor", CLEAR, alone) == (WITHHELD.format(where="axial slice 9"),)


@pytest.mark.parametrize("decision", ["tumor", "indeterminate"])
def test_evidence_outside_of_the_outline_is_pointed_out(decision: str) -> None:
    here = ELSEWHERE.format(where="axial slice 6")
    aside = score(5, 0.8, tumor=(2, 2), evidence=(6, 6), peak=3.0)
    assert told(decision, AGREES, aside) == (here,)
    weaker = score(5, 0.8, tumor=(2, 2), evidence=(6, 6), peak=1.0)
    assert told(decision, AGREES, weaker) == ()
    # Nor is it in the outline where its slice has none, or is called tumor-free.
    assert told(decision, AGREES, score(5, 0.8, evidence=(6, 6), peak=3.0)) == (here,)
    cleared = score(5, 0.2, tumor=(6, 6), evidence=(6, 6), peak=3.0)
    assert told(decision, AGREES, cleared) == (here,)
    assert not meets((AGREES, cleared), 0.5) and meets((AGREES, weaker), 0.5)


@pytest.mark.parametrize("decision", ["tumor", "indeterminate"])
def test_outlined_runs_without_evidence_are_named(decision: str) -> None:
    bare = {index: score(index, 0.8, tumor=(1, 1)) for index in (1, 2, 4, 9)}
    # Slice 4 fades out beside slice 3, which has evidence; 1 and 2 lie apart, and so does 9.
    first = score(0, 0.1)
    assert told(decision, first, bare[1], bare[2], CLEAR)[-1:] == (
        UNBACKED.format(where="axial slices 2 to 3"),
    )
    assert told(decision, AGREES, bare[4]) == ()
    assert told(decision, AGREES, bare[4], bare[9]) == (UNBACKED.format(where="axial slice 10"),)
    # What is outlined on a slice called tumor-free is not part of the outline.
    assert told(decision, AGREES, score(9, 0.1, tumor=(1, 1))) == ()


def test_a_tumor_without_evidence_and_outline_says_both() -> None:
    assert told("tumor", score(3, 0.9), CLEAR) == (NOWHERE, MISSING)


def test_a_release_without_a_decoder_is_judged_by_its_evidence_alone() -> None:
    bare = score(3, 0.9, evidence=(2, 2), decoder=False)
    assert told("tumor", bare) == told("indeterminate", bare) == ()
    assert told("no_tumor", bare) == (SINGLE,)
    assert told("tumor", score(3, 0.9, decoder=False)) == (NOWHERE,)


def test_a_sentence_takes_the_place_of_the_earlier_one() -> None:
    before = ("About the file.", WITHHELD.format(where="axial slice 4"), SINGLE)
    after = ELSEWHERE.format(where="axial slice 6")
    assert with_contradictions(before, (after,)) == ("About the file.", after)
    assert with_contradictions((*before, after, MISSING, NOWHERE), ()) == ("About the file.",)


@pytest.mark.parametrize(
    ("indices", "words"),
    [
        ([4], "axial slice 5"),
        ([4, 5, 6], "axial slices 5 to 7"),
        ([9, 4], "axial slices 5 and 10"),
        ([1, 2, 5, 9], "axial slices 2 to 3, 6 and 10"),
        ([1, 3, 5, 7, 9], "axial slices 2, 4, 6 and others"),
    ],
)
def test_slices_are_named_as_people_count(indices: list[int], words: str) -> None:
    assert slices_named("axial", indices) == words


def test_a_slice_keeps_no_arrays_of_its_outline() -> None:
    one = score(3, 0.9, tumor=(2, 2), evidence=(2, 2))
    assert one.outlined and one.outline_met
    assert one.segmentation is not None
    assert not {"mask", "probability", "band"} & set(vars(one.segmentation))
    assert not score(3, 0.9, tumor=(2, 2), decoder=False).outlined


def test_deciding_again_tells_what_then_contradicts() -> None:
    """At 0.8 the volume of the fake network is cleared; its marked slices have outlines."""
    points = [
        {"sensitivity": s, "threshold": t, "band": [t, t]} for s, t in ((0.8, 0.8), (0.95, 0.1))
    ]
    rule = {"kind": "run_mean", "share": 0.6, "operating_points": points}
    classifier = fake_classifier(volume_rule=rule)
    volume = make_volume()
    called = predict_volume(classifier, volume)
    cleared = called.at(classifier.release, 0.8)
    assert (called.decision, cleared.decision) == ("tumor", "no_tumor")
    assert not any("outline" in text for text in called.warnings)
    (sentence,) = (text for text in cleared.warnings if "outline" in text)
    assert "no tumour" in sentence and "look there all the same" in sentence
    back = cleared.at(classifier.release, 0.95)
    assert back.warnings == called.warnings

    mask = called.mask_volume(volume)
    assert mask is not None and mask.any()
    outlined = np.flatnonzero(mask.any(axis=(0, 1))).tolist()
    told = called.to_json()["outline"]
    assert told == {"slices": outlined, "meets_evidence": True}
    empty = cleared.mask_volume(volume)
    assert empty is not None and not empty.any()
    for part in cleared.band_volumes(volume) or (mask,):
        assert not part.any()


def test_the_band_lies_between_where_all_ways_and_where_any_see_tumor() -> None:
    volume = make_volume(shape=(SIDE, SIDE, 4))
    ways = np.zeros((2, SIDE, SIDE), np.float32)
    ways[0, 2:6, 2:6] = 0.9
    ways[1, 3:5, 3:5] = 0.9
    outline = Segmentation(ways, GEOMETRY, SegmentationRule(0.5))
    slices = tuple(
        SliceScore(index, "scored", probability, segmentation=outline)
        for index, probability in enumerate((0.9, 0.1, 0.6, 0.0))
    )
    answer = replace(
        predict_volume(fake_classifier(), make_volume()), slices=slices, decision="tumor"
    )
    inner, outer = answer.band_volumes(volume) or (None, None)
    assert inner is not None and outer is not None
    # Of the four slices two reach the threshold of 0.5; on these 2 x 2 and 4 x 4 pixels.
    assert inner.sum(axis=(0, 1)).tolist() == [4, 0, 4, 0]
    assert outer.sum(axis=(0, 1)).tolist() == [16, 0, 16, 0]
    np.testing.assert_array_equal(answer.mask_volume(volume), inner)  # the mean of 0.9 and 0


def test_without_a_decoder_there_is_no_outline_to_speak_of() -> None:
    volume = make_volume()
    prediction = predict_volume(fake_classifier(segmentation=None), volume)
    assert not prediction.segmented
    assert prediction.mask_volume(volume) is None and prediction.band_volumes(volume) is None
    assert prediction.to_json()["outline"] is None
    bare = replace(
        prediction, slices=tuple(replace(s, segmentation=None) for s in prediction.slices)
    )
    assert not bare.segmented
