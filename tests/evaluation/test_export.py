"""JSON without NaN; CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json

import pytest

from brainscan.evaluation.export import metrics_json, predictions_csv, safe_cell, to_csv
from tests.evaluation.builders import random_result, result, row


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "-", "--1"],
)
def test_formulas_are_defused(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-1", "+2.5", "-.5", "1e-5", "-1E+3"])
def test_numbers_stay_numbers(text):
    assert safe_cell(text) == text


def test_a_number_followed_by_a_formula_is_no_number():
    assert safe_cell("-1\n=2") == "'-1\n=2"
    assert safe_cell("-1+cmd") == "'-1+cmd"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (-0.25, "-0.25"), (0.123456789, "0.123457"), ("a=b", "a=b"), (3, "3")],
)
def test_plain_values_are_written_as_they_are(value, text):
    assert safe_cell(value) == text


def test_commas_quotes_and_line_ends_survive_a_round_trip():
    cells = ['a,"b"', "line\nbreak", "tumour"]
    assert list(csv.reader(io.StringIO(to_csv(["x", "y", "z"], [cells]), newline="")))[1] == cells


def test_every_image_has_a_line():
    outcome = result(
        [
            row("=evil.png", "tumor", 0.25, kind="glioma", types=(0.7, 0.2, 0.1), hit=True),
            row("b.png", None, 0.75, types=(0.1, 0.2, 0.7)),
            row("c.png", "no_tumor", None),
        ]
    )
    lines = list(csv.DictReader(io.StringIO(predictions_csv(outcome), newline="")))
    first, second, third = lines
    assert first["file"] == "'=evil.png"
    assert (first["answer"], first["error"], first["type"]) == ("no_tumor", "missed tumor", "")
    assert (first["p_glioma"], first["peak_in_mask"]) == ("0.7", "true")
    assert (second["label"], second["answer"], second["type"]) == ("", "tumor", "pituitary")
    assert (third["status"], third["tumor_probability"]) == ("rejected", "")
    assert third["reason"].endswith("Export it again.")


def test_a_type_that_the_app_refuses_to_name_is_an_empty_cell():
    types = (0.1, 0.8, 0.1)
    outcome = result(
        [row(name, "no_tumor", 0.9, types=types, sequence=name) for name in ("flair", "t1ce")]
    )
    refused, named = csv.DictReader(io.StringIO(predictions_csv(outcome), newline=""))
    assert (refused["type"], refused["type_set"], refused["p_meningioma"]) == ("", "", "0.8")
    assert (named["type"], named["type_set"]) == ("meningioma", "meningioma")


def test_metrics_json_is_strict_json_with_everything():
    values = json.loads(metrics_json(random_result()), parse_constant=pytest.fail)
    metrics = values["metrics"]
    assert metrics["ranking"]["auroc"].keys() == {"value", "low", "high", "n", "method", "reason"}
    assert len(metrics["classes"]["confusion"]["counts"]) == 4
    assert [part["name"] for part in metrics["by_sequence"]] == ["lgg flair", "lgg t1ce"]
    assert values["dataset"]["counted"] == values["dataset"]["images"] == 240
    assert values["model"]["threshold"] == 0.5


def test_undefined_figures_are_null_with_a_reason():
    values = json.loads(metrics_json(result([row("a", "tumor", 0.9), row("b", "tumor", 0.2)])))
    auroc = values["metrics"]["ranking"]["auroc"]
    assert auroc["value"] is None
    assert auroc["reason"] == "Every image is labelled tumour."


def test_without_labels_there_are_no_metrics():
    values = json.loads(metrics_json(result([row("a", None, 0.9), row("b", None, None)])))
    assert values["metrics"] is None
    assert values["refused"][0]["file"] == "b"
