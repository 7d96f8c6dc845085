"""Window width and level follow the DICOM standard."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.imaging.windowing import apply_window, full_window


def standard_linear(x: float, center: float, width: float) -> float:
    """The pseudo-code of DICOM PS3.3 C.11.2.1.2.1 with an output range of 0 to 1."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0.0
    if x > center - 0.5 + (width - 1) / 2:
        return 1.0
    return (x - (center - 0.5)) / (width - 1) + 0.5


@pytest.mark.parametrize(
    ("width", "level"), [(256, 128), (100, 50), (1, 40), (2, 40), (400.5, 90.2)]
)
def test_integers_follow_the_standard_to_the_letter(width: float, level: float) -> None:
    values = np.arange(256, dtype=np.uint8)
    expected = [standard_linear(float(x), level, width) for x in values]
    np.testing.assert_allclose(apply_window(values, (width, level)), expected, atol=1e-6)


def test_the_window_is_half_open() -> None:
    # Width 100 at level 50 covers the integers 0 to 99 (PS3.3 C.11.2.1.2.1, note 3).
    shown = apply_window(np.array([0, 99, 100], np.uint16), (100, 50))
    np.testing.assert_allclose(shown, [0.0, 1.0, 1.0])
    assert apply_window(np.array([98], np.uint16), (100, 50))[0] < 1.0
    np.testing.assert_array_equal(apply_window(np.array([39, 40], np.uint8), (1, 40)), [0, 1])


def test_floats_use_the_exact_function() -> None:
    values = np.array([-1.0, 0.0, 0.25, 0.5, 2.0], np.float32)
    np.testing.assert_allclose(apply_window(values, (0.5, 0.25)), [0, 0, 0.5, 1, 1])


def test_full_window_shows_everything() -> None:
    grey = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(apply_window(grey, full_window(grey)) * 255, grey, atol=1e-4)
    for values in (np.array([300, 500, 4000], np.uint16), np.array([-2.0, 0.0, 3.0], np.float32)):
        shown = apply_window(values, full_window(values))
        assert (shown[0], shown[-1]) == (0.0, 1.0)
        assert 0.0 < shown[1] < 1.0


def test_flat_pictures_do_not_divide_by_zero() -> None:
    for dtype in (np.uint16, np.float32):
        flat = np.full((4, 4), 7, dtype)
        assert np.isfinite(apply_window(flat, full_window(flat))).all()


def test_empty_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        apply_window(np.zeros(3, np.uint8), (0.5, 1))
    with pytest.raises(ValueError, match="above 0"):
        apply_window(np.zeros(3, np.float32), (0.0, 1))
