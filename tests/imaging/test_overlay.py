"""The exported picture, read back pixel by pixel."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.orientation import Letters
from brainscan.imaging.overlay import MARGIN, blend, colorize, overlay_png
from brainscan.imaging.scan import Scan
from brainscan.imaging.voi import Voi
from brainscan.imaging.windowing import apply_window
from brainscan.notice import RESEARCH_USE

# Large enough to be exported at its own size.
SIDE = 600


def make_scan(pixels: np.ndarray | None = None) -> Scan:
    if pixels is None:
        pixels = np.resize(np.arange(256, dtype=np.uint8), (SIDE, SIDE))
    return Scan(pixels, "größe.png", "ab" * 32, "PNG", "L")


def exported(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def picture(data: bytes) -> np.ndarray:
    """Return the slice's part of the exported picture."""
    return exported(data)[MARGIN : MARGIN + SIDE, MARGIN : MARGIN + SIDE]


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


# First, middle and last colours as published with the maps (matplotlib, 8 bits).
@pytest.mark.parametrize(
    ("name", "colors"),
    [
        ("inferno", [(0, 0, 4), (188, 55, 84), (252, 255, 164)]),
        ("viridis", [(68, 1, 84), (33, 145, 140), (253, 231, 37)]),
    ],
)
def test_color_maps_against_published_values(name: str, colors: list) -> None:
    result = colorize(np.array([[0.0, 0.5, 1.0]]), name)  # type: ignore[arg-type]
    assert (result.shape, result.dtype) == ((1, 3, 3), np.uint8)
    assert np.abs(result[0].astype(int) - colors).max() <= 3


def test_colorize_clips_and_refuses_unknown_maps() -> None:
    np.testing.assert_array_equal(
        colorize(np.array([[-1.0, 2.0]])), colorize(np.array([[0.0, 1.0]]))
    )
    with pytest.raises(ValueError, match="colormap must be one of"):
        colorize(np.zeros((2, 2)), "jet")  # type: ignore[arg-type]


def test_slice_alone_keeps_its_values() -> None:
    scan = make_scan()
    np.testing.assert_array_equal(picture(overlay_png(scan, None)), grey(scan.pixels))


def test_window_and_inversion() -> None:
    scan = make_scan()
    shown = np.rint(apply_window(scan.pixels, (100.0, 80.0)) * 255).astype(np.uint8)
    np.testing.assert_array_equal(picture(overlay_png(scan, None, window=(100, 80))), grey(shown))
    inverted = picture(overlay_png(scan, None, window=(100, 80), invert=True))
    assert np.abs(inverted.astype(int) - (255 - grey(shown).astype(int))).max() <= 1


def test_heat_map_is_blended_from_the_threshold_up() -> None:
    scan = make_scan()
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[100:200, 100:200] = 0.8
    heat[300:400, 300:400] = 0.39
    heat[450:500, 450:500] = 0.4
    shown = picture(overlay_png(scan, heat, opacity=0.25, threshold=0.4, colormap="viridis"))
    touched = heat >= np.float32(0.4)
    assert touched[460, 460] and not touched[350, 350]
    base = grey(scan.pixels).astype(float)
    expected = np.rint(0.75 * base + 0.25 * colorize(heat, "viridis"))
    np.testing.assert_array_equal(shown[~touched], grey(scan.pixels)[~touched])
    assert np.abs(shown[touched] - expected[touched]).max() <= 1


def test_opacity_at_its_ends() -> None:
    gray = np.full((4, 4), 0.2, np.float32)
    heat = np.full((4, 4), 0.9, np.float32)
    np.testing.assert_array_equal(
        blend(gray, heat, opacity=0.0, threshold=0.5), np.full((4, 4, 3), 51)
    )
    np.testing.assert_array_equal(blend(gray, heat, opacity=1.0, threshold=0.5), colorize(heat))


