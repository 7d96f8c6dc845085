"""What becomes of a drop: slices are rows, volumes are cards, bad files say why."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.ui import dropped, reading_room
from brainscan.ui.store import Stores
from brainscan.ui.worklist import Worklist
from tests.imaging import patient

TEXT = b"These are notes about a patient, not a picture."


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def listed() -> Worklist:
    return Worklist()


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    folder = patient.classic_series(tmp_path_factory.mktemp("series"))
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


def _png(seed: int = 1) -> bytes:
    return phantom_png(phantom_slice(seed))


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def _nifti(shape: tuple[int, int, int] = (40, 44, 36)) -> bytes:
    return patient.nifti_bytes(np.diag([-2.0, -2.0, 2.0, 1.0]), shape)


def test_pictures_and_lone_slices_are_rows(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    files = [("a.png", _png()), series[3], ("b.png", _png(2)), ("notes.jpg", TEXT)]
    taken = dropped.take(listed, stores, files)
    assert (taken.known, taken.left_out, taken.words) == (0, (), "")
    assert [row.name for row in listed.rows.values()] == [
        "a.png",
        series[3][0],
        "b.png",
        "notes.jpg",
    ]
    assert listed.volumes == {}
    for row in listed.rows.values():
        reading_room.read_row(row, listed.session, stores, None)
    assert [row.status for row in listed.rows.values()] == ["ok"] * 3 + ["rejected"]
    assert dropped.take(listed, stores, files[:2]).words == "2 files were on the list already."


def test_a_series_is_one_card_and_comes_back_whole(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    looked: list[tuple[int, int]] = []
    dropped.take(listed, stores, series, progress=lambda *place: looked.append(place))
    assert listed.rows == {} and looked[-1] == (20, 20)
    (volume,) = listed.volumes.values()
    assert (volume.slices, volume.plane, volume.words) == (20, "axial", "axial, T1ce")
    assert volume.size_bytes == sum(len(data) for _, data in series)
    assert not [secret for secret in patient.SECRETS if secret in repr(volume)]
    sources = stores.volumes.get((listed.session, volume.key))
    assert sources is not None
    assert {source.read() for source in sources} == {data for _, data in series}
    packed = _zip([(f"Doe/{name}", data) for name, data in reversed(series)])
    assert dropped.take(listed, stores, [("disc.zip", packed)]).known == 1
    reading_room.forget_volume(listed, stores, volume.key)
    assert listed.volumes == {} and len(stores.volumes) == 0


def test_a_few_slices_of_a_series_are_rows(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    dropped.take(listed, stores, series[:4])
    assert len(listed.rows) == 4 and listed.volumes == {}
    dropped.take(listed, stores, series[:5])
    assert [volume.slices for volume in listed.volumes.values()] == [5]


def test_a_file_of_many_frames_is_a_volume(
    listed: Worklist, stores: Stores, tmp_path: Path
) -> None:
    path = patient.enhanced_file(tmp_path / "enhanced.dcm")
    dropped.take(listed, stores, [("IM1", path.read_bytes())])
    assert [volume.slices for volume in listed.volumes.values()] == [20]


def test_nifti_is_a_volume_or_says_why_not(listed: Worklist, stores: Stores) -> None:
    moving = nib.Nifti1Image(np.ones((8, 8, 8, 5), np.int16), np.eye(4)).to_bytes()
    files = [("flair.nii.gz", _nifti()), ("bold.nii", moving), ("cut.nii.gz", _nifti()[:40])]
    dropped.take(listed, stores, files)
    (volume,) = listed.volumes.values()
    assert (volume.name, volume.slices, volume.words) == ("flair.nii.gz", 36, "axial, FLAIR")
    rows = {row.name: row for row in listed.rows.values()}
    assert rows["bold.nii"].status == "rejected" and rows["bold.nii"].reason.endswith(".")
    assert set(rows) == {"bold.nii", "cut.nii.gz"}


def test_a_damaged_nifti_file_is_one_row_that_says_so(listed: Worklist, stores: Stores) -> None:
    dropped.take(listed, stores, [("broken.nii.gz", bytes(range(200, 256)) * 40)])
    (row,) = listed.rows.values()
    assert (row.name, row.status, listed.volumes) == ("broken.nii.gz", "rejected", {})
    assert row.reason.startswith(
        "broken.nii.gz looks like a NIfTI file but is damaged: the header's own size is wrong."
    )


def test_bad_files_are_rows_and_the_rest_goes_on(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    ct = patient.header(Modality="CT", SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    chest = patient.to_bytes(patient.with_pixels(ct, np.ones((40, 40), np.uint16)))
    packed = _zip([("ok.png", _png()), ("inner.zip", _zip([("x.png", _png(3))]))])
    files = [("ct", chest), ("broken.zip", b"PK\x03\x04 nothing"), ("pack.zip", packed), *series]
    dropped.take(listed, stores, [*files, ("viewer.exe", b"MZ\x90\x00 program")])
    rows = {row.name: row for row in listed.rows.values()}
    assert set(rows) == {"ct", "broken.zip", "inner.zip", "ok.png"}
    assert "computed tomography" in rows["ct"].reason.lower() or "CT" in rows["ct"].reason
    assert {row.status for row in rows.values() if row.name != "ok.png"} == {"rejected"}
    assert all(row.reason.endswith(".") for name, row in rows.items() if name != "ok.png")
    assert len(listed.volumes) == 1
    assert not [s for s in patient.SECRETS if any(s in row.reason for row in rows.values())]


def test_what_lies_about_on_a_disc_is_left_out(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    taken = dropped.take(listed, stores, [*series, ("viewer.exe", b"MZ\x90\x00\x01 a program")])
    assert listed.rows == {}
    assert taken.words == "1 file was left out (no scans, or not needed): viewer.exe."
    more = [(f"disc/{name}.dll", b"MZ\x90\x00\x01 " + name.encode()) for name in "abcd"]
    taken = dropped.take(listed, stores, [*series, *more])
    assert taken.words.endswith(
        "4 files were left out (no scans, or not needed): a.dll, b.dll and 2 more."
    )


def test_an_archive_that_is_refused_as_a_whole(listed: Worklist, stores: Stores) -> None:
    dropped.take(listed, stores, [("broken.zip", b"PK\x03\x04 nothing")])
    (row,) = listed.rows.values()
    assert (row.name, row.status) == ("broken.zip", "rejected")
    assert "not a ZIP archive" in row.reason


def test_two_patients_in_one_drop_are_reported(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    other = patient.header(PatientName="Roe^R", PatientID="other", SeriesInstanceUID="1.9")
    data = patient.to_bytes(
        patient.with_pixels(other, np.arange(1600, dtype=np.uint16).reshape(40, 40))
    )
    dropped.take(listed, stores, [series[0], ("second", data)])
    assert "2 different patients" in " ".join(listed.notices)
    assert "Roe" not in " ".join(listed.notices)
    reading_room.clear(listed, stores)
    assert listed.notices == () and listed.rows == {}


def test_nothing_of_the_patient_is_kept_beside_the_file(
    listed: Worklist, stores: Stores, series: list[tuple[str, bytes]]
) -> None:
    dropped.take(listed, stores, series[:1])
    (row,) = listed.rows.values()
    reading_room.read_row(row, listed.session, stores, None)
    assert not [secret for secret in patient.SECRETS if secret in repr(row)]
    assert row.facts["Sequence"].startswith("T1ce. ")
    assert row.facts["Pixel"] == "2 × 2 mm (across, down)"
    assert row.facts["Edges"] == "left R, right L, top A, bottom P"
    assert row.facts["Format"] == "DICOM, MONOCHROME2, 12 bits"
    assert row.facts["Window"] == "none in the file"
