"""Milliliters and pieces of a mask of voxels, against counts made by hand and SimpleITK's."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from brainscan.imaging.volume_measures import MOST_PIECES, VolumePiece, measure_volume, milliliters


def test_pieces_are_told_largest_first_with_their_place() -> None:
    mask = np.zeros((20, 20, 10), bool)
    mask[18:20, 0:5, 9] = True  # 10 voxels apart from the rest
    mask[2:12, 2:12, 2:4] = True  # 200 voxels
    mask[12, 12, 4] = True  # touches them by a corner
    found = measure_volume(mask, (0.5, 1.0, 4.0))
    assert found.milliliters == pytest.approx(211 * 2 / 1000) and found.voxels == 211
    assert found.lesions == 2 and found.largest_milliliters == pytest.approx(201 * 2 / 1000)
    large, small = found.pieces
    assert (large.first, large.last) == ((2, 2, 2), (12, 12, 4))
    # The center of mass lies at (6.53, 6.53, 2.51): of the slices beside it, 3 is the nearer.
    assert large.voxel == (7, 7, 3)
    assert small == VolumePiece(pytest.approx(10 * 2 / 1000), (18, 2, 9), (18, 0, 9), (19, 4, 9))
    assert milliliters(mask, (0.5, 1.0, 4.0)) == found.milliliters


def test_a_part_of_a_volume_tells_the_voxels_of_the_whole() -> None:
    whole = np.zeros((9, 8, 7), bool)
    whole[5:7, 4:6, 3:6] = True
    part = measure_volume(whole[4:, 3:, 2:], (1.0, 1.0, 1.0), (4, 3, 2))
    assert part == measure_volume(whole, (1.0, 1.0, 1.0))
    assert part.pieces[0].first == (5, 4, 3) and part.pieces[0].last == (6, 5, 5)


def test_the_place_of_a_bent_piece_lies_within_it() -> None:
    mask = np.zeros((9, 9, 3), bool)
    mask[:, 0, 1] = mask[0, :, 1] = mask[:, 8, 1] = True  # a horseshoe: its center is outside
    (piece,) = measure_volume(mask, (1.0, 1.0, 5.0)).pieces
    assert mask[piece.voxel]


def test_pieces_are_those_of_simpleitk() -> None:
    mask = np.random.default_rng(4).random((14, 12, 10)) < 0.06
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    labelled = sitk.ConnectedComponent(image, True)  # corners count
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(labelled)
    sizes = sorted((shape.GetNumberOfPixels(n) for n in shape.GetLabels()), reverse=True)
    found = measure_volume(mask, (1.0, 1.0, 1.0))
    assert 20 < found.lesions < MOST_PIECES
    assert [round(piece.milliliters * 1000) for piece in found.pieces] == sizes


def test_of_specks_the_largest_are_told_and_all_are_counted() -> None:
    mask = np.zeros((30, 30, 30), bool)
    mask[::2, ::2, ::2] = True  # 15 x 15 x 15 voxels, none touching another
    mask[3, 4, 4] = True  # but for two that this one joins
    found = measure_volume(mask, (1.0, 1.0, 1.0))
    assert (found.voxels, found.lesions) == (15**3 + 1, 15**3 - 1)
    assert len(found.pieces) == MOST_PIECES
    assert found.pieces[0].first == (2, 4, 4) and found.pieces[0].last == (4, 4, 4)


@pytest.mark.parametrize("shape", [(3, 4, 5), (0, 0, 0)])
def test_an_empty_mask_has_no_pieces(shape: tuple[int, int, int]) -> None:
    found = measure_volume(np.zeros(shape, bool), (1.0, 1.0, 1.0))
    assert (found.milliliters, found.voxels, found.lesions, found.pieces) == (0.0, 0, 0, ())
    assert found.largest_milliliters == 0.0
