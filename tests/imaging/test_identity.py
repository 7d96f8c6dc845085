"""Texts without the patient in them."""

import pytest

from brainscan.imaging.identity import Identity

PATIENT = Identity((("Patient name", "Li^Bo"), ("Patient ID", "7Q"), ("Sex", "F")))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("T1 axial Li Bo", "T1 axial"),
        ("LI_t2_7q", "t2"),
        ("T2 FLAIR bone limb 7QT", "T2 FLAIR bone limb 7QT"),  # within words they name nobody
        ("Sag F", "Sag F"),
    ],
)
def test_short_names_and_numbers_are_cleared_as_whole_words(said: str, shown: str) -> None:
    assert PATIENT.cleared(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("T1 Lüdenscheid ax", "T1 ax"),
        ("MÜLLER_t2_o'brien", "t2"),
        ("T1 002 ax", "T1 002 ax"),  # parts of a code name nobody
    ],
)
def test_parts_of_double_names_are_cleared(said: str, shown: str) -> None:
    double = Identity((("Patient name", "Müller-Lüdenscheid^Ann O'Brien=X-T1-002"),))
    assert double.cleared(said) == shown
