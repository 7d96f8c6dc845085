"""Random changes that keep the answer."""

import numpy as np
import pytest

from brainscan.data.augmentation import Augmentation, augment
from brainscan.imaging.phantom import phantom_slice
from brainscan.imaging.preprocessing import Preprocessing, preprocess

NONE = Augmentation.none()


@pytest.fixture(scope="module")
def example() -> tuple[np.ndarray, np.ndarray]:
    phantom = phantom_slice(11, lesion="meningioma")
    image, geometry = preprocess(phantom.pixels, Preprocessing())
    return image, geometry.to_input(phantom.mask).astype(np.uint8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_none_changes_nothing(example: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = augment(*example, NONE, rng())
    assert np.array_equal(image, example[0])
    assert mask is not None
    assert np.array_equal(mask, example[1])


def test_certain_flip_mirrors_image_and_mask(example: tuple[np.ndarray, np.ndarray]) -> None:
    how = Augmentation(**{**NONE.to_json(), "flip": 1.0})
    image, mask = augment(*example, how, rng())
    assert np.array_equal(image, example[0][:, ::-1])
    assert mask is not None
    assert np.array_equal(mask, example[1][:, ::-1])


@pytest.mark.parametrize("seed", range(6))
def test_mask_follows_the_image(example: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    geometric = {
        key: value if key in ("flip", "rotation", "translation", "zoom", "stretch") else 0.0
        for key, value in Augmentation().to_json().items()
    }
    # The mask itself as image: both must land on the same pixels.
    image, mask = augment(example[1] * 255, example[1], Augmentation(**geometric), rng(seed))
    assert mask is not None
    overlap = np.logical_and(image > 127, mask).sum() / np.logical_or(image > 127, mask).sum()
    assert overlap > 0.93


def test_same_generator_state_same_result(example: tuple[np.ndarray, np.ndarray]) -> None:
    first = augment(*example, Augmentation(), rng(4))
    second = augment(*example, Augmentation(), rng(4))
    other = augment(*example, Augmentation(), rng(5))
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])


def test_inputs_are_not_modified(example: tuple[np.ndarray, np.ndarray]) -> None:
    before = example[0].copy()
    augment(*example, Augmentation(), rng(1))
    assert np.array_equal(example[0], before)


def test_brightness_moves_the_mean(example: tuple[np.ndarray, np.ndarray]) -> None:
    how = Augmentation(**{**NONE.to_json(), "brightness": 0.4})
    shifts = []
    for seed in range(8):
        image, _ = augment(*example, how, rng(seed))
        assert image.dtype == np.uint8
        shifts.append(image.mean() - example[0].mean())
    assert max(shifts) > 10
    assert min(shifts) < -5
