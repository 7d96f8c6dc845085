"""The outline of a volume: its box, its measures in every plane, its uncertain range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainscan.imaging.correction import Correction
from brainscan.imaging.orientation import PLANE_OF_AXIS, PLANES, Plane
from brainscan.inference.volume import predict_volume
from brainscan.inference.volume_outline import VolumeOutline, box_of
from brainscan.inference.volume_prediction import VolumePrediction
from tests.inference.fake_network import fake_classifier
from tests.inference.volumes import make_volume

SPACING = (1.0, 2.0, 4.0)
VOLUME = make_volume(SPACING, shape=(20, 24, 16))
RELEASE = fake_classifier()


@pytest.fixture(scope="module")
def prediction() -> VolumePrediction:
    return predict_volume(RELEASE, make_volume())


def corrected(mask: np.ndarray) -> Correction:
    return Correction(mask, "Dr Day", "2026-01-02T03:04:05+00:00", "fake 0.0.1")


@pytest.mark.parametrize("plane", PLANES)
def test_a_cuboid_is_measured_where_it_lies(plane: Plane, prediction: VolumePrediction) -> None:
    mask = np.zeros(VOLUME.shape, bool)
    mask[3:9, 5:8, 2:6] = True  # 6 x 6 x 16 mm
    mask[15, 20, 12] = True  # a voxel of 1 x 2 x 4 mm apart from it
    found = VolumeOutline.of(VOLUME, replace(prediction, plane=plane, slices=()), corrected(mask))
    assert found is not None and not found.empty
    assert found.measures.milliliters == pytest.approx((6 * 6 * 16 + 8) / 1000)
    assert found.measures.lesions == 2
    assert found.range_ml == (found.measures.milliliters,) * 2
    assert found.box == (slice(3, 16), slice(5, 21), slice(2, 13))
    np.testing.assert_array_equal(found.whole(), mask)

    axis = PLANE_OF_AXIS.index(plane)
    assert found.largest is not None
    index, measures = found.largest
    first, second = (part for other, part in enumerate((6.0, 6.0, 16.0)) if other != axis)
    assert index == (3, 5, 2)[axis]
    assert measures.diameters is not None
    # Cut at the middles of pixels' edges, a rectangle's corners are beveled by half a pixel.
    assert measures.diameters.longest == pytest.approx(np.hypot(first, second), abs=3.0)
    assert measures.diameters.longest > max(first, second)
    for row, column in measures.diameters.longest_ends:
        voxel = VOLUME.voxel_at(plane, index, row, column)
        inside = [low - 0.6 <= at <= high - 0.4 for at, (low, high) in zip(
            voxel, ((3, 9), (5, 8), (2, 6)), strict=True)]  # fmt: skip
        assert all(inside), voxel


def test_the_models_outline_has_the_range_of_its_border(prediction: VolumePrediction) -> None:
    volume = make_volume()
    found = VolumeOutline.of(volume, prediction)
    mask, band = prediction.mask_volume(volume), prediction.band_volumes(volume)
    assert found is not None and mask is not None and band is not None
    np.testing.assert_array_equal(found.whole(), mask)
    amounts = [part.sum() * 8 / 1000 for part in (band[0], mask, band[1])]
    low, measured, high = (found.range_ml[0], found.measures.milliliters, found.range_ml[1])
    assert (low, measured, high) == pytest.approx((min(amounts), amounts[1], max(amounts)))
    assert low <= measured < high and not found.possible and found.correction is None
    assert found.mask.shape == tuple(part.stop - part.start for part in found.box)
    assert all(part.start > 0 for part in found.box)


def test_a_possible_tumor_is_called_so_and_none_has_no_outline(
    prediction: VolumePrediction,
) -> None:
    volume = make_volume()
    unsure = VolumeOutline.of(volume, replace(prediction, decision="indeterminate"))
    assert unsure is not None and unsure.possible and not unsure.empty
    cleared = VolumeOutline.of(volume, replace(prediction, decision="no_tumor"))
    assert cleared is not None and cleared.empty and cleared.largest is None
    assert cleared.range_ml == (0.0, 0.0) and not cleared.whole().any()


def test_a_readers_outline_stands_whatever_is_decided(prediction: VolumePrediction) -> None:
    volume = make_volume()
    mask = np.zeros(volume.shape, bool)
    mask[20:24, 20:24, 20] = True
    cleared = replace(prediction, decision="no_tumor")
    found = VolumeOutline.of(volume, cleared, corrected(mask))
    assert found is not None and found.correction is not None and found.own is not None
    assert found.measures.voxels == 16 and not found.possible and not found.own.any()
    unlike = VolumeOutline.of(volume, prediction, corrected(mask))
    own = prediction.mask_volume(volume)
    assert unlike is not None and unlike.own is not None and own is not None
    np.testing.assert_array_equal(unlike.own, own[unlike.box])
    np.testing.assert_array_equal(unlike.whole(), mask)
    empty = VolumeOutline.of(volume, prediction, corrected(np.zeros(volume.shape, bool)))
    assert empty is not None and empty.empty
    with pytest.raises(ValueError, match="shape"):
        VolumeOutline.of(volume, prediction, corrected(mask[1:]))


def test_a_release_without_a_decoder_has_none() -> None:
    volume = make_volume()
    bare = predict_volume(fake_classifier(segmentation=None), volume)
    assert VolumeOutline.of(volume, bare) is None


def test_the_box_is_tight() -> None:
    mask = np.zeros((5, 6, 7), bool)
    assert box_of(mask) == (slice(0, 0),) * 3
    mask[1, 2, 3] = mask[3, 2, 6] = True
    assert box_of(mask) == (slice(1, 4), slice(2, 3), slice(3, 7))
    assert all(a.stop <= b for a, b in zip(box_of(mask), mask.shape, strict=True))
