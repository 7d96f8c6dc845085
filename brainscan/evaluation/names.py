"""How figures are written for people."""

from __future__ import annotations

from brainscan.evaluation.intervals import Estimate

NOT_DEFINED = "not defined"


def _number(value: float, digits: int) -> str:
    """Return a number without the minus sign of a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def format_value(estimate: Estimate, *, digits: int = 3) -> str:
    """Return the figure as text, or ``not defined``."""
    return NOT_DEFINED if estimate.value is None else _number(estimate.value, digits)


def format_interval(estimate: Estimate, *, digits: int = 3) -> str:
    """Return the interval as ``0.912 to 0.954``, or an empty text when there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{_number(estimate.low, digits)} to {_number(estimate.high, digits)}"
