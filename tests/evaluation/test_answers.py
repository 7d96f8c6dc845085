"""Words for answers: uncertain is said, a refused type is not."""

from __future__ import annotations

import pytest

from brainscan.evaluation.answers import (
    answer_words,
    counting_words,
    decision_words,
    error_words,
)
from tests.evaluation.builders import row

TYPES = (0.1, 0.8, 0.1)


@pytest.mark.parametrize(
    ("label", "probability", "sequence", "answer", "error"),
    [
        ("no_tumor", 0.9, None, "meningioma", "false alarm"),
        ("no_tumor", 0.9, "flair", "tumour", "false alarm"),
        ("no_tumor", 0.1, None, "no tumour", ""),
        ("no_tumor", 0.55, None, "uncertain, above the threshold", "false alarm (uncertain)"),
        ("tumor", 0.45, None, "uncertain, below the threshold", "missed tumour (uncertain)"),
        ("tumor", None, None, "", ""),
    ],
)
def test_the_answer_and_its_error(label, probability, sequence, answer, error):
    one = row("a", label, probability, types=TYPES, sequence=sequence)
    assert answer_words(one, 0.5) == answer
    assert error_words(one, 0.5) == error


@pytest.mark.parametrize(
    ("probability", "sequence", "answer", "error"),
    [
        (0.9, "t1ce", "meningioma", "wrong type"),
        (0.55, "t1ce", "uncertain, above the threshold; if a tumour, meningioma",
         "wrong type (uncertain)"),
        (0.9, "flair", "tumour", "wrong type (type not named)"),
        (0.55, "flair", "uncertain, above the threshold",
         "wrong type (uncertain, type not named)"),
    ],
)  # fmt: skip
def test_a_wrong_type(probability, sequence, answer, error):
    one = row("a", "tumor", probability, kind="glioma", types=TYPES, sequence=sequence)
    assert answer_words(one, 0.5) == answer
    assert error_words(one, 0.5) == error


def test_the_decision_tells_the_side_of_the_threshold_only_where_it_is_open():
    assert decision_words(row("a", None, 0.9), 0.95) == "tumour"
    assert decision_words(row("a", None, 0.55), 0.5) == "uncertain, above the threshold"
    assert decision_words(row("a", None, 0.55), 0.6) == "uncertain, below the threshold"
    assert decision_words(row("a", None, None), 0.5) == ""


def test_how_errors_are_counted_mentions_the_uncertain_range_where_there_is_one():
    assert counting_words((0.5, 0.5)) == "Counted by the threshold alone."
    assert "0.21 to 0.86, counts as tumour where it reaches" in counting_words((0.21, 0.86))
