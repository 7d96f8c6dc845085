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
