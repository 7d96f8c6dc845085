"""NIfTI files that are scans are read; everything else is refused with a remedy."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from brainscan.errors import FileUnreadable, InputRejected
from brainscan.imaging.limits import ReadLimits
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from tests.imaging import patient

SHAPE = (40, 44, 36)
AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])
AFFINE[:3, 3] = [39, 43, -35]


def refusal(data: bytes | Path, **options: Any) -> str:
    with pytest.raises(InputRejected) as caught:
        read_nifti(data, **options)
    message = str(caught.value)
    assert message.endswith(".")
    return message


def of(values: np.ndarray, affine: np.ndarray = AFFINE) -> bytes:
    return nib.Nifti1Image(values, affine).to_bytes()


def test_facts(tmp_path: Path) -> None:
    path = tmp_path / "case_t1ce.nii.gz"
    path.write_bytes(patient.nifti_bytes(AFFINE))
    volume = read_nifti(path)
    assert (volume.name, volume.kind, volume.plane) == ("case_t1ce.nii.gz", "nifti", "axial")
    assert volume.sequence is not None and volume.sequence.label == "T1ce"
    assert volume.source.orientation == "LPS" and volume.spacing == (2.0, 2.0, 2.0)
    assert volume.voxels.dtype == np.float32 and not volume.voxels.flags.writeable
    assert volume.shape == SHAPE and volume.instances == ()
    thick = AFFINE @ np.diag([3.0, 1, 1, 1])
    assert read_nifti(of(np.random.default_rng(0).random(SHAPE), thick)).plane == "sagittal"


@pytest.mark.parametrize(("axis", "plane"), [(0, "sagittal"), (1, "coronal"), (2, "axial")])
@pytest.mark.parametrize("slices", [1, 12])
def test_the_only_slice_and_a_slab_lie_in_their_own_plane(
    axis: int, plane: str, slices: int
) -> None:
    shape = list(SHAPE)
    shape[axis] = slices
    assert read_nifti(of(np.random.default_rng(0).random(shape))).plane == plane


@pytest.mark.parametrize(
    ("place", "said"),
    [(108, "does not say where its voxels begin"), (116, "adds {} to its values")],
)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_of_the_header_that_are_none(place: int, said: str, value: float) -> None:
    data = bytearray(of(np.random.default_rng(0).random(SHAPE).astype(np.float32)))
    data[112:116] = np.float32(1).tobytes()
    data[place : place + 4] = np.float32(value).tobytes()
    assert said.format(f"{value:g}") in refusal(bytes(data))


def test_nifti2_big_endian_and_scaling() -> None:
    values = np.random.default_rng(0).integers(0, 900, SHAPE).astype(np.int16)
    image = nib.Nifti2Image(values, AFFINE)
    np.testing.assert_array_equal(
        read_nifti(image.to_bytes()).source.to_source(read_nifti(image.to_bytes()).voxels), values
    )
    big = nib.Nifti1Image(values, AFFINE, nib.Nifti1Header(endianness=">"))
    big.header.set_slope_inter(0.5, -10)
    data = bytearray(big.to_bytes())
    volume = read_nifti(bytes(data))
    expected = nib.Nifti1Image.from_bytes(bytes(data)).get_fdata(dtype=np.float32)
    np.testing.assert_allclose(volume.source.to_source(volume.voxels), expected, atol=1e-3)


def test_qform_and_sform_that_disagree() -> None:
    mirrored = AFFINE @ np.diag([-1.0, 1, 1, 1])
    mirrored[0, 3] = -39
    volume = read_nifti(patient.nifti_bytes(AFFINE, qform=mirrored))
    assert "qform RPS, sform LPS" in volume.warnings[0]
    moved = AFFINE.copy()
    moved[2, 3] += 5
    assert (
        "differ by up to 5.0 mm" in read_nifti(patient.nifti_bytes(AFFINE, qform=moved)).warnings[0]
    )
    lost = read_nifti(patient.nifti_bytes(AFFINE, codes=(0, 0)))
    assert "left and right may be swapped" in lost.warnings[0]


def test_what_is_no_scan_is_refused() -> None:
    rng = np.random.default_rng(0)
    assert "nib.save(image.slicer" in refusal(of(rng.random((*SHAPE, 3))))
    rgb = np.zeros(SHAPE, np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    assert "RGB colours" in refusal(of(rgb))
    assert "complex" in refusal(of(rng.random(SHAPE).astype(np.complex64)))
    labels = np.zeros(SHAPE, np.uint8)
    labels[10:30, 10:30, 10:30] = 1
    labels[15:20, 15:20, 15:20] = 4
    assert "holds labels" in refusal(of(labels))
    assert "holds labels" in refusal(of((labels > 0).astype(np.float32)))
    regions = np.kron(rng.integers(1000, 1100, (10, 11, 9)), np.ones((4, 4, 4))).astype(np.int16)
    regions[:2] = 0
    assert "holds labels" in refusal(of(regions))
    assert "blank" in refusal(of(np.full(SHAPE, 7, np.int16)))
    assert "only 10 x 11 x 12 voxels" in refusal(of(rng.random((10, 11, 12))))
    assert read_nifti(of(rng.random((*SHAPE, 1)))).shape == SHAPE


def test_a_few_values_are_doubted_not_refused() -> None:
    values = np.zeros(SHAPE, np.int16)
    values[5:35, 5:35, 5:35] = 100
    values[7:9, 7:9, 7:9] = 1000
    assert "only 3 different values" in read_nifti(of(values), "phantom.nii").warnings[0]
    assert "holds labels" in refusal(of(values), name="tumour_seg.nii")


def test_numbers_that_are_none_and_places_that_are_none() -> None:
    values = np.random.default_rng(0).random(SHAPE)
    values[0, 0, :3] = np.nan
    values[0, 0, 3] = np.inf
    assert f"has 4 of {values.size:,} voxels that are not finite" in refusal(of(values))

    def edited(place: int, raw: bytes) -> bytes:
        data = bytearray(of(np.nan_to_num(values, posinf=0)))
        data[place : place + len(raw)] = raw
        return bytes(data)

    assert "voxel size of 0 x 2 x 2" in refusal(edited(80, np.float32(0).tobytes()))
    assert "voxel size of nan" in refusal(edited(80, np.float32(np.nan).tobytes()))
    assert "singular" in refusal(edited(280, bytes(16)))
    assert "damaged" in refusal(edited(40, np.int16([3, -5]).tobytes()))
    assert "damaged" in refusal(edited(108, np.float32(10).tobytes()))


def test_units_are_turned_to_millimetres() -> None:
    image = nib.Nifti1Image(
        np.random.default_rng(0).random(SHAPE), AFFINE @ np.diag([1e-3] * 3 + [1])
    )
    image.header.set_xyzt_units("meter")
    volume = read_nifti(image.to_bytes())
    np.testing.assert_allclose(volume.spacing, 2.0, rtol=1e-5)
    assert "other units" in volume.warnings[0]


def test_damaged_files(tmp_path: Path) -> None:
    plain = of(np.random.default_rng(0).random(SHAPE))
    packed = gzip.compress(plain, 1)
    assert "ends early: " in refusal(plain[:-1000])
    assert "ends early" in refusal(packed[: len(packed) // 2])
    assert "header is not all there" in refusal(plain[:100])
    broken = bytearray(packed)
    broken[len(broken) // 2] ^= 0xFF
    assert "damaged" in refusal(bytes(broken))
    assert "limit is" in refusal(plain, limits=ReadLimits(max_voxels=1000))
    assert "limit is" in refusal(plain, limits=ReadLimits(max_volume_bytes=1000))
    with pytest.raises(FileUnreadable, match="does not exist"):
        read_nifti(tmp_path / "missing.nii")
    assert "is a folder" in refusal(tmp_path)


def test_a_bomb_is_refused_from_its_header() -> None:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((8000, 8000, 8000))
    header["pixdim"][1:4] = 1
    bomb = gzip.compress(header.binaryblock + bytes(50_000_000))
    tracemalloc.start()
    assert "million" in refusal(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_standardised_intensities_reach_the_network_as_the_original_ones_do() -> None:
    plain = read_nifti(patient.nifti_bytes(AFFINE, dtype=np.float32))
    inside = plain.voxels > 0
    standard = np.where(
        inside, (plain.voxels - plain.voxels[inside].mean()) / plain.voxels[inside].std(), 0
    )
    stored = plain.source.to_source(standard)
    zero_background = read_nifti(of(stored.astype(np.float32)))
    assert zero_background.background == 0 and zero_background.voxels.min() < 0
    darkest = np.where(standard == 0, standard.min() - 0.5, standard)
    dark_background = read_nifti(of(plain.source.to_source(darkest).astype(np.float32)))
    assert dark_background.background is None and plain.background is None
    how = Preprocessing()
    expected, there = preprocess(plain.to_scan("axial", 20).pixels, how)
    for volume in (zero_background, dark_background):
        image, back = preprocess(volume.to_scan("axial", 20).pixels, how)
        assert back == there
        assert np.corrcoef(image.ravel(), expected.ravel())[0, 1] > 0.9


def test_a_large_volume_stays_within_memory() -> None:
    values = np.random.default_rng(0).integers(0, 900, (240, 240, 155)).astype(np.int16)
    data = nib.Nifti1Image(values, AFFINE).to_bytes()
    tracemalloc.start()
    read_nifti(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250_000_000


def test_real_volumes(data_dir: Path) -> None:
    folder = data_dir / "nifti"
    flair = read_nifti(folder / "brats2015-pat0005_1" / "Flair_subtrMeanDivStd.nii.gz")
    assert flair.shape == (240, 240, 155) and flair.source.orientation == "LPS"
    assert flair.sequence is not None and flair.sequence.label == "FLAIR"
    native = read_nifti(folder / "tcga-fg-6692-native" / "t1ce.nii.gz")
    assert native.plane == "axial" and native.source.orientation == "LAS"
    assert "holds labels" in refusal(folder / "brats2015-pat0005_1" / "OTMultiClass.nii.gz")
    assert "holds labels" in refusal(folder / "brats2015-pat0005_1" / "brainmask.nii.gz")


def test_squashed_pixels_reach_the_network_square() -> None:
    wide = read_nifti(of(np.random.default_rng(0).random(SHAPE), AFFINE @ np.diag([1.0, 1, 3, 1])))
    scan = wide.to_scan("coronal", 20)
    assert scan.aspect == 3.0
    image, geometry = preprocess(scan.pixels, Preprocessing(), scan.aspect)
    assert geometry.inner_height > geometry.inner_width
    assert geometry.to_slice(image.astype(np.float32)).shape == scan.pixels.shape
