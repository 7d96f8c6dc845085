"""Folders of DICOM: grouped, ordered, described, and one series chosen with reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.dicom.parsing import parse_dicom
from brainscan.imaging.limits import DEFAULT_LIMITS
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.patient import AXIAL, SAGITTAL

FLAIR = {
    "SeriesInstanceUID": "1.2.3.6",
    "SeriesDescription": "ax FLAIR",
    "EchoTime": 120,
    "RepetitionTime": 9000,
    "InversionTime": 2500,
    "SeriesNumber": 3,
}


def test_mixed_series_are_kept_apart_and_explained(tmp_path: Path) -> None:
    patient.classic_series(tmp_path / "mix", SeriesNumber=4)
    patient.classic_series(tmp_path / "mix" / "flair", **FLAIR)
    patient.classic_series(
        tmp_path / "mix" / "loc",
        SAGITTAL,
        SeriesInstanceUID="1.2.3.7",
        ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
    )
    patient.classic_series(
        tmp_path / "mix" / "derived",
        SeriesInstanceUID="1.2.3.8",
        SeriesDescription="t1 ce reformat",
        ImageType=["DERIVED", "SECONDARY", "REFORMATTED"],
    )
    patient.classic_series(
        tmp_path / "mix" / "few",
        SeriesInstanceUID="1.2.3.9",
        change=lambda dataset, index: dataset if index < 3 else None,
    )
    patient.classic_series(tmp_path / "mix" / "ct", SeriesInstanceUID="1.2.3.10", Modality="CT")
    (tmp_path / "mix" / "README.txt").write_text("a disc\n")
    found = find_series(tmp_path / "mix")
    chosen = found.preselected
    assert chosen is not None and chosen is found.series[0]
    assert (chosen.sequence.label, chosen.plane, chosen.slices) == ("T1ce", "axial", 20)
    assert chosen.spacing == pytest.approx((4, 2, 2))
    reasons = {one.description: one.reason for one in found.series if one is not chosen}
    assert "it is T1ce, this one is FLAIR" in str(reasons["ax FLAIR"])
    assert str(reasons["t1 ce reformat"]).startswith("Derived")
    kinds = " ".join(str(one.reason).split(":")[0] for one in found.series[1:])
    for word in ("Localiser", "Too few slices", "Wrong modality", "Derived"):
        assert word in kinds
    assert (found.ignored, found.rejected, found.patients) == (1, (), 1)
    flair = next(one for one in found.series if one.description == "ax FLAIR")
    assert "TE 120 ms, TR 9000 ms, TI 2500 ms, which fits" in flair.sequence.reason
    ct = next(one for one in found.series if one.modality == "CT")
    with pytest.raises(InputRejected, match="CT image, not an MR"):
        read_series(ct)
    assert chosen.thumbnail(64).shape == (64, 59)


def test_a_bad_file_does_not_stop_the_folder(tmp_path: Path) -> None:
    folder = patient.classic_series(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:200])
    (folder / "junk").write_bytes(bytes(128) + b"DICM" + bytes(range(256)))
    found = find_series(folder)
    assert found.series[0].slices == 19
    assert {one.name for one in found.rejected} == {names[0], "junk"}
    assert all(one.reason.startswith(one.name) for one in found.rejected)


def test_two_patients_in_one_folder_are_reported(tmp_path: Path) -> None:
    patient.classic_series(tmp_path / "a")
    patient.classic_series(tmp_path / "b", PatientName="Roe^Richard", PatientID="0815")
    found = find_series(tmp_path)
    assert found.patients == 2 and len(found.series) == 2
    assert "2 different patients" in found.warnings[0]
    assert sorted(one.patient for one in found.series) == [1, 2]
    assert "Roe" not in repr(found) + str(found.warnings)


def test_gaps_and_uneven_distances_are_reported(tmp_path: Path) -> None:
    def without(dataset: Dataset, index: int) -> Dataset | None:
        return None if index in (7, 8) else dataset

    gap = find_series(patient.classic_series(tmp_path / "gap", change=without)).series[0]
    assert gap.warnings == (
        "2 slices are missing (between 7 and 8 of 18): positions and other planes are "
        "distorted there.",
    )
    assert read_series(gap).spacing[2] == pytest.approx(4)

    def shifted(dataset: Dataset, index: int) -> Dataset:
        place = list(dataset.ImagePositionPatient)
        place[2] = float(place[2]) + 0.9 * (index == 5)
        dataset.ImagePositionPatient = place
        return dataset

    uneven = find_series(patient.classic_series(tmp_path / "uneven", change=shifted)).series[0]
    assert "varies from 3.10 to 4.90 mm" in uneven.warnings[0]


def test_duplicates_are_told_apart_or_left_out(tmp_path: Path) -> None:
    patient.classic_series(tmp_path / "echo", EchoTime=20)
    patient.classic_series(tmp_path / "echo" / "2", EchoTime=90)
    echoes = find_series(tmp_path / "echo").series
    for series, time in zip(sorted(echoes, key=lambda one: one.description), (20, 90), strict=True):
        assert series.description.startswith(f"AX T1 post Gd, echo time {time}")
    assert [one.slices for one in echoes] == [20, 20]
    patient.classic_series(tmp_path / "same")
    patient.classic_series(tmp_path / "same" / "again")
    again = find_series(tmp_path / "same").series
    assert [one.slices for one in again] == [20]
    assert "20 slices lie at the same position" in again[0].warnings[0]
    copy = tmp_path / "copy"
    patient.classic_series(copy)
    file = next(copy.iterdir())
    (copy / "copy").write_bytes(file.read_bytes())
    assert "1 slice is there twice" in find_series(copy).series[0].warnings[0]


def test_orientations_in_one_series_become_stacks(tmp_path: Path) -> None:
    patient.classic_series(tmp_path / "a", AXIAL)
    patient.classic_series(tmp_path / "b", SAGITTAL)
    assert sorted(str(one.plane) for one in find_series(tmp_path).series) == ["axial", "sagittal"]


def test_missing_geometry_is_said(tmp_path: Path) -> None:
    def bare(dataset: Dataset, index: int) -> Dataset:
        del dataset.PixelSpacing
        return dataset

    series = find_series(patient.classic_series(tmp_path, change=bare)).series[0]
    assert "pixel spacing" in str(series.reason)
    with pytest.raises(InputRejected, match="pixel spacing"):
        read_series(series)


def test_headers_are_read_without_the_pixels(tmp_path: Path) -> None:
    folder = patient.classic_series(tmp_path)
    path = next(folder.iterdir())
    with path.open("rb") as stream:
        read: list[int] = []

        class Counting:
            def read(self, count: int = -1) -> bytes:
                data = stream.read(count)
                read.append(stream.tell())
                return data

            def __getattr__(self, name: str) -> object:
                return getattr(stream, name)

            def __enter__(self) -> Counting:
                return self

            def __exit__(self, *_: object) -> None:
                pass

        parse_dicom(
            Source("x", None, path.stat().st_size, Counting),  # type: ignore[arg-type]
            DEFAULT_LIMITS,
            pixels=False,
        )
    assert max(read) < path.stat().st_size - 48 * 44 * 2 + 16


def test_dicomdir_and_cancel(tmp_path: Path) -> None:
    directory = get_testdata_file("DICOMDIR")
    found = find_series(directory)
    assert len(found.rejected) + sum(one.slices for one in found.series) == 31
    assert all("DICOMDIR" not in one.reason for one in found.rejected)
    with pytest.raises(Cancelled):
        find_series(patient.classic_series(tmp_path), cancel=lambda: True)


def test_real_series(data_dir: Path) -> None:
    found = find_series(data_dir / "dicom" / "series-brain-20")
    volume = read_series(found.series[0])
    assert volume.shape == (256, 256, 20) and volume.plane == "axial"
    assert volume.spacing == pytest.approx((0.859375, 0.859375, 7.0), abs=0.01)
    assert found.preselected is not None and "proton density" in found.series[0].sequence.reason
    assert found.series[0].sequence.proton_density
