"""Folders of DICOM: grouped, ordered, described, and one series chosen with reasons."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.dicom import find_series, read_dicom_scan, read_series
from brainscan.imaging.dicom.mosaic import Mosaic
from brainscan.imaging.dicom.parsing import parse_dicom
from brainscan.imaging.dicom.protocol import Protocol, guess_sequence
from brainscan.imaging.limits import DEFAULT_LIMITS
from brainscan.imaging.sequence import guess_from_file_name, sequence_from_text
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


def test_mosaic_tiles_and_a_mosaic_that_cannot_be_split(tmp_path: Path) -> None:
    tiles = Mosaic(count=3, across=2, rows=2, columns=3)
    stored = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(tiles.cut(stored, 1), stored[:2, 3:])
    np.testing.assert_array_equal(tiles.cut(stored, 2), stored[2:, :3])

    def mosaic(dataset: Dataset, index: int) -> Dataset:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
        return dataset

    series = find_series(patient.classic_series(tmp_path, change=mosaic)).series[0]
    assert "Siemens mosaic that cannot be split" in str(series.reason)


def csa_header(tags: dict[str, tuple[str, list[str]]]) -> bytes:
    """Write Siemens' CSA2 header: tags of name, value representation and text items."""
    body = b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(tags), 77)
    for name, (vr, items) in tags.items():
        body += struct.pack("<64si4siii", name.encode(), len(items), vr.encode(), 0, len(items), 77)
        for item in items:
            data = item.encode() + b"\x00"
            body += struct.pack("<4i", len(data), len(data), 77, len(data))
            body += data + bytes(-len(data) % 4)
    return body


def test_a_mosaic_is_split_into_its_slices(tmp_path: Path) -> None:
    slices = patient.slice_pixels(AXIAL, 4.0)  # 20 slices of 48 x 44 pixels, 2 mm
    whole = np.zeros((5 * 48, 5 * 44), np.uint16)
    for index, (pixels, _) in enumerate(slices):
        row, column = divmod(index, 5)
        whole[row * 48 : (row + 1) * 48, column * 44 : (column + 1) * 44] = pixels
    dataset = patient.header(ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    # The stated corner belongs to an image of the mosaic's size around the slice's centre.
    corner = slices[0][1] - np.array([(5 * 44 - 44) / 2 * 2, (5 * 48 - 48) / 2 * 2, 0])
    dataset.ImagePositionPatient = list(corner)
    dataset.ImageOrientationPatient = list(AXIAL)
    dataset.PixelSpacing = [2, 2]
    dataset.SliceThickness = dataset.SpacingBetweenSlices = 4
    dataset.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    header = csa_header(
        {
            "NumberOfImagesInMosaic": ("US", ["20"]),
            "SliceNormalVector": ("FD", ["0.0", "0.0", "1.0"]),
        }
    )
    dataset.add_new(0x00291010, "OB", header + bytes(len(header) % 2))
    path = tmp_path / "mosaic.ima"
    path.write_bytes(patient.to_bytes(patient.with_pixels(dataset, whole)))
    series = find_series(path).series[0]
    assert (series.slices, series.size, series.warnings) == (20, (48, 44), ())
    volume = read_series(series)
    place = patient.marker_place(volume.voxels, volume.affine)
    np.testing.assert_allclose(place, patient.MARKER, atol=2)
    np.testing.assert_array_equal(volume.source.to_source(volume.voxels)[4], slices[4][0])
    assert "20 slices in a mosaic" in read_dicom_scan(path).warnings[0]


def test_real_series(data_dir: Path) -> None:
    found = find_series(data_dir / "dicom" / "series-brain-20")
    volume = read_series(found.series[0])
    assert volume.shape == (256, 256, 20) and volume.plane == "axial"
    assert volume.spacing == pytest.approx((0.859375, 0.859375, 7.0), abs=0.01)
    assert found.preselected is not None and "proton density" in found.series[0].sequence.reason
    assert found.series[0].sequence.proton_density


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("AX T1 POST GD", "T1ce"),
        ("t1ce", "T1ce"),
        ("BraTS2021_00000_t1ce", "T1ce"),
        ("sub-01_ce-gadolinium_T1w", "T1ce"),
        ("T1c_subtrMeanDivStd", "T1ce"),
        ("Ax T1 pre contrast", "T1"),
        ("sag mprage", "T1"),
        ("t1n", "T1"),
        ("T2W_TSE_ax", "T2"),
        ("t2w", "T2"),
        ("AX T2 FLAIR", "FLAIR"),
        ("t2f", "FLAIR"),
        ("t2_tirm_tra_dark-fluid", "FLAIR"),
        ("AX T1 FLAIR", "T1"),
        ("ep2d_diff_b1000", "unknown"),
        ("SWI", "unknown"),
        ("T2* GRE", "unknown"),
        ("brain", None),
    ],
)
def test_sequence_names(text: str, label: str | None) -> None:
    assert sequence_from_text(text) == label


