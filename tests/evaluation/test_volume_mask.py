"""Expert masks of volumes: the same grid, the same side, labels by area."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.evaluation.volume_mask import TumorMask
from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.volume import Volume
from tests.evaluation.volume_stub import AFFINE, SHAPE, tumor_labels, write_mask, write_volume
from tests.imaging.patient import OBLIQUE, classic_series, nifti_bytes


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return read_nifti(write_volume(tmp_path_factory.mktemp("scan") / "t1.nii.gz"))


def test_any_label_is_tumor_and_the_mask_lies_where_the_picture_shows_it(
    tmp_path: Path, volume: Volume
) -> None:
    bright = volume.voxels > 900  # the marker on the patient's left
    mask = TumorMask.read(write_mask(tmp_path / "m.nii.gz", bright * 3), volume)
    for plane in ("axial", "coronal", "sagittal"):
        for index in range(volume.depth(plane)):
            shown = volume.plane_slice(plane, index).pixels > 900
            assert np.array_equal(mask.on_slice(plane, index), shown)


def test_a_mask_stored_in_another_order_is_the_same(tmp_path: Path, volume: Volume) -> None:
    labels = tumor_labels()
    turned = np.array([[-2.0, 0, 0, 39], [0, 0, 2, -43], [0, -2, 0, 35], [0, 0, 0, 1]])
    stored = labels[::-1].transpose(0, 2, 1)[:, ::-1]
    mask = TumorMask.read(write_mask(tmp_path / "m.nii.gz", stored, turned), volume)
    assert np.array_equal(mask.inside, labels > 0)


def test_a_nifti_mask_fits_an_oblique_dicom_series(tmp_path: Path) -> None:
    found = find_series(classic_series(tmp_path / "series", OBLIQUE)).series[0]
    scan = read_series(found)
    path = write_mask(tmp_path / "m.nii.gz", scan.voxels > 900, scan.affine)
    assert np.array_equal(TumorMask.read(path, scan).inside, scan.voxels > 900)


def test_slices_are_labelled_by_area(tmp_path: Path, volume: Volume) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[10:13, 20, 5] = 1  # 3 voxels of 4 mm²
    labels[10:12, 20, 6] = 4
    mask = TumorMask.read(write_mask(tmp_path / "m.nii.gz", labels), volume)
    assert [mask.label("axial", index) for index in (5, 6, 7)] == ["tumor", None, "no_tumor"]
    assert mask.label("coronal", 20) == "tumor"
    assert mask.label("sagittal", 12) is None


def test_a_mask_declared_as_labels_and_an_empty_one_are_read(
    tmp_path: Path, volume: Volume
) -> None:
    image = nib.Nifti1Image(np.zeros(SHAPE, np.uint8), AFFINE)
    image.header.set_intent("label")
    (tmp_path / "m.nii").write_bytes(image.to_bytes())
    assert not TumorMask.read(tmp_path / "m.nii", volume).inside.any()


@pytest.mark.parametrize(("moved", "fits"), [(0.3, True), (2.0, False)])
def test_a_grid_that_lies_elsewhere_is_refused(
    tmp_path: Path, volume: Volume, moved: float, fits: bool
) -> None:
    affine = AFFINE.copy()
    affine[2, 3] += moved
    path = write_mask(tmp_path / "m.nii.gz", tumor_labels(), affine)
    if fits:
        assert TumorMask.read(path, volume).inside.any()
        return
    with pytest.raises(InputRejected, match=r"lies up to 1.0 voxels away .* same affine"):
        TumorMask.read(path, volume)


def test_a_grid_of_another_size_is_refused(tmp_path: Path, volume: Volume) -> None:
    path = write_mask(tmp_path / "m.nii.gz", tumor_labels()[:, :, 1:])
    with pytest.raises(InputRejected, match=r"40 x 44 x 35 voxels .* 40 x 44 x 36"):
        TumorMask.read(path, volume)


@pytest.mark.parametrize("data", [b"", b"no volume", nifti_bytes(AFFINE)[:3000]])
def test_a_file_that_is_no_mask_is_a_sentence(tmp_path: Path, volume: Volume, data: bytes) -> None:
    (tmp_path / "m.nii.gz").write_bytes(data)
    with pytest.raises(InputRejected, match=r"m\.nii\.gz"):
        TumorMask.read(tmp_path / "m.nii.gz", volume)
