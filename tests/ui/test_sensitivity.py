"""Which operating point the sensitivity control starts at."""

from typing import Any

import pytest

from brainscan.inference.decision import OperatingPoint
from brainscan.ui.sensitivity import default_name, kept_on_tests

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


def _set(folds: list[str], kept: float | None) -> dict[str, Any]:
    rows = [
        {"name": name, "tumor_covered": {"value": value}, "specificity": {"value": 0.99}}
        for name, value in (("Sensitivity 0.8", kept), ("Sensitivity 0.95", 0.909))
    ]
    return {"folds": folds, "metrics": {"decisions": {"sensitivities": rows}}}


def test_a_setting_tells_what_it_kept_on_test_patients() -> None:
    manifest = {
        "metrics": {
            "lgg": _set(["4"], 0.62),
            "types": _set(["4"], None),  # no tumour-free slices, say
            "own": _set(["validation"], 0.97),
            "plain": {"folds": ["4"], "metrics": {}},
        }
    }
    assert kept_on_tests(manifest, 0.8) == (
        "Test images: on lgg 62% of the tumour slices kept, 99% of the others cleared."
    )
    assert kept_on_tests(manifest, 0.5) == kept_on_tests(manifest, None) == ""
    assert kept_on_tests({}, 0.8) == ""
