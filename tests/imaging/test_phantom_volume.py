"""The synthetic head in three dimensions: same voxels every time, a lesion where it says."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.imaging.nifti import read_nifti
from brainscan.imaging.phantom_volume import (
    PHANTOM_NAME,
    PhantomVolume,
    phantom_nifti,
    phantom_volume,
)


@pytest.fixture(scope="module")
def ill() -> PhantomVolume:
    return phantom_volume(7)


def test_lesion_changes_nothing_but_itself_and_its_surroundings(ill: PhantomVolume) -> None:
    healthy = phantom_volume(7, lesion=False)
    assert not healthy.mask.any()
    changed = ill.voxels != healthy.voxels
    places = np.argwhere(changed)
    centre = np.argwhere(ill.mask).mean(axis=0)
    reach = np.abs(places - centre) * np.diag(ill.affine)[:3]
    assert reach.max() < 45.0
    assert ill.voxels[ill.mask].mean() > 1.15 * healthy.voxels[ill.mask].mean()


def test_mask_lies_on_the_patients_right_with_the_size_of_a_tumour(ill: PhantomVolume) -> None:
    places = np.argwhere(ill.mask) @ ill.affine[:3, :3] + ill.affine[:3, 3]
    assert places[:, 0].min() > 0
    millilitres = ill.mask.sum() * np.linalg.det(ill.affine[:3, :3]) / 1000
    assert 8 < millilitres < 40


def test_file_says_that_it_is_synthetic_and_reads_as_drawn(ill: PhantomVolume) -> None:
    data = phantom_nifti(ill)
    assert data == phantom_nifti(phantom_volume(7))
    volume = read_nifti(data, PHANTOM_NAME)
    assert np.array_equal(volume.voxels, ill.voxels)
    assert np.allclose(volume.affine, ill.affine)
    assert volume.plane == "axial" and not volume.warnings
    assert volume.sequence is not None and volume.sequence.label == "T1ce"
    assert volume.identity is not None and "SYNTHETIC" in volume.identity.facts[0][1]


def test_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="zero or more, got -1"):
        phantom_volume(-1)
