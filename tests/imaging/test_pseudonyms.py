"""Identifiers that replace others: valid, consistent, not to be guessed; and shifted dates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from brainscan.imaging.dicom.pseudonyms import Pseudonyms
from tests.imaging.bad_inputs import dicom
from tests.imaging.planted import KEY, copy


def test_identifiers_are_valid_consistent_and_cannot_be_guessed() -> None:
    first, again, other = Pseudonyms(KEY), Pseudonyms(KEY), Pseudonyms()
    olds = [f"1.2.3.{number}" for number in range(500)]
    news = [first.uid(old) for old in olds]
    assert len(set(news)) == 500 and news == [again.uid(old) for old in olds]
    assert not set(news) & {other.uid(old) for old in olds}
    assert first.uid("1.2.3.4\0") == first.uid("1.2.3.4 ") == first.uid("1.2.3.4")
    for new in news:
        assert pydicom.uid.UID(new).is_valid and new.startswith("2.25.") and len(new) <= 64
    assert first.patient("7", "Doe^Jane") == first.patient("7", "DOE JANE ")
    assert first.patient("7", "Doe^Jane") != first.patient("8", "Doe^Jane")
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonyms(b"short")


def test_a_secret_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "project.key"
    new = Pseudonyms.of_file(path).uid("1.2.3")
    assert Pseudonyms.of_file(path).uid("1.2.3") == new
    assert path.stat().st_mode & 0o077 == 0 and len(path.read_bytes()) == 32


def test_dates_are_shifted_by_one_distance_for_a_patient() -> None:
    common = {"shift_dates": True}
    _, first = copy(
        dicom(StudyDate="20240228", StudyTime="101112", AcquisitionDateTime="20240228101112.5"),
        **common,
    )
    _, later = copy(dicom(StudyDate="20240301", ContentDate="not a date"), **common)
    _, other = copy(dicom(StudyDate="20240301", PatientID="another"), **common)

    def day(dataset: Dataset) -> np.datetime64:
        stated = dataset.StudyDate
        return np.datetime64(f"{stated[:4]}-{stated[4:6]}-{stated[6:]}")

    assert day(later) - day(first) == np.timedelta64(2, "D")  # over a leap day
    assert first.StudyTime == "101112"
    assert first.AcquisitionDateTime == f"{first.StudyDate}101112.5"
    assert not first.StudyDate.startswith("2024") and other.StudyDate != later.StudyDate
    assert later.ContentDate == "19000101" and first.PatientBirthDate == ""
