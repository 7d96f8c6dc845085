"""Images seen in training: counted, said in plain words, and the figures without them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from brainscan.evaluation.baseline_tables import html_seen, text_seen
from brainscan.evaluation.export import metrics_dict, predictions_csv
from brainscan.evaluation.report import html_report
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.seen_figures import seen_compared, seen_level, seen_sentence
from tests.evaluation.builders import random_result


def _with_seen(count: int, n: int = 200) -> EvaluationResult:
    outcome = random_result(n)
    rows = list(outcome.rows)
    for number in range(count):
        rows[number] = replace(rows[number], seen="identical" if number == 0 else "near")
    return replace(outcome, rows=tuple(rows), seen_known=6000)


@pytest.mark.parametrize(
    ("count", "level", "words"),
    [
        (0, "none", "None of the 200 images was seen in training"),
        (2, "few", "2 of 200 images (1.0 %) were seen in training: 1 identical, 1 as a near copy."),
        (3, "some", "Read the figures without them."),
        (41, "many", "The figures on all images do not measure the model."),
    ],
)
def test_the_sentence_follows_the_share(count: int, level: str, words: str) -> None:
    outcome = _with_seen(count)
    assert seen_level(outcome) == level
    assert words in seen_sentence(outcome)


def test_a_release_that_cannot_tell_says_so() -> None:
    outcome = random_result(40)
    assert seen_level(outcome) == "unknown"
    assert "does not record which images" in seen_sentence(outcome)
    node = metrics_dict(outcome)["metrics"]["seen"]
    assert node["training_images"] is None
    assert node["identical"] is None
    line = next(csv.DictReader(io.StringIO(predictions_csv(outcome))))
    assert line["seen_in_training"] == ""


def test_without_a_prediction_nothing_is_said_of_training() -> None:
    outcome = replace(random_result(40), rows=(), seen_known=6000)
    assert seen_sentence(outcome).startswith("No image has a prediction")


def test_the_figures_are_given_with_and_without() -> None:
    outcome = _with_seen(30)
    without = outcome.without_seen
    assert without is not None
    assert len(without.rows) == 170
    name, on_all, unseen = seen_compared(outcome)[0]
    assert name == "AUROC"
    assert (on_all.n, unseen.n) == (200, 170)
    assert unseen.value == without.ranking.auroc.value
    node = metrics_dict(outcome)["metrics"]["seen"]
    assert (node["identical"], node["near"]) == (1, 29)
    assert node["share"]["value"] == pytest.approx(0.15)
    assert node["without_seen"]["auroc"]["n"] == 170
    assert node["with_seen"]["type_accuracy"]["value"] == outcome.types.accuracy.value
    marks = [m["seen_in_training"] for m in csv.DictReader(io.StringIO(predictions_csv(outcome)))]
    assert (marks.count("identical"), marks.count("near"), marks.count("no")) == (1, 29, 170)


def test_sources_are_compared_apart_and_one_that_is_gone_is_said_to_be() -> None:
    outcome = _with_seen(30)
    first, second = outcome.rows[:100], outcome.rows[100:]
    rows = [replace(row, source="a", seen=row.seen or "near") for row in first]
    outcome = replace(outcome, rows=(*rows, *(replace(row, source="b") for row in second)))
    compared = {name: (on_all, unseen) for name, on_all, unseen in seen_compared(outcome)}
    on_all, unseen = compared["AUROC, a"]
    assert on_all.n == 100
    assert (unseen.value, unseen.reason) == (None, "No image of this kind is left.")
    on_all, unseen = compared["AUROC, b"]
    assert (on_all.n, on_all.value) == (100, unseen.value)
    assert "auroc, b" in metrics_dict(outcome)["metrics"]["seen"]["without_seen"]


def test_report_and_command_show_both() -> None:
    outcome = _with_seen(30)
    assert 'class="alert"' in html_seen(outcome)
    assert "without those seen in training" in html_report(outcome)
    printed = text_seen(outcome)
    assert "Sensitivity at specificity 0.95" in printed
    assert "n 170" in printed


def test_nothing_left_is_not_a_crash() -> None:
    outcome = _with_seen(200)
    assert not outcome.without_seen.labelled
    assert seen_compared(outcome)[0][2].value is None
    assert "not defined" in text_seen(outcome)
    assert metrics_dict(outcome)["metrics"]["seen"]["without_seen"]["auroc"]["value"] is None
