"""Three outcomes at a chosen sensitivity, without the network; old releases."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brainscan.errors import ModelUnavailable
from brainscan.imaging.geometry import Geometry
from brainscan.inference.decision import OperatingPoint, decided_again, with_disagreement
from brainscan.inference.prediction import HeatMap, Prediction
from brainscan.inference.release import Release

POINTS = [
    {"sensitivity": 0.9, "threshold": 0.5, "band": [0.5, 0.8], "specificity": 0.97},
    {"sensitivity": 0.95, "threshold": 0.3, "band": [0.3, 0.8], "specificity": 0.9},
]
QUANTILES = {"a": 0.75, "b": 0.1, "c": 0.1}


def release(**more: Any) -> Release:
    values = {"name": "m", "version": "1", "threshold": 0.3, "band": [0.3, 0.8]}
    return Release(Path("m"), values | more)


def answer(probability: float, peak: float = -1.0) -> Prediction:
    geometry = Geometry(8, 8, 0, 0, 8, 8, 0, 0, 8, 8, 8)
    heat = HeatMap(np.zeros((2, 2), np.float32), geometry, "evidence", peak)
    point = release(operating_points=POINTS).operating_point()
    shares = {"a": 0.3, "b": 0.6, "c": 0.1}
    decision = point.decide(probability)
    first = Prediction(probability, decision, shares, heat, {}, 0.3, (0.3, 0.8), "m 1", "0", 1.0)
    return replace(first, warnings=with_disagreement(("Small.",), decision, heat.has_evidence))


def test_edges_of_the_band() -> None:
    point = OperatingPoint(0.3, (0.3, 0.8))
    outcomes = [point.decide(p) for p in (0.0, np.nextafter(0.3, 0), 0.3, 0.79, 0.8, 1.0)]
    assert outcomes == ["no_tumor", "no_tumor", "indeterminate", "indeterminate", "tumor", "tumor"]
    assert OperatingPoint(0.3, (0.3, 0.3)).decide(0.3) == "tumor"


def test_release_finds_its_points() -> None:
    known = release(operating_points=POINTS, type_sets={"level": 0.9, "quantiles": QUANTILES})
    assert known.operating_point().sensitivity == 0.95
    assert known.operating_point(0.9).threshold == 0.5
    assert known.operating_point(0.9).specificity == 0.97
    assert known.type_quantiles == QUANTILES
    with pytest.raises(ModelUnavailable, match=r"sensitivity of 0.7. Choose one of 0.9, 0.95"):
        known.operating_point(0.7)


def test_the_default_wins_where_sensitivities_share_a_threshold() -> None:
    same = [POINTS[0] | {"threshold": 0.3, "band": [0.3, 0.8]}, *POINTS[1:]]
    assert [point["sensitivity"] for point in same] == [0.9, 0.95]
    assert release(operating_points=same).operating_point().sensitivity == 0.95


def test_release_from_before_keeps_its_threshold_and_names_one_type() -> None:
    old = release()
    point = old.operating_point()
    assert (point.threshold, point.band, point.sensitivity) == (0.3, (0.3, 0.8), None)
    assert old.operating_points == ()
    assert old.type_quantiles is None
    assert answer(0.9).at(point, old.type_quantiles).type_set == ("b",)
    with pytest.raises(ModelUnavailable, match="single threshold"):
        old.operating_point(0.9)


def test_type_set_is_empty_only_without_a_tumor() -> None:
    point = release().operating_point()
    assert answer(0.9).at(point, QUANTILES).type_set == ("b", "a")
    assert answer(0.5).at(point, QUANTILES).type_set == ("b", "a")
    assert answer(0.1).at(point, QUANTILES).type_set == ()
    assert answer(0.1).type_set == ()
    assert answer(0.9).type_set == ("b",)


@pytest.mark.parametrize("probability", [0.1, 0.4, 0.6, 0.9])
@pytest.mark.parametrize("peak", [-1.0, 1.0])
def test_plain_values_are_decided_like_the_prediction(probability: float, peak: float) -> None:
    known = release(operating_points=POINTS)
    first = answer(probability, peak)
    for sensitivity in (0.9, 0.95):
        point = known.operating_point(sensitivity)
        again = decided_again(first.to_json(), point, QUANTILES)
        assert again == first.at(point, QUANTILES).to_json()
        assert again["warnings"][0] == "Small."
    back = decided_again(again, known.operating_point(), QUANTILES)
    assert back == first.at(known.operating_point(), QUANTILES).to_json()


def test_warning_follows_the_decision() -> None:
    known = release(operating_points=POINTS)
    first = answer(0.4, peak=1.0)
    assert first.decision == "indeterminate" and len(first.warnings) == 1
    lower = first.at(known.operating_point(0.9), None)
    assert lower.decision == "no_tumor"
    assert "A place in the slice looks like tumour" in lower.warnings[1]


def test_point_survives_json() -> None:
    point = OperatingPoint(0.3, (0.3, 0.8), 0.95, True, 0.96, 0.9, 0.1, 12, 34)
    assert OperatingPoint.from_json(point.to_json()) == point
