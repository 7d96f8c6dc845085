"""Thumbnails and signatures: what they ignore, what they keep."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.data.thumbnails import LENGTH, SIDE, THUMBNAIL, mirrored, signatures, thumbnails
from tests.data.pictures import cropped, picture, recompressed


def _similarity(one: np.ndarray, other: np.ndarray, crop: float = 0.0) -> float:
    whole = [thumbnails(pixels)[0][None] for pixels in (one, other)]
    return float((signatures(whole[0], crop) @ signatures(whole[1]).T)[0, 0])


def test_thumbnails_are_small_bytes_and_leave_the_slice_alone() -> None:
    pixels = picture(1)
    before = pixels.copy()
    whole, head = thumbnails(pixels)
    assert whole.shape == head.shape == (THUMBNAIL, THUMBNAIL)
    assert whole.dtype == head.dtype == np.uint8
    np.testing.assert_array_equal(pixels, before)


def test_depth_does_not_matter() -> None:
    pixels = picture(2)
    pixels[0, 0], pixels[80, 80] = 0, 255  # both ends of the scale occur
    deep = pixels.astype(np.uint16) * 257
    for expected, found in zip(thumbnails(pixels), thumbnails(deep), strict=True):
        assert np.abs(expected.astype(int) - found).max() <= 1
    for expected, found in zip(thumbnails(pixels), thumbnails(deep / 65535.0), strict=True):
        assert np.abs(expected.astype(int) - found).max() <= 1


def test_the_head_is_found_inside_air_and_frame() -> None:
    pixels = picture(3)
    framed = np.pad(np.pad(pixels, 40), 9, constant_values=255)
    heads = np.stack([thumbnails(pixels)[1], thumbnails(framed)[1]])
    first, second = signatures(heads)
    assert first @ second > 0.98


def test_signatures_are_unit_vectors_without_mean() -> None:
    vectors = signatures(np.stack([thumbnails(picture(seed))[0] for seed in range(4)]))
    assert vectors.shape == (4, LENGTH)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(vectors.mean(axis=1), 0.0, atol=1e-6)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_blank_picture_is_like_nothing(level: int) -> None:
    blank = np.full((1, THUMBNAIL, THUMBNAIL), level, np.uint8)
    assert not signatures(blank).any()


def test_copies_are_alike_and_others_are_not() -> None:
    pixels = picture(4)
    halved = pixels.reshape(80, 2, 72, 2).mean(axis=(1, 3)).astype(np.uint8)
    brighter = np.clip(pixels * 1.2 + 5, 0, 255).astype(np.uint8)
    assert _similarity(pixels, recompressed(pixels)) > 0.98
    assert _similarity(pixels, brighter) > 0.98
    assert _similarity(pixels, halved) > 0.98
    assert _similarity(pixels, picture(5)) < 0.85


def test_mirrored_signature_is_that_of_the_mirrored_picture() -> None:
    whole = thumbnails(picture(6))[0]
    expected = signatures(whole[None, :, ::-1])
    np.testing.assert_allclose(mirrored(signatures(whole[None])), expected, atol=1e-5)


def test_a_crop_matches_at_its_own_share_only() -> None:
    pixels = picture(7)
    part = cropped(pixels, 0.2)
    assert _similarity(pixels, part, crop=0.2) > 0.97
    assert _similarity(pixels, part) < 0.5


def test_sampling_averages_areas() -> None:
    # Without blur and mean the grid would hold the mean of each 2 x 2 block: a checkerboard of
    # single pixels vanishes, one of blocks stays.
    fine = (np.indices((THUMBNAIL, THUMBNAIL)).sum(axis=0) % 2 * 255).astype(np.uint8)
    coarse = np.kron(np.indices((SIDE, SIDE)).sum(axis=0) % 2 * 255, np.ones((2, 2)))
    assert not signatures(fine[None]).any()
    assert signatures(coarse.astype(np.uint8)[None]).any()