@pytest.mark.parametrize(
    ("times", "agent", "label"),
    [
        ((12, 550, None), False, "T1"),
        ((12, 550, None), True, "T1ce"),
        ((3, 7, 900), False, "T1"),
        ((100, 5000, None), False, "T2"),
        ((120, 9000, 2500), False, "FLAIR"),
        ((20, 3000, None), False, "unknown"),
        ((None, None, None), False, "unknown"),
    ],
)
def test_sequence_timing(times: tuple, agent: bool, label: str) -> None:
    echo, repetition, inversion = times
    guess = guess_sequence(
        Protocol(echo_time=echo, repetition_time=repetition, inversion_time=inversion, agent=agent)
    )
    assert guess.label == label and guess.reason.endswith(".")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FSE PD AXIAL OBL", True),
        ("pd_tse_tra", True),
        ("AX PDW", True),
        ("AX PDWI", True),
        ("Proton-Density", True),
        ("updated", False),
        ("PDF export", False),
        ("rapid brain", False),
        ("PD01 brain", False),
        ("AX T1 POST GD", False),
        ("SWI", False),
        ("", False),
    ],
)
def test_proton_density_is_a_word_of_its_own(text: str, found: bool) -> None:
    assert guess_sequence(Protocol(description=text)).proton_density == found
    assert guess_from_file_name(f"{text}.nii.gz").proton_density == found
    assert not found or sequence_from_text(text) == "unknown"


def test_proton_density_is_told_by_header_and_timing() -> None:
    assert guess_sequence(Protocol(contrast="PROTON_DENSITY")).proton_density
    assert guess_sequence(Protocol(echo_time=20, repetition_time=3000)).proton_density
    assert not guess_sequence(Protocol(contrast="DIFFUSION")).proton_density


def test_a_sequence_in_words() -> None:
    words = {
        "AX PD": "Proton density",
        "DWI b1000": "Diffusion",
        "scout": "Localiser",
        "T1 MPRAGE": "T1",
        "AX T2 FLAIR": "FLAIR",
        "": "Unknown",
    }
    for description, expected in words.items():
        assert guess_sequence(Protocol(description=description)).words == expected
    assert guess_from_file_name("image.nii").words == "Unknown"
    assert guess_from_file_name("ax_pd.nii.gz").words == "Proton density"
    assert guess_sequence(Protocol(contrast="DIFFUSION")).words == "Diffusion"
    # Timing tells that it is none of the four; which other one it is would be a guess.
    planar = Protocol(echo_time=80, repetition_time=4000, scanning="EP")
    assert "as for diffusion or perfusion" in guess_sequence(planar).reason
    assert guess_sequence(planar).words == "Unknown"


def test_file_names() -> None:
    assert guess_from_file_name("pat_flair.nii.gz").label == "FLAIR"
    assert guess_from_file_name("image.nii").label == "unknown"
