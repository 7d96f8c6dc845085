"""Measures of masks against values worked out by hand."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from brainscan.imaging.lesion_border import border_segments
from brainscan.imaging.measures import (
    Diameters,
    SliceMeasures,
    measure_slice,
)


def box(shape: tuple[int, int], *rectangles: tuple[int, int, int, int]) -> np.ndarray:
    """Return a mask with rectangles given as first row, last row + 1, first column, ..."""
    mask = np.zeros(shape, bool)
    for top, bottom, left, right in rectangles:
        mask[top:bottom, left:right] = True
    return mask


def ellipse(shape: tuple[int, int], center: tuple[float, float], axes: tuple[float, float]):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return ((rows - center[0]) / axes[0]) ** 2 + ((columns - center[1]) / axes[1]) ** 2 <= 1


def diameters(mask: np.ndarray, spacing: tuple[float, float] | None = None) -> Diameters:
    found = measure_slice(mask, spacing).diameters
    assert found is not None
    return found


def length(ends, spacing: tuple[float, float] = (1.0, 1.0)) -> float:
    (r0, c0), (r1, c1) = ends
    return math.hypot((r1 - r0) * spacing[0], (c1 - c0) * spacing[1])


def test_nothing_is_measured_of_an_empty_mask() -> None:
    assert measure_slice(box((8, 9)), (0.5, 0.5)) == SliceMeasures(0.0, "mm", 0, None)
    assert measure_slice(box((8, 9)), None) == SliceMeasures(0.0, "px", 0, None)


def test_one_pixel_is_one_pixel_long_and_wide() -> None:
    found = measure_slice(box((5, 5), (2, 3, 3, 4)), None)
    assert (found.area, found.unit, found.lesions) == (1.0, "px", 1)
    assert found.diameters is not None
    assert found.diameters.longest == pytest.approx(1.0)
    assert found.diameters.perpendicular == pytest.approx(1.0, abs=1e-6)
    # The pixel's own center is the middle of both.
    for ends in (found.diameters.longest_ends, found.diameters.perpendicular_ends):
        assert np.mean(ends, axis=0) == pytest.approx([2, 3], abs=1e-6)


def test_a_row_of_pixels_is_as_long_as_their_number() -> None:
    found = diameters(box((5, 20), (2, 3, 4, 14)), (2.0, 0.5))
    assert found.longest == pytest.approx(5.0)  # ten pixels of half a millimeter
    assert found.perpendicular == pytest.approx(2.0, abs=1e-6)
    assert sorted(found.longest_ends) == [(2.0, 3.5), (2.0, 13.5)]


def test_the_diameters_of_a_rectangle() -> None:
    """Ten by four pixels: from the left of one corner pixel to the right of the opposite one."""
    found = measure_slice(box((30, 40), (10, 14, 20, 30)), None)
    assert found.area == 40.0
    assert found.diameters is not None
    assert found.diameters.longest == pytest.approx(math.hypot(10, 3))
    # Across it the four rows bound the line: 4 / cos(angle of the longest to the rows).
    assert found.diameters.perpendicular == pytest.approx(4 * math.hypot(10, 3) / 10, abs=1e-6)
    assert found.diameters.product == pytest.approx(109 * 4 / 10, abs=1e-5)


def test_pixels_that_are_not_square_are_measured_in_millimeters() -> None:
    """The same ten columns by four rows, rows 3 mm apart: now the rows decide the direction."""
    spacing = (3.0, 0.5)
    found = measure_slice(box((30, 40), (10, 14, 20, 30)), spacing)
    assert (found.area, found.unit) == (60.0, "mm")
    assert found.diameters is not None
    longest, across = found.diameters.longest_ends, found.diameters.perpendicular_ends
    # Upper edge of the first row to the lower edge of the last, 9 columns apart: 12 and 4.5 mm.
    assert found.diameters.longest == pytest.approx(math.hypot(12, 4.5))
    assert length(longest, spacing) == pytest.approx(found.diameters.longest)
    assert length(across, spacing) == pytest.approx(found.diameters.perpendicular)
    one, other = (np.subtract(*ends) * spacing for ends in (longest, across))
    assert one @ other == pytest.approx(0.0, abs=1e-6)
    assert found.diameters.perpendicular == pytest.approx(5 * math.hypot(12, 4.5) / 12, abs=1e-6)


@pytest.mark.parametrize("spacing", [None, (1.0, 1.0), (0.8, 0.8)])
def test_the_diameters_of_an_ellipse_are_its_axes(spacing: tuple[float, float] | None) -> None:
    side = 1.0 if spacing is None else spacing[0]
    found = measure_slice(ellipse((256, 256), (120, 130), (80, 35)), spacing)
    assert found.diameters is not None
    assert found.diameters.longest == pytest.approx(161 * side)  # rows 40 to 200
    assert found.diameters.perpendicular == pytest.approx(71 * side, abs=1e-4)
    assert found.area == pytest.approx(math.pi * 80 * 35 * side**2, rel=0.005)


def test_a_slanted_ellipse_keeps_its_axes() -> None:
    rows, columns = np.mgrid[:200, :200] - 100.0
    along, aside = 0.6 * rows + 0.8 * columns, -0.8 * rows + 0.6 * columns
    found = diameters((along / 70) ** 2 + (aside / 30) ** 2 <= 1)
    assert found.longest == pytest.approx(140, abs=1.0)
    assert found.perpendicular == pytest.approx(60, abs=1.5)


def test_an_l_shape_is_measured_within_itself_across() -> None:
    """An upright bar of 30 x 4 with a foot of 4 x 20: the longest leaves it, the other may not."""
    mask = box((40, 40), (2, 32, 5, 9), (28, 32, 5, 25))
    found = diameters(mask)
    # From above the first pixel of the bar to below the last pixel of the foot.
    assert sorted(found.longest_ends) == [(1.5, 5.0), (31.5, 24.0)]
    assert found.longest == pytest.approx(math.hypot(30, 19))
    # A line at a right angle climbs 19 for every 30 it goes across. Within the bar, 4 wide, it
    # has 4 / 30 of the longest's length, within the foot, 4 high, 4 / 19. From one to the other,
    # across the empty corner, it would have far more.
    assert found.perpendicular == pytest.approx(4 / 19 * math.hypot(30, 19), abs=1e-5)
    (r0, c0), (r1, c1) = found.perpendicular_ends
    assert (r1 - r0) * 30 + (c1 - c0) * 19 == pytest.approx(0.0, abs=1e-5)
    assert {round(r0, 5), round(r1, 5)} == {27.5, 31.5}  # upper and lower edge of the foot
    assert 8.5 < min(c0, c1) < max(c0, c1) < 24.5


def test_the_perpendicular_is_the_longest_of_many_lines() -> None:
    """Against an independent search: lines at a right angle, walked in small steps."""
    rng = np.random.default_rng(3)
    import cv2

    blurred = cv2.GaussianBlur(rng.random((64, 64)).astype(np.float32), (0, 0), 4)
    mask = blurred > np.quantile(blurred, 0.9)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    mask = labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])
    found = diameters(mask)
    along = np.subtract(*found.longest_ends) / found.longest
    aside = np.array([-along[1], along[0]])
    best = 0.0
    for shift in np.arange(-45, 45, 0.1):
        walk = np.arange(-45, 45, 0.1)
        points = np.array([32, 32]) + shift * along + walk[:, None] * aside
        values = cv2.remap(
            mask.astype(np.float32),
            points[None, :, 1].astype(np.float32),
            points[None, :, 0].astype(np.float32),
            cv2.INTER_LINEAR,
        )[0]
        runs = np.split(values >= 0.5, np.flatnonzero(np.diff(values >= 0.5)) + 1)
        best = max(best, *(len(run) * 0.1 for run in runs if run[0]), 0.0)
    # Bilinear sampling rounds corners a little differently than straight pieces do.
    assert found.perpendicular == pytest.approx(best, abs=0.8)


def test_a_hole_neither_interrupts_nor_counts() -> None:
    ring = ellipse((100, 100), (50, 50), (30, 20)) & ~ellipse((100, 100), (50, 50), (20, 10))
    found = measure_slice(ring, None)
    assert found.diameters is not None
    assert found.area == np.count_nonzero(ring)
    assert found.diameters.longest == pytest.approx(61)
    assert found.diameters.perpendicular == pytest.approx(41, abs=1e-4)


def test_of_two_lesions_the_larger_has_the_diameters() -> None:
    found = measure_slice(box((60, 60), (2, 3, 2, 50), (20, 30, 20, 30)), (1.0, 1.0))
    assert (found.area, found.lesions) == (148.0, 2)
    assert found.diameters is not None  # of the square, though the line is longer
    assert found.diameters.longest == pytest.approx(math.hypot(10, 9))
    assert all(19.5 <= value <= 29.5 for end in found.diameters.longest_ends for value in end)


def test_pixels_that_touch_by_a_corner_are_one_lesion() -> None:
    found = measure_slice(box((8, 8), (1, 3, 1, 3), (3, 5, 3, 5)), None)
    assert found.lesions == 1
    assert found.diameters is not None
    # Upper edge of (1, 1) to the lower edge of (4, 4).
    assert found.diameters.longest == pytest.approx(math.hypot(4, 3))


def test_a_mask_at_the_edge_of_the_slice_is_measured_whole() -> None:
    found = diameters(np.ones((3, 7), bool))
    assert found.longest == pytest.approx(math.hypot(7, 2))


def test_the_border_closes() -> None:
    """Every end of a piece is the end of exactly one other piece."""
    rng = np.random.default_rng(0)
    ends, counts = np.unique(
        border_segments(rng.random((40, 50)) < 0.7).reshape(-1, 2), axis=0, return_counts=True
    )
    assert len(ends) > 100
    assert set(counts.tolist()) == {2}


def test_measuring_takes_milliseconds() -> None:
    mask = ellipse((512, 512), (250, 240), (150, 110))
    measure_slice(mask, None)
    started = time.process_time()
    for _ in range(5):
        measure_slice(mask, (0.7, 0.9))
    assert (time.process_time() - started) / 5 < 0.1  # 0.008 s on the development machine
