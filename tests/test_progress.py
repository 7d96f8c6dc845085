"""Time left and the terminal's progress bar."""

from __future__ import annotations

import io

import pytest

from brainscan.progress import ProgressBar, TimeLeft, format_duration


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_follows_the_pace():
    clock = _Clock()
    left = TimeLeft(clock)
    left.update(0)
    assert left.seconds(100) is None
    clock.now += 10
    left.update(20)
    assert left.seconds(100) == pytest.approx(40)


def test_old_pace_is_forgotten():
    clock = _Clock()
    left = TimeLeft(clock)
    left.update(0)
    for step in range(1, 101):
        clock.now += 1
        left.update(step)
    for step in range(1, 101):
        clock.now += 0.5
        left.update(100 + step)
    assert left.seconds(300) == pytest.approx(50, rel=0.1)


def test_work_that_resumes_half_way_is_not_credited_with_it():
    clock = _Clock()
    left = TimeLeft(clock)
    left.update(500)
    clock.now += 10
    left.update(510)
    assert left.seconds(520) == pytest.approx(10)


def test_time_left_is_never_negative():
    clock = _Clock()
    left = TimeLeft(clock)
    left.update(0)
    clock.now += 1
    left.update(10)
    clock.now += 1000
    assert left.seconds(10) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3900, "1 h 05 min"), (-1, "0 s")],
)
def test_durations(seconds, text):
    assert format_duration(seconds) == text


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_ends_its_line():
    stream = _Terminal()
    with ProgressBar("Evaluating", stream) as bar:
        bar.update(0, 4)
        bar.update(4, 4, "done")
    assert stream.getvalue().endswith("4/4, done\n")
    assert "Evaluating [" in stream.getvalue()


def test_the_bar_is_silent_outside_a_terminal():
    stream = io.StringIO()
    with ProgressBar("Evaluating", stream) as bar:
        bar.update(1, 4)
    assert stream.getvalue() == ""
