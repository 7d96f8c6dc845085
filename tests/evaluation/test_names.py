"""How figures and classes are written."""

from __future__ import annotations

import pytest

from brainscan.data.names import display_name
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.names import format_interval, format_value


@pytest.mark.parametrize(
    ("name", "text"),
    [("no_tumor", "no tumour"), ("missed tumor", "missed tumour"), ("glioma", "glioma")],
)
def test_class_names(name, text):
    assert display_name(name) == text


def test_a_figure_with_its_interval():
    estimate = Estimate(0.91249, -0.0001, 1.0, 10, "Wilson")
    assert format_value(estimate) == "0.912"
    assert format_interval(estimate) == "0.000 to 1.000"  # no minus before a zero


def test_an_undefined_figure():
    estimate = Estimate.undefined(3, "Every image is labelled tumour.")
    assert format_value(estimate) == "not defined"
    assert format_interval(estimate) == ""
