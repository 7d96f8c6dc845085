"""Evidence as NIfTI: opened again by nibabel on the grid of the source, equal in every voxel."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.imaging.correction import Correction
from brainscan.imaging.dicom import find_series, read_series
from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.volume import Volume
from brainscan.inference.volume import predict_volume
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.evidence_nifti import evidence_nifti, mask_nifti
from brainscan.reporting.outline import Outline
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
    mask = opened(mask_nifti(volume, Outline.of_volume(volume, prediction)))
    assert mask.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(mask.affine, image.affine)
    drawn = prediction.mask_volume(volume)
    assert drawn is not None and drawn.any()
    np.testing.assert_array_equal(volume.source.to_canonical(np.asarray(mask.dataobj)), drawn)
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


def test_a_mask_says_whose_it_is() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["LPS"]), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    mask = np.random.default_rng(2).random(volume.shape) < 0.3
    reader = Correction(mask, "Åsa Lind", "2026-11-26T12:00:00+00:00", prediction.model)
    own = Correction(mask, "B. Lind", "2026-11-26T12:00:00+00:00", "")
    said = {
        None: ("Tumour outline by a model", f"Outlined by {prediction.model}"),
        own: ("Tumour outline, drawn by a reader", "Outline drawn by B. Lind"),
        reader: ("Tumour outline, corrected", "corrected by Åsa Lind, 2026-11-26T12:00:00+00:00"),
    }
    for correction, (short, long) in said.items():
        outline = Outline.of_volume(volume, prediction, correction)
        data = mask_nifti(volume, outline)
        assert data == mask_nifti(volume, outline)
        image = opened(data)
        description = image.header["descrip"].tobytes().decode()
        assert description.startswith(short) and "research use only" in description
        [comment] = image.header.extensions
        assert comment.get_code() == 6 and long in comment.get_content().decode()
        assert RESEARCH_USE in comment.get_content().decode()
        voxels = volume.source.to_canonical(np.asarray(image.dataobj))
        np.testing.assert_array_equal(voxels, outline.mask)
        with pytest.raises(InputRejected, match="holds labels"):
            read_nifti(data, "mask.nii.gz")
    np.testing.assert_array_equal(outline.mask, mask)


def test_without_a_decoder_it_is_a_level_of_evidence() -> None:
    volume = read_nifti(patient.nifti_bytes(affines()["LPS"]), "t1.nii.gz")
    prediction = predict_volume(fake_classifier(), volume)
    bare = replace(
        prediction, slices=tuple(replace(s, segmentation=None) for s in prediction.slices)
    )
    outline = Outline.of_volume(volume, bare)
    np.testing.assert_array_equal(outline.mask, bare.evidence_volume(volume) >= 0.5)
    assert outline.by == "evidence" and outline.mask.any()
    image = opened(mask_nifti(volume, outline))
    assert image.header["descrip"].tobytes().startswith(b"Evidence >= 0.5; for research use only")
    assert b"draws no outline" in image.header.extensions[0].get_content()


def test_a_sheared_grid_is_written_without_a_qform() -> None:
    sheared = affines()["RAS"].copy()
    sheared[0, 2] = 0.5
    volume = read_nifti(patient.nifti_bytes(sheared, codes=(0, 1)), "t1.nii.gz")
    image = opened(evidence_nifti(volume, predict_volume(fake_classifier(), volume)))
    np.testing.assert_allclose(image.affine, sheared, atol=1e-6)
    assert int(image.header["qform_code"]) == 0
