"""Time left, in words."""

from __future__ import annotations

import pytest

from brainscan.ui.progress import Pace, time_left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "about 1 s left"),
        (13.2, "about 14 s left"),
        (89.9, "about 90 s left"),
        (90.0, "about 2 min left"),
        (3600.0, "about 60 min left"),
        (5400.0, "about 2 h left"),
    ],
)
def test_time_left(seconds: float, words: str) -> None:
    assert time_left(seconds) == words


def test_pace_extrapolates_from_what_is_done() -> None:
    pace = Pace(total=200, started=100.0)
    assert pace.left_s(0, 101.0) is None
    assert pace.left_s(50, 110.0) == pytest.approx(30.0)
    assert pace.words(0, 100.0) == "Reading 1 of 200"
    assert pace.words(50, 110.0) == "Reading 51 of 200, about 30 s left"
    assert pace.words(200, 140.0) == "Reading 200 of 200, about 1 s left"
