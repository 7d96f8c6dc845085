"""What the model card gets from an evaluation: bins, types by source, worst errors."""

from __future__ import annotations

import pytest

from brainscan.evaluation.details import reliability_bins, types_by_source, worst_errors
from tests.evaluation.builders import random_result, result, row


def test_bins_hold_hand_counted_images() -> None:
    outcome = result(
        [
            row("a", "tumor", 0.95),
            row("b", "no_tumor", 0.91),
            row("c", "no_tumor", 0.0),
        ]
    )
    bins = reliability_bins(outcome)
    assert [b["n"] for b in bins] == [1, *[0] * 8, 2]
    assert bins[9] == {"low": 0.9, "high": 1.0, "n": 2, "predicted": 0.93, "observed": 0.5}
    assert bins[4]["predicted"] is None and bins[4]["observed"] is None


def test_the_bins_give_the_expected_calibration_error() -> None:
    outcome = random_result()
    bins = [b for b in reliability_bins(outcome) if b["n"]]
    total = sum(b["n"] for b in bins)
    ece = sum(b["n"] * abs(b["predicted"] - b["observed"]) for b in bins) / total
    assert ece == pytest.approx(outcome.ranking.ece.value, abs=1e-5)


def test_types_are_counted_within_their_source() -> None:
    outcome = result(
        [
            row("a", "tumor", 0.9, kind="glioma", types=(0.8, 0.1, 0.1), source="x"),
            row("b", "tumor", 0.1, kind="meningioma", types=(0.8, 0.1, 0.1), source="x"),
            row("c", "tumor", 0.9, kind="pituitary", types=(0.1, 0.1, 0.8), source="y"),
            row("d", "no_tumor", 0.1, types=(0.1, 0.1, 0.8), source="y"),
        ]
    )
    found = {part["name"]: part for part in types_by_source(outcome)}
    assert found["x"]["accuracy"]["value"] == 0.5 and found["x"]["n"] == 2
    assert found["y"]["accuracy"]["value"] == 1.0 and found["y"]["n"] == 1
    assert types_by_source(result([row("a", "tumor", 0.9)])) == []


def test_the_worst_come_first_and_are_errors() -> None:
    outcome = result(
        [
            row("mild", "tumor", 0.4, kind="glioma", types=(0.8, 0.1, 0.1)),
            row("bad", "tumor", 0.1),
            row("alarm", "no_tumor", 0.8),
            row("right", "tumor", 0.9, kind="glioma", types=(0.8, 0.1, 0.1)),
            row("type", "tumor", 0.9, kind="glioma", types=(0.1, 0.8, 0.1)),
        ]
    )
    found = worst_errors(outcome)
    assert [(e["error"], e["file"]) for e in found] == [
        ("missed tumor", "bad"),
        ("missed tumor", "mild"),
        ("false alarm", "alarm"),
        ("wrong type", "type"),
    ]
    assert found[1]["label"] == "glioma" and found[3]["type"] == "meningioma"
    assert len(worst_errors(outcome, per_kind=1)) == 3


def test_the_worst_carry_no_type_that_the_app_refuses_to_name() -> None:
    types = (0.1, 0.8, 0.1)
    rows = [row(name, "no_tumor", 0.9, types=types, sequence=name) for name in ("flair", "t1ce")]
    found = {entry["file"]: entry for entry in worst_errors(result(rows))}
    assert (found["flair"]["type"], found["flair"]["type_probability"]) == (None, None)
    assert (found["t1ce"]["type"], found["t1ce"]["type_probability"]) == ("meningioma", 0.8)
