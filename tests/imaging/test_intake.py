"""Any collection of files becomes slices and volumes, and every file is accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from brainscan.errors import Cancelled, DatasetError, InputRejected
from brainscan.imaging.intake import Intake, find_scans
from brainscan.imaging.reading import read_scan
from brainscan.imaging.source import Source
from tests.imaging import patient
from tests.imaging.bad_inputs import AFFINE, PIXELS, bad_inputs, dicom, write_all, zipped


def accounted(intake: Intake) -> list[str]:
    """Return the names of all files that an intake speaks of."""
    read = [source.name for scan in intake.scans for source in scan.sources]
    return sorted(read + [one.name for one in (*intake.rejected, *intake.left_out)])


def refusals(intake: Intake) -> Iterator[tuple[str, str]]:
    """Yield file and sentence of everything that is not read, now or when it is opened."""
    for one in (*intake.rejected, *intake.left_out):
        yield one.inside or one.name, one.reason
    for scan in intake.scans:
        try:
            scan.read_volume() if scan.is_volume else scan.read_slice()
        except InputRejected as error:
            yield scan.name, str(error)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    patient.classic_series(tmp_path / "a series")
    (tmp_path / "flair.nii.gz").write_bytes(patient.nifti_bytes(AFFINE))
    Image.fromarray(PIXELS.astype(np.uint8)).save(tmp_path / "slice.png")
    (tmp_path / "single.dcm").write_bytes(dicom(SeriesInstanceUID="1.2.9"))
    (tmp_path / "readme.txt").write_text("a disc\n")
    return tmp_path


def test_slices_and_volumes_are_told_apart(mixed: Path) -> None:
    found = find_scans(mixed)
    assert [(scan.kind, scan.name, len(scan.sources)) for scan in found.scans] == [
        ("nifti", "flair.nii.gz", 1),
        ("slice", "slice.png", 1),
        ("series", "AX T1 post Gd", 20),
        ("slice", "single.dcm", 1),
    ]
    nifti, picture, series, single = found.scans
    assert found.volumes == (nifti, series)
    assert series.path == mixed / "a series" and single.path == mixed / "single.dcm"
    assert series.read_volume().shape == (44, 48, 20)
    assert nifti.read_volume().kind == "nifti"
    assert picture.read_slice().format == "PNG" and single.read_slice().format == "DICOM"
    assert found.ignored == 1 and "kind text" in found.left_out[0].reason
    assert len(accounted(found)) == 24


def test_every_dicom_file_is_a_slice_if_asked(mixed: Path) -> None:
    found = find_scans(mixed, volumes=False)
    kinds = [scan.kind for scan in found.scans]
    assert kinds.count("slice") == 22 and kinds.count("nifti") == 1
    assert "series" not in kinds


def test_what_a_file_is_does_not_depend_on_its_name(mixed: Path) -> None:
    (mixed / "single.dcm").rename(mixed / "x.txt")
    (mixed / "flair.nii.gz").rename(mixed / "y.png")
    found = find_scans(mixed)
    assert {scan.name: scan.kind for scan in found.scans}["x.txt"] == "slice"
    assert {scan.name: scan.kind for scan in found.scans}["y.png"] == "nifti"


def test_the_same_as_an_archive_in_memory(mixed: Path) -> None:
    members = {
        str(path.relative_to(mixed)): path.read_bytes()
        for path in mixed.rglob("*")
        if path.is_file()
    }
    found = find_scans(Source.of_bytes(zipped(members), "disc.zip"))
    plain = find_scans(mixed)
    assert sorted(scan.name for scan in found.scans) == sorted(s.name for s in plain.scans)
    series = next(scan for scan in found.scans if scan.kind == "series")
    assert series.path is None and series.place == Path("disc.zip/a series")
    expected = next(scan for scan in plain.scans if scan.kind == "series")
    np.testing.assert_array_equal(series.read_volume().voxels, expected.read_volume().voxels)
    single = next(scan for scan in found.scans if scan.name == "single.dcm")
    assert single.read_slice().pixels.shape == PIXELS.shape


def test_copies_in_a_volume_are_left_out_with_the_reason(tmp_path: Path) -> None:
    folder = patient.classic_series(tmp_path)
    (folder / "twice").write_bytes(next(folder.iterdir()).read_bytes())

    def elsewhere(dataset: Dataset, index: int) -> Dataset | None:
        return dataset if index == 4 else None

    patient.classic_series(folder / "again", change=elsewhere)
    found = find_scans(folder)
    (series,) = found.scans
    assert len(series.sources) == 20
    reasons = [one.reason for one in found.left_out]
    assert len(reasons) == 2 and len(accounted(found)) == 22
    assert any("the same DICOM object as another file" in reason for reason in reasons)
    assert any("at the same position as another slice" in reason for reason in reasons)
    assert all(one.path is not None for one in found.left_out)


def test_copies_of_single_slices_are_slices(tmp_path: Path) -> None:
    for name in ("one.dcm", "two.dcm", "three.dcm"):
        (tmp_path / name).write_bytes(dicom(SOPInstanceUID="1.2.3.4.5.6"))
    found = find_scans(tmp_path)
    assert sorted(scan.name for scan in found.scans) == ["one.dcm", "three.dcm", "two.dcm"]
    assert found.left_out == ()


def test_a_file_of_several_stacks_is_left_out_of_none(tmp_path: Path) -> None:
    patient.enhanced_file(tmp_path / "enhanced.dcm")
    found = find_scans(tmp_path)
    assert [(scan.kind, len(scan.sources)) for scan in found.scans] == [("series", 1)]
    assert found.scans[0].path == tmp_path / "enhanced.dcm"


def test_frames_that_make_no_volume_are_one_slice_that_says_so(tmp_path: Path) -> None:
    path = patient.enhanced_file(tmp_path / "enhanced.dcm")
    assert "Open it on the Volume page" in read_scan(path).warnings[0]
    dataset = pydicom.dcmread(path)
    del dataset.PerFrameFunctionalGroupsSequence
    dataset.save_as(path)
    (found,) = find_scans(tmp_path).scans
    assert found.kind == "slice"
    assert found.framed == (
        "enhanced.dcm holds 20 frames, of which only the middle one is read. Its images do not "
        "state where they lie (Image Position), so that they make no volume."
    )
    (tmp_path / "enhanced.dcm").write_bytes(dicom())
    assert find_scans(tmp_path).scans[0].framed == ""


def test_frames_at_one_place_are_not_sent_to_the_volume_page(tmp_path: Path) -> None:
    path = patient.enhanced_file(tmp_path / "enhanced.dcm")
    dataset = pydicom.dcmread(path)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 0]
    dataset.save_as(path)
    (found,) = find_scans(tmp_path).scans
    assert found.kind == "slice" and "do not lie one behind the other" in found.framed
    assert "do not lie one behind the other" in read_scan(path).warnings[0]


def test_bad_inputs_get_a_sentence_each_and_the_rest_is_read(mixed: Path) -> None:
    write_all(mixed / "bad")
    found = find_scans(mixed)
    said = dict(refusals(found))
    for name, (_, words) in bad_inputs().items():
        (reason,) = [reason for key, reason in said.items() if name in key]
        assert words in reason and reason.endswith("."), name
        assert not any(secret in reason for secret in patient.SECRETS)
    assert len(said) == len(bad_inputs()) + 1  # and the text file of the folder
    good = [scan for scan in found.volumes if scan.kind == "series"]
    assert len(good) == 1 and good[0].read_volume().shape == (44, 48, 20)


def test_two_patients_are_kept_apart(tmp_path: Path) -> None:
    patient.classic_series(tmp_path / "a")
    patient.classic_series(tmp_path / "b", PatientName="Roe^Richard", PatientID="0815")
    found = find_scans(tmp_path)
    assert [len(scan.sources) for scan in found.volumes] == [20, 20]
    assert "2 different patients" in found.warnings[0] and "Roe" not in repr(found)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(range(200, 256)) * 40, "the header's own size is wrong"),
        (b"\x1f\x8b" + bytes(60), "its compressed data cannot be unpacked"),
        (b"Dear colleague,\n", "the header is not all there"),
    ],
)
def test_a_damaged_nifti_file_is_known_by_its_name(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "broken.nii.gz").write_bytes(data)
    (scan,) = find_scans(tmp_path).volumes
    with pytest.raises(InputRejected, match=words):
        scan.read_volume()


def test_missing_spacing_makes_slices(tmp_path: Path) -> None:
    def bare(dataset: Dataset, index: int) -> Dataset:
        del dataset.PixelSpacing
        return dataset

    found = find_scans(patient.classic_series(tmp_path, change=bare))
    assert [scan.kind for scan in found.scans] == ["slice"] * 20
    assert any("no pixel spacing" in said for said in found.scans[0].read_slice().warnings)


def test_a_disc_by_its_table_of_contents_and_as_a_folder() -> None:
    directory = Path(str(get_testdata_file("DICOMDIR")))
    by_table = find_scans(directory)
    assert len(accounted(by_table)) == 31
    (left_out,) = [one for one in find_scans(directory.parent).left_out if one.path == directory]
    assert "table of contents" in left_out.reason


def test_what_ends_the_whole_search(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        find_scans(tmp_path / "gone")
    torn = tmp_path / "torn.zip"
    torn.write_bytes(bad_inputs()["torn.zip"][0])
    with pytest.raises(DatasetError, match="ZIP archive"):
        find_scans(torn)
    with pytest.raises(Cancelled):
        find_scans(patient.classic_series(tmp_path / "series"), cancel=lambda: True)


def test_every_file_of_the_real_data_is_accounted_for(data_dir: Path) -> None:
    folder = data_dir / "dicom"
    files = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert accounted(find_scans(folder)) == files
    wg04 = find_scans(folder / "wg04")
    names = {scan.name for scan in wg04.scans} | {one.name for one in wg04.rejected}
    assert {
        f"{image}_{kind}"
        for image in ("MR1", "MR4")
        for kind in ("UNC", "RLE", "JPLL", "JPLY", "JLSL", "JLSN", "J2KR", "J2KI")
    } <= names
