"""How long something still takes, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """A piece of work of ``total`` equal parts, begun at ``started`` (seconds, any clock)."""

    total: int
    started: float

    def left_s(self, done: int, now: float) -> float | None:
        """Return the seconds left if the rest goes as the first ``done`` parts went."""
        if done <= 0:
            return None
        return (now - self.started) / done * (self.total - done)

    def words(self, done: int, now: float, *, doing: str = "Reading") -> str:
        """Return for example ``"Reading 12 of 200, about 14 s left"``."""
        left = self.left_s(done, now)
        tail = "" if left is None else f", {time_left(left)}"
        return f"{doing} {min(done + 1, self.total)} of {self.total}{tail}"


def time_left(seconds: float) -> str:
    """Return a duration rounded up as people say it, for example ``"about 2 min left"``."""
    if seconds < 90:
        return f"about {max(1, math.ceil(seconds))} s left"
    if seconds < 5400:
        return f"about {math.ceil(seconds / 60)} min left"
    return f"about {math.ceil(seconds / 3600)} h left"
