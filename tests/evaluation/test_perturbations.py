"""Perturbations: known places, sizes and values; dtype and range kept; always the same."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from brainscan.evaluation.perturbations import PERTURBATIONS, Perturbation
from brainscan.imaging.phantom import phantom_slice
from brainscan.imaging.scan import Scan

NAMED = {perturbation.key: perturbation for perturbation in PERTURBATIONS}
IN_PLACE = ("gamma_0.8", "gamma_1.25", "jpeg_60", "noise")


def scan_of(pixels: np.ndarray) -> Scan:
    return Scan(pixels, "a.png", "0" * 64, "PNG", "L", ("A warning.",))


@lru_cache(maxsize=1)
def head() -> np.ndarray:
    """Return a drawn head, 96 pixels wide."""
    return phantom_slice(3, lesion="glioma", size=96).pixels


def blob(row: float, column: float, height: int = 65, width: int = 65) -> np.ndarray:
    """Return a slice with one soft bright spot."""
    y, x = np.mgrid[:height, :width]
    return (240 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)).astype(np.uint8)


def place_of(pixels: np.ndarray) -> tuple[float, float]:
    """Return row and column of the centre of brightness."""
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    weight = pixels / pixels.sum()
    return float((weight * y).sum()), float((weight * x).sum())


def test_the_set_is_complete_and_named_once() -> None:
    assert list(NAMED) == [
        "flip", "rotate_left", "rotate_right", "gamma_0.8", "gamma_1.25", "jpeg_60", "crop_20",
        "noise",
    ]  # fmt: skip
    assert len({perturbation.name for perturbation in PERTURBATIONS}) == 8


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda one: one.key)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_dtype_and_range_are_kept_and_nothing_is_modified(
    perturbation: Perturbation, dtype: type
) -> None:
    factor = {np.uint8: 1, np.uint16: 250, np.float32: 0.01}[dtype]
    pixels = (head() * factor).astype(dtype)
    before = pixels.copy()
    first, second = perturbation.apply(scan_of(pixels)), perturbation.apply(scan_of(pixels))
    changed = first.scan.pixels
    assert changed.dtype == dtype
    assert changed.min() >= before.min()
    assert changed.max() <= before.max()
    assert changed.flags["C_CONTIGUOUS"]
    assert np.array_equal(changed, second.scan.pixels)
    assert np.array_equal(pixels, before)
    assert changed.shape != before.shape or not np.array_equal(changed, before)
    assert first.scan.sha256 == second.scan.sha256 != "0" * 64


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda one: one.key)
def test_a_uniform_slice_stays_uniform(perturbation: Perturbation) -> None:
    changed = perturbation.apply(scan_of(np.full((40, 50), 7, np.uint16))).scan.pixels
    assert (changed == 7).all()


@pytest.mark.parametrize("key", ["flip", "rotate_left", "rotate_right", "crop_20"])
def test_a_marker_moves_where_the_matrix_says_and_back(key: str) -> None:
    changed = NAMED[key].apply(scan_of(blob(20, 40, 65, 91)))
    found = place_of(changed.scan.pixels)
    assert changed.forward(20, 40) == pytest.approx(found, abs=0.1)
    assert changed.back(*found) == pytest.approx((20, 40), abs=0.1)
    assert changed.shows(20, 40)


def test_flip_of_flip_is_the_slice() -> None:
    pixels = head()
    once = NAMED["flip"].apply(scan_of(pixels)).scan
    assert once.pixels[5, 0] == pixels[5, 95]
    assert np.array_equal(NAMED["flip"].apply(once).scan.pixels, pixels)


def test_rotation_to_the_left_moves_a_marker_above_the_centre_to_the_left() -> None:
    # By hand, 8 right of and 22 above the centre (32, 32) of the slice, turned by 7 degrees:
    # x = 32 + 8 cos - 22 sin = 37.26, y = 32 - 8 sin - 22 cos = 9.19.
    left = place_of(NAMED["rotate_left"].apply(scan_of(blob(10, 40))).scan.pixels)
    assert left == pytest.approx((9.19, 37.26), abs=0.1)
    right = place_of(NAMED["rotate_right"].apply(scan_of(blob(10, 40))).scan.pixels)
    assert right == pytest.approx((11.14, 42.62), abs=0.1)


def test_corners_that_a_rotation_brings_in_look_like_the_rim() -> None:
    pixels = np.full((64, 64), 200, np.uint8)
    pixels[20:40, 20:40] = 10
    assert NAMED["rotate_left"].apply(scan_of(pixels)).scan.pixels[0, 0] == 200


@pytest.mark.parametrize(("side", "kept"), [(32, 26), (50, 40), (100, 80), (416, 332)])
def test_crop_keeps_the_middle_four_fifths(side: int, kept: int) -> None:
    pixels = np.arange(side * side, dtype=np.float32).reshape(side, side)
    changed = NAMED["crop_20"].apply(scan_of(pixels))
    assert changed.scan.pixels.shape == (kept, kept)
    edge = (side - kept) // 2
    assert changed.scan.pixels[0, 0] == pixels[edge, edge]
    assert not changed.shows(edge - 1, side / 2)
    assert changed.shows(edge, side / 2)


def test_gamma_bends_the_middle_and_keeps_the_ends() -> None:
    ramp = np.tile(np.linspace(0, 1000, 201).astype(np.float32), (40, 1))
    low, high = np.percentile(ramp, [0.5, 99.5])
    half = float((low + high) / 2)
    ramp[:, 100] = half
    for key, gamma in (("gamma_0.8", 0.8), ("gamma_1.25", 1.25)):
        bent = NAMED[key].apply(scan_of(ramp)).scan.pixels
        assert bent[0, 100] == pytest.approx(low + (high - low) * 0.5**gamma, rel=0.01)
        assert bent.max() == pytest.approx(1000, rel=0.01)


def test_jpeg_really_went_through_quantization_at_quality_60() -> None:
    rng = np.random.default_rng(1)
    pixels = np.clip(rng.normal(128, 20, (64, 64)), 40, 215).astype(np.uint8)
    changed = NAMED["jpeg_60"].apply(scan_of(pixels)).scan.pixels.astype(np.float32)
    # Quality 60 scales the standard table by 80 %: the first luminance coefficient is 16, so
    # the mean of each block of 8 x 8 pixels is known in steps of 13 only.
    blocks = changed.reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    steps = np.array([cv2.dct(block - 128)[0, 0] / 13 for block in blocks])
    assert np.abs(steps - np.round(steps)).max() < 0.12
    unquantized = pixels.astype(np.float32).reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    before = np.array([cv2.dct(block - 128)[0, 0] / 13 for block in unquantized])
    assert np.abs(before - np.round(before)).max() > 0.3


def test_noise_has_three_percent_of_the_robust_range_and_ignores_a_hot_pixel() -> None:
    pixels = np.tile(np.linspace(1000, 3000, 256).astype(np.float32), (256, 1))
    pixels[0, 0] = 60_000
    low, high = np.percentile(pixels, [0.5, 99.5])
    added = NAMED["noise"].apply(scan_of(pixels)).scan.pixels[1:, 30:] - pixels[1:, 30:]
    assert added.std() == pytest.approx(0.03 * (high - low), rel=0.02)
    assert abs(added.mean()) < 1.0


@pytest.mark.parametrize("key", IN_PLACE)
def test_changes_of_values_leave_every_pixel_in_place(key: str) -> None:
    changed = NAMED[key].apply(scan_of(blob(20, 40)))
    assert changed.forward(3, 4) == (3, 4)
    assert changed.scan.pixels.shape == (65, 65)