def test_deep_slices_are_shown_over_their_whole_range() -> None:
    deep = np.linspace(500, 4000, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    shown = picture(overlay_png(make_scan(deep), None))
    assert (shown.min(), shown.max()) == (0, 255)


def test_color_bar_runs_from_one_at_the_top_to_zero() -> None:
    scan = make_scan(np.zeros((SIDE, SIDE), np.uint8))
    heat = np.ones((SIDE, SIDE), np.float32)
    with_bar = exported(overlay_png(scan, heat, threshold=0.0))
    without = exported(overlay_png(scan, None))
    assert with_bar.shape[1] > without.shape[1]
    ramp = colorize(np.linspace(1, 0, SIDE)[:, None])[:, 0]
    right = with_bar[MARGIN : MARGIN + SIDE, MARGIN + SIDE :]
    columns = [c for c in range(right.shape[1]) if np.array_equal(right[5:-5, c], ramp[5:-5])]
    assert len(columns) >= 12


def test_color_bar_is_dimmed_below_the_threshold() -> None:
    heat = np.ones((SIDE, SIDE), np.float32)
    high = exported(overlay_png(make_scan(), heat, threshold=0.6))[:, MARGIN + SIDE :]
    low = exported(overlay_png(make_scan(), heat, threshold=0.0))[:, MARGIN + SIDE :]
    at = MARGIN + int(0.6 * SIDE)
    assert high[at].max(axis=1).sum() < low[at].max(axis=1).sum()


def test_text_below_grows_with_the_caption_and_names_the_empty_map() -> None:
    plain = exported(overlay_png(make_scan(), None))
    captioned = exported(overlay_png(make_scan(), None, caption=["One line.", "Another line."]))
    assert captioned.shape[0] > plain.shape[0]
    wrapped = exported(overlay_png(make_scan(), None, caption="word " * 60))
    assert wrapped.shape[0] > plain.shape[0] and wrapped.shape[1] == plain.shape[1]
    below = plain[MARGIN + SIDE + 2 :]
    assert (below.max(axis=2) > 100).sum() > 300
    heat = np.zeros((SIDE, SIDE), np.float32)
    empty = exported(overlay_png(make_scan(), heat, threshold=0.5))
    full = exported(overlay_png(make_scan(), heat + 1, threshold=0.5))
    assert empty.shape[0] > full.shape[0]


def test_metadata_carries_the_notice_and_the_source() -> None:
    with Image.open(io.BytesIO(overlay_png(make_scan(), None))) as image:
        text = image.text  # type: ignore[attr-defined]
    assert text["Disclaimer"] == RESEARCH_USE
    assert text["Source-SHA256"] == "ab" * 32
    assert "größe.png" in text["Title"]


@pytest.mark.parametrize("shape", [(32, 32), (100, 300), (1200, 900)])
def test_small_slices_are_enlarged_by_a_whole_number(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 130, np.uint8)
    heat = np.ones(shape, np.float32)
    factor = max(1, round(640 / max(shape)))
    image = exported(overlay_png(make_scan(pixels), heat, threshold=0.5, opacity=0.0))
    part = image[MARGIN : MARGIN + shape[0] * factor, MARGIN : MARGIN + shape[1] * factor]
    assert part.shape[:2] == (shape[0] * factor, shape[1] * factor)
    assert np.unique(part).tolist() == [130]


def test_a_heat_map_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape of the slice"):
        overlay_png(make_scan(), np.zeros((10, 10), np.float32))


def located(**more: Any) -> Scan:
    pixels = np.full((400, 300), 60, np.uint8)
    pixels[100:110, 200:220] = 255
    return replace(make_scan(pixels), **more)


def test_pixels_that_are_not_square_are_drawn_in_millimetres() -> None:
    scan = located(spacing=(1.0, 2.0))  # a pixel is twice as wide as it is high
    image = exported(overlay_png(scan, None))
    factor = max(1, round(640 / max(400, 600)))
    height, width = 400 * factor, 600 * factor
    part = image[MARGIN : MARGIN + height, MARGIN : MARGIN + width, 0]
    rows, columns = np.nonzero(part > 200)
    assert abs(np.ptp(rows) + 1 - 10 * factor) <= 2 and abs(np.ptp(columns) + 1 - 40 * factor) <= 2
    heat = np.zeros((400, 300), np.float32)
    heat[100:110, 200:220] = 1.0
    colored = exported(overlay_png(scan, heat, threshold=0.5, opacity=1.0))
    shown = colored[MARGIN : MARGIN + height, MARGIN : MARGIN + width].astype(int)
    tinted = np.argwhere(np.ptp(shown, axis=2) > 20).mean(axis=0)
    assert np.abs(tinted - [rows.mean(), columns.mean()]).max() < 2


def test_a_header_s_absurd_spacing_does_not_fill_the_memory() -> None:
    image = exported(overlay_png(located(spacing=(1e-6, 1.0)), None))
    assert max(image.shape) < 10_000


def test_directions_and_scale_stand_around_the_slice() -> None:
    plain = exported(overlay_png(located(), None))
    scan = located(letters=Letters("R", "L", "AS", "PI"), spacing=(0.5, 0.5))
    image = exported(overlay_png(scan, None))
    height, width = 400 * 2, 300 * 2
    margins = {
        "left": image[MARGIN : MARGIN + height, :MARGIN],
        "right": image[MARGIN : MARGIN + height, MARGIN + width : 2 * MARGIN + width],
        "top": image[:MARGIN, MARGIN : MARGIN + width],
        "bottom": image[MARGIN + height : 2 * MARGIN + height, MARGIN : MARGIN + width],
    }
    for edge, part in margins.items():
        bright = np.argwhere(part.max(axis=2) > 150)
        assert len(bright), edge
        if edge in ("left", "right"):
            assert abs(bright[:, 0].mean() - height / 2) < 10
    # A fifth of 150 mm is 30 mm: the scale is 20 mm, 80 pixels of the enlarged picture.
    line = margins["bottom"][MARGIN // 2].max(axis=1) > 150
    assert 78 <= int(np.argmin(line)) <= 82
    assert plain[:MARGIN].max() < 60


def test_a_window_function_of_the_file_is_used() -> None:
    pixels = np.linspace(0, 4095, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.float32)
    table = np.sqrt(np.linspace(0, 1, 1000)).astype(np.float32)
    for voi in (Voi("S", "SIGMOID", 900.0, 1800.0), Voi.lookup("T", 700.0, table)):
        expected = np.rint(voi.apply(pixels) * 255).astype(np.uint8)
        shown = picture(overlay_png(make_scan(pixels), None, window=voi))
        np.testing.assert_array_equal(shown, grey(expected))


def test_a_moved_table_is_stretched_over_its_window() -> None:
    table = np.linspace(0, 1, 101).astype(np.float32) ** 2
    voi = Voi.lookup("T", 0.0, table)
    np.testing.assert_array_equal(voi.moved(voi.width, voi.level).apply(np.arange(101)), table)
    moved = voi.moved(200.0, 300.0)  # from 200 to 400
    np.testing.assert_allclose(moved.apply(np.array([100, 200, 300, 400, 500])), [0, 0, 0.25, 1, 1])
