"""Time left of long work, and a progress bar for the terminal."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

_WINDOW_S = 20.0
_REDRAW_S = 0.2
_BAR = 28


class TimeLeft:
    """Estimates the remaining time from the pace of the last seconds.

    The first update marks the start, so work that resumes half-way is not credited with it.

    Parameters
    ----------
    clock
        Monotonic seconds; replaced in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def update(self, done: int) -> None:
        """Note that ``done`` steps are finished."""
        now = self._clock()
        if self._marks and done == self._marks[-1][1]:
            return
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW_S:
            self._marks.popleft()

    def seconds(self, total: int) -> float | None:
        """Return the seconds left until ``total``, or ``None`` while nothing is known."""
        if not self._marks:
            return None
        (start, before), (latest, done) = self._marks[0], self._marks[-1]
        if done <= before or latest <= start:
            return None
        per_step = (latest - start) / (done - before)
        since = self._clock() - latest
        return max(0.0, (total - done) * per_step - min(since, per_step))


def format_duration(seconds: float) -> str:
    """Return a duration as people say it: ``8 s``, ``3 min 20 s``, ``1 h 05 min``."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class ProgressBar:
    """A one-line bar on ``stream``; silent where the stream is no terminal.

    Use as a context manager, so that the line is ended whatever happens.
    """

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._left = TimeLeft()
        self._drawn = 0.0
        self._width = 0

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._width:
            self._stream.write("\n")
            self._stream.flush()

    def update(self, done: int, total: int, note: str = "") -> None:
        """Draw ``done`` of ``total`` steps, with a short ``note`` such as the stage."""
        self._left.update(done)
        now = time.monotonic()
        if not self._stream.isatty() or (now - self._drawn < _REDRAW_S and done < total):
            return
        self._drawn = now
        filled = _BAR * done // max(1, total)
        left = self._left.seconds(total)
        tail = f", {format_duration(left)} left" if left is not None and done < total else ""
        bar = "#" * filled + "." * (_BAR - filled)
        line = f"{self._title} [{bar}] {done}/{total}{tail}" + (f", {note}" if note else "")
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)
