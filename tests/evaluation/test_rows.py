"""What counts as an error, and how bad it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluation.builders import row


@pytest.mark.parametrize(
    ("label", "probability", "threshold", "kind"),
    [
        ("tumor", 0.3, 0.5, "missed tumor"),
        ("tumor", 0.5, 0.5, None),  # at the threshold is tumor
        ("no_tumor", 0.5, 0.5, "false alarm"),
        ("no_tumor", 0.3, 0.5, None),
        ("no_tumor", 0.3, 0.2, "false alarm"),
        (None, 0.9, 0.5, None),
        ("tumor", None, 0.5, None),
    ],
)
def test_error_of_the_tumor_answer(label, probability, threshold, kind):
    assert row("a", label, probability).error(threshold) == kind


def test_wrong_type_counts_only_where_a_tumor_is_found_and_the_type_is_known():
    wrong = row("a", "tumor", 0.9, kind="pituitary", types=(0.7, 0.2, 0.1))
    assert wrong.best_type == "glioma"
    assert wrong.error(0.5) == "wrong type"
    assert wrong.error(0.95) == "missed tumor"
    assert row("a", "tumor", 0.9, types=(0.7, 0.2, 0.1)).error(0.5) is None
    assert row("a", "tumor", 0.9, kind="glioma", types=(0.7, 0.2, 0.1)).error(0.5) is None
    assert row("a", "tumor", 0.9, kind="glioma").error(0.5) is None


def test_a_type_that_the_app_does_not_name_is_neither_right_nor_wrong():
    wrong = row("a", "tumor", 0.9, kind="pituitary", types=(0.7, 0.2, 0.1))
    unnamed = replace(wrong, types_learned=False)
    assert wrong.error(0.5) == "wrong type" and unnamed.error(0.5) is None
    assert (unnamed.types, unnamed.best_type, unnamed.type) == ((), None, "pituitary")
    assert unnamed.severity("wrong type") == 0.0
    assert unnamed.error(0.95) == "missed tumor"


@pytest.mark.parametrize(
    ("sequence", "named"),
    [(None, "glioma"), ("t1ce", "glioma"), ("flair", None), ("t1", None), ("PD", None)],
)
def test_no_type_is_named_where_the_dataset_tells_of_another_sequence(sequence, named):
    one = row("a", "tumor", 0.9, kind="pituitary", types=(0.7, 0.2, 0.1), sequence=sequence)
    assert one.named_type(0.5) == named
    assert one.named_type(0.95) is None
    assert (one.best_type, one.error(0.5)) == ("glioma", "wrong type")  # figures count as before


def test_severity_grows_with_misplaced_confidence():
    assert row("a", "tumor", 0.1).severity("missed tumor") == pytest.approx(0.9)
    assert row("a", "no_tumor", 0.8).severity("false alarm") == pytest.approx(0.8)
    assert row("a", "no_tumor", 0.8).severity("missed tumor") == 0.0
    wrong = row("a", "tumor", 0.9, kind="pituitary", types=(0.7, 0.2, 0.1))
    assert wrong.severity("wrong type") == pytest.approx(0.6)
    assert row("a", None, 0.8).severity("false alarm") == 0.0
    assert row("a", "tumor", None).severity("missed tumor") == 0.0
