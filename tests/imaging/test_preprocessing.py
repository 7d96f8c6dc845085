"""The network's input and the way back to the slice."""

import cv2
import numpy as np
import pytest

from brainscan.errors import InputRejected, ModelUnavailable
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.preprocessing import Preprocessing, preprocess

HOW = Preprocessing()


def identity(size: int) -> Geometry:
    return Geometry(size, size, 0, 0, size, size, 0, 0, size, size, size)


def disc(height: int, width: int, y: float, x: float, radius: float) -> np.ndarray:
    rows, cols = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (cols - x) ** 2 <= radius**2


@pytest.fixture
def head() -> np.ndarray:
    """An asymmetric head, 40 rows from the top, 30 columns from the left, on dark noise."""
    pixels = np.random.default_rng(0).integers(0, 4, (300, 260)).astype(np.uint8)
    body = disc(300, 260, 140, 120, 90)
    ramp = np.add.outer(np.arange(300), np.arange(260)) // 5 + 60
    pixels[body] = ramp[body]
    return pixels


def test_input_is_square_uint8_and_uses_the_whole_range(head: np.ndarray) -> None:
    image, _ = preprocess(head, HOW)
    assert image.shape == (192, 192)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert image.min() == 0


def test_crop_is_the_head(head: np.ndarray) -> None:
    _, geometry = preprocess(head, HOW)
    # The disc spans rows 50 to 230 and columns 30 to 210; around it is nothing but noise.
    assert (geometry.top, geometry.left) == (50, 30)
    assert (geometry.crop_height, geometry.crop_width) == (181, 181)


def test_aspect_is_kept() -> None:
    pixels = np.zeros((300, 300), np.uint8)
    rows, cols = np.mgrid[:300, :300]
    pixels[((rows - 150) / 120) ** 2 + ((cols - 150) / 60) ** 2 <= 1] = 200
    pixels[::7] //= 2  # an object of one brightness would be refused
    _, geometry = preprocess(pixels, HOW)
    assert geometry.inner_height == 192
    assert geometry.inner_width / geometry.inner_height == pytest.approx(
        geometry.crop_width / geometry.crop_height, abs=0.01
    )
    assert geometry.pad_left == (192 - geometry.inner_width) // 2


def test_slice_is_not_modified(head: np.ndarray) -> None:
    before = head.copy()
    preprocess(head, HOW)
    assert np.array_equal(head, before)


def test_brightness_and_contrast_do_not_matter(head: np.ndarray) -> None:
    plain, _ = preprocess(head, HOW)
    other, _ = preprocess(head.astype(np.float32) * 3.7 - 120, HOW)
    assert np.abs(plain.astype(int) - other).max() <= 1


def test_sixteen_bits_give_the_same_input(head: np.ndarray) -> None:
    plain, _ = preprocess(head, HOW)
    wide, _ = preprocess(head.astype(np.uint16) * 257, HOW)
    assert np.abs(plain.astype(int) - wide).max() <= 1


def test_mirrored_slice_gives_mirrored_input(head: np.ndarray) -> None:
    plain, _ = preprocess(head, HOW)
    mirrored, _ = preprocess(head[:, ::-1], HOW)
    assert np.abs(plain[:, ::-1].astype(int) - mirrored).max() <= 1


def test_a_hot_pixel_changes_nothing(head: np.ndarray) -> None:
    wide = head.astype(np.uint16) * 4
    plain, there = preprocess(wide, HOW)
    wide[140, 120] = 65535
    image, back = preprocess(wide, HOW)
    assert back == there
    assert np.mean(np.abs(plain.astype(int) - image) > 1) < 0.001  # the pixel and its rim


@pytest.mark.parametrize("frame", [0, 255])
def test_uniform_frame_changes_nothing(head: np.ndarray, frame: int) -> None:
    plain, inner = preprocess(head, HOW)
    framed = np.pad(head, 25, constant_values=frame)
    image, outer = preprocess(framed, HOW)
    assert (outer.top - inner.top, outer.left - inner.left) == (25, 25)
    assert np.abs(plain.astype(int) - image).max() <= 1


