"""Evidence as NIfTI: opened again by nibabel on the grid of the source, equal in every voxel."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.volume import Volume
from brainscan.inference.volume import predict_volume
from brainscan.reporting.evidence_nifti import evidence_nifti, mask_nifti
from tests.imaging import patient
from tests.imaging.patient import AXIAL, MARKER, OBLIQUE, SAGITTAL
from tests.imaging.test_volume_orientation import affines
from tests.inference.fake_network import fake_classifier


def opened(data: bytes) -> nib.Nifti1Image:
    return nib.Nifti1Image.from_bytes(gzip.decompress(data))


def check(volume: Volume) -> nib.Nifti1Image:
    """Both files lie on the source grid and hold what the prediction says."""
    prediction = predict_volume(fake_classifier(), volume)
    image = opened(evidence_nifti(volume, prediction))
    assert image.get_data_dtype() == np.float32 and image.shape == volume.source.shape
    np.testing.assert_allclose(image.affine, volume.source.affine, rtol=1e-6, atol=1e-5)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    np.testing.assert_allclose(image.get_qform(), volume.source.affine, atol=1e-3)
    values = np.asarray(image.dataobj)
    expected = prediction.evidence_volume(volume)
    np.testing.assert_array_equal(volume.source.to_canonical(values), expected)
    mask = opened(mask_nifti(volume, prediction))
    assert mask.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(mask.affine, image.affine)
    np.testing.assert_array_equal(np.asarray(mask.dataobj), (values >= 0.5).astype(np.uint8))
    strong = np.argwhere(np.asarray(mask.dataobj) == 1)
    place = image.affine[:3, :3] @ strong.mean(axis=0) + image.affine[:3, 3]
    np.testing.assert_allclose(place, MARKER, atol=5.0)
    return image


@pytest.mark.parametrize("name", affines())
def test_nifti_sources_keep_their_affine_exactly(name: str) -> None:
    data = patient.nifti_bytes(affines()[name])
    image = check(read_nifti(data, "t1.nii.gz"))
    np.testing.assert_array_equal(image.affine, opened(data).affine)


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, OBLIQUE])
def test_dicom_sources(tmp_path: Path, orientation: tuple) -> None:
    check(read_series(find_series(patient.classic_series(tmp_path, orientation)).series[0]))


def test_the_same_answer_gives_the_same_bytes_and_names_its_use() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["LPS"]), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    data = evidence_nifti(volume, prediction)
    assert data == evidence_nifti(volume, prediction)
    assert data[4:8] == b"\0\0\0\0"  # gzip's time of writing
    header = opened(data).header
    assert b"research use only" in header["descrip"].tobytes()
    assert header.get_xyzt_units()[0] == "mm"
    assert (
        b"research use only" in opened(mask_nifti(volume, prediction)).header["descrip"].tobytes()
    )


def test_a_sheared_grid_is_written_without_a_qform() -> None:
    sheared = affines()["RAS"].copy()
    sheared[0, 2] = 0.5
    volume = read_nifti(patient.nifti_bytes(sheared, codes=(0, 1)), "t1.nii.gz")
    image = opened(evidence_nifti(volume, predict_volume(fake_classifier(), volume)))
    np.testing.assert_allclose(image.affine, sheared, atol=1e-6)
    assert int(image.header["qform_code"]) == 0


def test_the_threshold_of_the_mask_is_met_or_refused() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["RAS"]), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    sizes = [int(np.asarray(opened(mask_nifti(volume, prediction, t)).dataobj).sum())
             for t in (0.1, 0.5, 0.9)]  # fmt: skip
    assert sizes[0] > sizes[1] > sizes[2] > 0
    for wrong in (0.0, 1.5):
        with pytest.raises(ValueError, match="threshold"):
            mask_nifti(volume, prediction, wrong)
