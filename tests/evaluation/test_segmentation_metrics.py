"""Agreement of masks: known answers, and SimpleITK as the independent judge."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from brainscan.evaluation.segmentation_metrics import (
    LesionCounts,
    dice_of,
    hausdorff95,
    iou_of,
    lesion_counts,
)


def box(shape: tuple[int, ...], *ranges: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*one) for one in ranges)] = True
    return mask


def ball(shape: tuple[int, ...], center: tuple[float, ...], radii: tuple[float, ...]) -> np.ndarray:
    axes = np.indices(shape, float)
    pairs = zip(axes, center, radii, strict=True)
    return sum(((axis - c) / r) ** 2 for axis, c, r in pairs) <= 1


def sizes(reference: np.ndarray, answer: np.ndarray) -> tuple[int, int, int]:
    return int((reference & answer).sum()), int(reference.sum()), int(answer.sum())


PAIRS = {
    "shifted boxes": (box((30, 40), (5, 15), (5, 15)), box((30, 40), (5, 15), (8, 18)), (1, 1)),
    "ellipses": (ball((64, 72), (30, 30), (20, 9)), ball((64, 72), (33, 34), (14, 14)), (0.7, 1.3)),
    "one within the other": (ball((64, 64), (30, 30), (22, 22)), ball((64, 64), (30, 30), (9, 9)),
                             (0.5, 0.5)),
    "apart": (ball((64, 64), (12, 12), (6, 6)), ball((64, 64), (48, 50), (7, 4)), (2.0, 0.5)),
    "two pieces": (ball((64, 64), (16, 16), (8, 8)) | ball((64, 64), (48, 48), (5, 5)),
                   ball((64, 64), (16, 17), (8, 7)), (1.0, 1.0)),
    "with a hole": (ball((64, 64), (30, 30), (20, 20)) & ~ball((64, 64), (30, 30), (10, 10)),
                    ball((64, 64), (30, 30), (19, 21)), (1.0, 0.8)),
    "volumes": (ball((28, 30, 22), (13, 14, 10), (8, 7, 5)), ball((28, 30, 22), (14, 13, 11),
                (6, 9, 6)), (0.9, 1.0, 3.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_overlap_agrees_with_simpleitk(name: str) -> None:
    reference, answer, _ = PAIRS[name]
    judge = sitk.LabelOverlapMeasuresImageFilter()
    judge.Execute(*(sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (reference, answer)))
    assert dice_of(*sizes(reference, answer)) == pytest.approx(judge.GetDiceCoefficient())
    assert iou_of(*sizes(reference, answer)) == pytest.approx(judge.GetJaccardCoefficient())


def _judged(reference: np.ndarray, answer: np.ndarray, spacing: tuple[float, ...]) -> float:
    """Distances by SimpleITK: its border filter and its exact distance map."""
    borders, maps = [], []
    for mask in (reference, answer):
        image = sitk.GetImageFromArray(mask.astype(np.uint8))
        image.SetSpacing(spacing[::-1])  # ITK counts axes the other way round
        borders.append(sitk.GetArrayFromImage(sitk.LabelContour(image, False)) > 0)
        edge = sitk.GetImageFromArray(borders[-1].astype(np.uint8))
        edge.SetSpacing(spacing[::-1])
        distance = sitk.SignedMaurerDistanceMap(edge, squaredDistance=False, useImageSpacing=True)
        maps.append(np.abs(sitk.GetArrayFromImage(distance)))
    there, back = maps[1][borders[0]], maps[0][borders[1]]
    return float(max(np.percentile(there, 95), np.percentile(back, 95)))


@pytest.mark.parametrize("name", PAIRS)
def test_distance_agrees_with_simpleitk(name: str) -> None:
    reference, answer, spacing = PAIRS[name]
    ones = (1.0,) * reference.ndim
    assert hausdorff95(reference, answer) == pytest.approx(_judged(reference, answer, ones))
    found = hausdorff95(reference, answer, spacing)
    assert found == pytest.approx(_judged(reference, answer, spacing), rel=1e-5)
    assert hausdorff95(answer, reference, spacing) == pytest.approx(found)


def test_boxes_worked_out_by_hand() -> None:
    """Ten by ten pixels, the second three columns to the right: seven columns in common."""
    reference, answer, _ = PAIRS["shifted boxes"]
    assert sizes(reference, answer) == (70, 100, 100)
    assert dice_of(70, 100, 100) == 0.7
    assert iou_of(70, 100, 100) == pytest.approx(70 / 130)
    # Ten of the 36 border pixels of either, more than a twentieth, lie three columns away.
    assert hausdorff95(reference, answer) == 3.0
    assert hausdorff95(reference, answer, (1.0, 0.5)) == 1.5


def test_one_stray_pixel_in_a_hundred_does_not_count() -> None:
    """What the percentile is for: the plain Hausdorff distance would be 30."""
    reference = box((80, 80), (10, 40), (10, 40))  # 116 border pixels
    answer = reference.copy()
    answer[69, 20] = True
    assert hausdorff95(reference, answer) == 0.0


def test_single_pixels() -> None:
    reference, answer = box((9, 9), (1, 2), (1, 2)), box((9, 9), (4, 5), (5, 6))
    assert hausdorff95(reference, answer) == 5.0
    assert hausdorff95(reference, reference) == 0.0


def test_a_mask_that_fills_its_slice_has_the_edge_as_border() -> None:
    full = np.ones((11, 11), bool)
    assert hausdorff95(full, box((11, 11), (5, 6), (5, 6))) == pytest.approx(np.hypot(5, 5))


def test_empty_masks_have_no_distance_and_two_of_them_no_overlap() -> None:
    empty, some = np.zeros((5, 5), bool), box((5, 5), (1, 3), (1, 3))
    assert hausdorff95(empty, some) is None
    assert hausdorff95(some, empty) is None
    assert hausdorff95(empty, empty) is None
    assert dice_of(*sizes(empty, some)) == 0.0
    assert dice_of(*sizes(some, empty)) == 0.0
    assert dice_of(0, 0, 0) is None and iou_of(0, 0, 0) is None


def test_lesions_found_missed_and_false() -> None:
    shape = (40, 40)
    reference = box(shape, (0, 10), (0, 10)) | box(shape, (20, 30), (0, 10))
    reference |= box(shape, (20, 21), (20, 30))
    answer = box(shape, (9, 10), (0, 10))  # a tenth of the first lesion: found
    answer |= box(shape, (29, 30), (0, 9))  # nine hundredths of the second: missed
    answer |= box(shape, (21, 22), (30, 31))  # touches the third by a corner only: missed
    assert lesion_counts(reference, answer) == LesionCounts(lesions=3, found=1, false=1)


def test_a_piece_far_larger_than_the_lesion_on_it_is_found_and_false() -> None:
    reference, answer = box((40, 40), (10, 13), (10, 13)), box((40, 40), (5, 35), (5, 35))
    assert lesion_counts(reference, answer) == LesionCounts(lesions=1, found=1, false=1)


def test_pieces_that_touch_by_a_corner_are_one_also_in_volumes() -> None:
    for shape in ((6, 6), (6, 6, 6)):
        ranges = [(1, 3)] * len(shape), [(3, 5)] * len(shape)
        mask = box(shape, *ranges[0]) | box(shape, *ranges[1])
        assert lesion_counts(mask, mask) == LesionCounts(1, 1, 0)
    assert lesion_counts(mask, ~mask & False) == LesionCounts(1, 0, 0)
    assert lesion_counts(mask & False, mask) == LesionCounts(0, 0, 1)
