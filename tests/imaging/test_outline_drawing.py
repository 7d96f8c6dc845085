"""The outline in exported pictures, looked at pixel by pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from brainscan.imaging.outline_drawing import OUTLINE_COLOR, OutlineDrawing, draw_outline
from brainscan.imaging.overlay import MARGIN, overlay_png
from brainscan.imaging.scan import Scan

SHAPE = (60, 80)
SIZE = (300, 400)  # five screen pixels for one of the slice


def _square() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[20:40, 30:60] = True
    return mask


def _gray(value: int) -> np.ndarray:
    return np.full((*SIZE, 3), value, np.uint8)


def _is_ink(pixels: np.ndarray) -> np.ndarray:
    return np.abs(pixels.astype(int) - OUTLINE_COLOR).max(axis=-1) < 40


@pytest.mark.parametrize("brightness", [0, 128, 255])
def test_contour_runs_along_the_edge_of_the_pixels_with_a_dark_casing(brightness: int) -> None:
    drawn = draw_outline(_gray(brightness), OutlineDrawing(_square()))
    row = drawn[150]  # through the middle: the edges lie at columns 150 and 300
    ink = np.flatnonzero(_is_ink(row))
    assert {int(place) for place in ink} <= {149, 150, 151, 298, 299, 300, 301}
    assert len(ink) == 4
    for edge in (150, 300):
        beside = row[edge - 3 : edge + 3].min(axis=-1)
        dark = beside <= max(0.65 * brightness, 20)
        assert dark[1] and dark[-1]
    assert (drawn[150, 225] == brightness).all() and (drawn[150, 100] == brightness).all()


def test_nothing_is_drawn_of_an_empty_mask() -> None:
    picture = _gray(90)
    empty = OutlineDrawing(np.zeros(SHAPE, bool), fill=0.5)
    assert np.array_equal(draw_outline(picture, empty), picture)


def test_fill_tints_the_inside_and_leaves_holes_clear() -> None:
    mask = _square()
    mask[27:33, 40:50] = False
    drawn = draw_outline(_gray(100), OutlineDrawing(mask, fill=0.25))
    wanted = np.rint(100 + (np.array(OUTLINE_COLOR) - 100) * 0.25)
    assert np.array_equal(drawn[120, 170], wanted)
    assert (drawn[150, 225] == 100).all() and (drawn[50, 50] == 100).all()


def test_an_uncertain_answer_has_a_dashed_contour() -> None:
    whole = _is_ink(draw_outline(_gray(0), OutlineDrawing(_square())))
    dashed = _is_ink(draw_outline(_gray(0), OutlineDrawing(_square(), possible=True)))
    assert 0.5 < dashed.sum() / whole.sum() < 0.8
    line = dashed[190:210, 170:280].any(axis=0)
    assert 5 <= np.count_nonzero(np.diff(line.astype(int)) == 1) <= 10


def test_the_uncertain_border_is_hatched_between_inner_and_outer() -> None:
    mask = _square()
    inner, outer = np.zeros_like(mask), np.zeros_like(mask)
    inner[24:36, 34:56], outer[14:46, 24:66] = True, True
    drawn = draw_outline(_gray(0), OutlineDrawing(mask, (inner, outer)))
    zone = drawn[80:95, 180:270]  # between the outer border and the contour
    share = np.mean(zone.max(axis=-1) > 60)
    assert 0.1 < share < 0.5
    assert (drawn[130:170, 190:260] == 0).all()
    assert (drawn[50:65] == 0).all()


def test_diameters_join_their_ends_with_ticks() -> None:
    """Pixel centres are at integers: the middle of pixel (30, 20) is drawn at (152.5, 102.5)."""
    mask = np.zeros(SHAPE, bool)
    mask[0, 0] = True
    lengths = (((30.0, 20.0), (30.0, 60.0)),)
    drawn = draw_outline(_gray(0), OutlineDrawing(mask, lengths=lengths))
    white = drawn.min(axis=-1) > 120
    assert white[151:154, 110:300].any(axis=0).all()
    assert not white[140:165, :98].any() and not white[140:165, 307:].any()
    for end in (102, 302):
        assert white[148:157, end - 1 : end + 2].any(axis=1).all()


def test_exported_picture_shows_the_outline_over_the_slice() -> None:
    scan = Scan(np.full((640, 640), 50, np.uint8), "a.png", "ab" * 32, "PNG", "L")
    mask = np.zeros((640, 640), bool)
    mask[200:400, 100:300] = True

    def shown(outline: OutlineDrawing | None) -> np.ndarray:
        png = overlay_png(scan, None, window=(256, 128), outline=outline)
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[MARGIN:, MARGIN:]

    drawn, plain = shown(OutlineDrawing(mask)), shown(None)
    changed = np.argwhere((drawn != plain).any(axis=-1))
    assert (changed.min(axis=0) >= (196, 96)).all() and (changed.max(axis=0) <= (404, 304)).all()
    assert _is_ink(drawn[300, 98:103]).any()
    with pytest.raises(ValueError, match="outline must have the shape of the slice"):
        overlay_png(scan, None, outline=OutlineDrawing(mask[:100]))