def test_frame_inside_a_frame_is_removed_too(head: np.ndarray) -> None:
    plain, _ = preprocess(head, HOW)
    framed = np.pad(np.pad(head, 3, constant_values=255), 20, constant_values=0)
    image, _ = preprocess(framed, HOW)
    assert np.abs(plain.astype(int) - image).max() <= 1


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((100, 100), np.uint8),
        np.full((64, 64), 9, np.uint16),
        # A square of four pixels, all else zero: too little to be a head.
        np.pad(np.ones((4, 4), np.float32), 30),
    ],
    ids=["black", "one grey", "speck"],
)
def test_blank_slices_are_refused_with_a_remedy(pixels: np.ndarray) -> None:
    with pytest.raises(InputRejected, match="Choose a slice that shows the brain"):
        preprocess(pixels, HOW)


def test_to_slice_has_half_pixel_centres() -> None:
    # Cells cover two pixels each; pixel centres lie at 1/4 and 3/4 of a cell. Worked by hand.
    grid = np.array([[0, 1], [0, 1]], np.float32)
    row = [0, 0.25, 0.75, 1]
    assert np.allclose(identity(4).to_slice(grid), [row] * 4)
    assert np.allclose(identity(4).to_slice(grid.T), np.transpose([row] * 4))


def test_to_slice_agrees_with_opencv_on_a_plain_resize() -> None:
    import cv2

    grid = np.random.default_rng(1).random((24, 24)).astype(np.float32)
    expected = cv2.resize(grid, (192, 192), interpolation=cv2.INTER_LINEAR)
    assert np.allclose(identity(192).to_slice(grid), expected, atol=1e-5)


def test_to_slice_is_zero_outside_the_crop(head: np.ndarray) -> None:
    _, geometry = preprocess(head, HOW)
    back = geometry.to_slice(np.ones((24, 24), np.float32))
    inside = np.zeros(head.shape, bool)
    inside[
        geometry.top : geometry.top + geometry.crop_height,
        geometry.left : geometry.left + geometry.crop_width,
    ] = True
    assert np.allclose(back[inside], 1)
    assert not back[~inside].any()


def test_a_spot_comes_back_to_its_place(head: np.ndarray) -> None:
    _, geometry = preprocess(head, HOW)
    spot = disc(*head.shape, 170, 90, 8)
    there = geometry.to_input(spot)
    back = geometry.to_slice(there.astype(np.float32))
    y, x = (np.average(axis, weights=back) for axis in np.mgrid[: head.shape[0], : head.shape[1]])
    assert (y, x) == (pytest.approx(170, abs=0.6), pytest.approx(90, abs=0.6))


def test_mask_of_another_size_is_refused(head: np.ndarray) -> None:
    _, geometry = preprocess(head, HOW)
    with pytest.raises(
        InputRejected, match="The mask is 10 x 10 pixels but its slice is 260 x 300"
    ):
        geometry.to_input(np.zeros((10, 10), bool))


def test_parameters_travel_as_json() -> None:
    how = Preprocessing(size=128, margin=0.05)
    assert Preprocessing.from_json(how.to_json()) == how
    with pytest.raises(ModelUnavailable, match="expected"):
        Preprocessing.from_json({"size": 128})


@pytest.mark.parametrize("cells", [192, 96])
def test_a_map_reaches_another_slices_input_as_by_way_of_the_slice(cells: int) -> None:
    other = Geometry(240, 220, 10, 20, 200, 180, 0, 10, 192, 172, 192)
    own = Geometry(240, 220, 30, 14, 170, 190, 10, 0, 172, 192, 192)
    shown = np.zeros((240, 220), np.float32)
    shown[80:140, 90:150] = 1
    shown = cv2.GaussianBlur(shown, (0, 0), 6)
    grid = cv2.resize(other.place(shown), (cells, cells), interpolation=cv2.INTER_AREA)
    moved = own.from_input_of(other, grid)
    assert np.abs(own.to_slice(moved) - other.to_slice(grid)).max() < 0.01
    np.testing.assert_allclose(other.from_input_of(other, grid), grid, atol=1e-6)
