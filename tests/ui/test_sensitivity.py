"""Which operating point the sensitivity control starts at."""

import pytest

from brainscan.inference.decision import OperatingPoint
from brainscan.ui.sensitivity import default_name

BAND = (0.1, 0.4)


@pytest.mark.parametrize(
    ("offered", "own", "expected"),
    [
        (("0.9", "0.95", "0.99"), 0.99, "0.99"),
        (("0.9", "0.95", "0.99"), None, "0.95"),  # a threshold that no operating point has
        (("0.9", "0.99"), None, "0.9"),
    ],
)
def test_default(offered: tuple[str, ...], own: float | None, expected: str) -> None:
    points = {name: OperatingPoint(0.3, BAND, float(name)) for name in offered}
    assert default_name(points, OperatingPoint(0.2, BAND, own)) == expected
