"""Coverage of decisions and type sets, counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from brainscan.evaluation.decisions import DecisionRule
from brainscan.evaluation.decisions_tables import decision_lines, decisions_section
from brainscan.evaluation.export import metrics_json, predictions_csv
from brainscan.evaluation.result import EvaluationResult
from brainscan.inference.decision import OperatingPoint
from tests.evaluation.builders import FACTS, random_result, result, row

OWN = OperatingPoint(0.5, (0.5, 0.7), sensitivity=0.95)
WIDE = OperatingPoint(0.2, (0.2, 0.7), sensitivity=0.99)
QUANTILES = {"glioma": 0.6, "meningioma": 0.6, "pituitary": 0.6}
RULE = DecisionRule(OWN, (OWN, WIDE), QUANTILES, 0.9, 0.95)


@pytest.fixture
def outcome() -> EvaluationResult:
    rows = [
        row("a", "tumor", 0.9, kind="glioma", types=(0.5, 0.45, 0.05), group="p"),
        row("b", "tumor", 0.6, kind="glioma", types=(0.1, 0.8, 0.1), group="q"),
        row("c", "tumor", 0.3, kind="pituitary", types=(0.1, 0.1, 0.8), group="r"),
        row("d", "tumor", 0.8, source="lgg", sequence="flair", group="s"),
        row("e", "no_tumor", 0.1, source="lgg", sequence="flair", group="s"),
        row("f", "no_tumor", 0.6, source="lgg", sequence="flair", group="t"),
        row("g", "no_tumor", 0.9, group="u"),
        row("h", None, 0.9),
        row("i", "tumor", None),
    ]
    return result(rows, model=replace(FACTS, threshold=0.5, band=(0.5, 0.7), rule=RULE))


def test_coverage_by_hand(outcome: EvaluationResult) -> None:
    found = outcome.decisions.overall
    assert (found.tumor_covered.value, found.tumor_covered.n) == (0.75, 4)
    assert (found.no_tumor_covered.value, found.no_tumor_covered.n) == (pytest.approx(2 / 3), 3)
    assert found.specificity.value == pytest.approx(1 / 3)
    assert (found.indeterminate.value, found.indeterminate.n) == (pytest.approx(2 / 7), 7)
    assert found.tumor_covered.method == "Wilson"
    # Sets: {glioma, meningioma} right, {meningioma} wrong, {pituitary} right.
    assert (found.type_covered.value, found.type_covered.n) == (pytest.approx(2 / 3), 3)
    assert found.type_set_size.value == pytest.approx(4 / 3)


def test_parts_and_choices(outcome: EvaluationResult) -> None:
    parts = {part.name: part for part in outcome.decisions.parts}
    assert list(parts) == ["lgg", "lgg flair", "web"]
    assert parts["lgg flair"].no_tumor_covered.value == 1.0
    assert parts["web"].no_tumor_covered.value == 0.0
    own, wide = outcome.decisions.choices
    assert own.tumor_covered == outcome.decisions.overall.tumor_covered
    assert wide.tumor_covered.value == 1.0
    assert wide.indeterminate.value == pytest.approx(3 / 7)
    overall = outcome.decisions.overall
    for choice in (own, wide):
        assert choice.type_covered == overall.type_covered
        assert choice.type_set_size == overall.type_set_size


def test_promise_is_a_plain_sentence(outcome: EvaluationResult) -> None:
    assert "at least 95 % of the tumour slices are not called tumour-free, 90 %" in RULE.promise
    few = replace(RULE, point=replace(OWN, promised=False), no_tumor_level=None, type_level=None)
    assert "promises no coverage" in few.promise
    assert "promises no coverage" in random_result().decisions.promise


def test_it_reaches_every_output(outcome: EvaluationResult) -> None:
    metrics = json.loads(metrics_json(outcome))["metrics"]["decisions"]
    assert metrics["overall"]["tumor_covered"]["value"] == 0.75
    assert [part["name"] for part in metrics["sensitivities"]] == [
        "Sensitivity 0.95",
        "Sensitivity 0.99",
    ]
    assert "glioma or meningioma" in predictions_csv(outcome)
    assert "Types in a set, mean" in decisions_section(outcome.decisions)
    names = [name for name, _ in decision_lines(outcome.decisions)]
    assert "Left indeterminate" in names
    assert "  lgg flair, not called tumour-free" in names


def test_model_without_sets_has_no_type_figures() -> None:
    found = random_result().decisions
    assert not found.overall.type_covered.defined
    assert found.choices == ()
    assert "Types in a set, mean" not in decisions_section(found)
