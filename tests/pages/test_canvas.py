"""Painting in the browser: the shared scripts by themselves, checked against NumPy and OpenCV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes, label

import brainscan.ui
from brainscan.imaging.contours import mask_pieces
from brainscan.imaging.correction import decode_mask, encode_mask
from brainscan.ui.outline_card import area_words

CANVAS = Path(brainscan.ui.__file__).parent / "canvas"
SCRIPTS = ("mask", "pieces", "brush", "contour", "editbar")
SHAPE = (15, 20)


@pytest.fixture(scope="module")
def js(chromium: Any) -> Iterator[Any]:
    """A blank page with the scripts loaded."""
    page = chromium.new_page()
    page.add_script_tag(content="\n".join((CANVAS / f"{name}.js").read_text() for name in SCRIPTS))
    yield page
    page.close()


def _random_masks(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    masks = [rng.random(SHAPE) < share for share in np.linspace(0.2, 0.8, count)]
    return [*masks, np.zeros(SHAPE, bool), np.ones(SHAPE, bool)]


def test_masks_travel_as_python_writes_them(js: Any) -> None:
    for mask in _random_masks(8):
        text = encode_mask(mask)
        back = js.evaluate(
            "([text, w, h]) => { const m = BitMask.decode(text, w, h);"
            " return [m.encode(), Array.from(m.bits), m.empty]; }",
            [text, SHAPE[1], SHAPE[0]],
        )
        assert back[0] == text
        assert np.array_equal(np.reshape(back[1], SHAPE) > 0, mask)
        assert back[2] == (not mask.any())
        assert np.array_equal(decode_mask(back[0], SHAPE), mask)


def test_a_mask_of_another_size_is_refused(js: Any) -> None:
    text = encode_mask(np.ones(SHAPE, bool))
    assert "300 pixels" in js.evaluate(
        "(text) => { try { BitMask.decode(text, 5, 5); } catch (e) { return e.message; } }",
        text,
    )


def test_contours_are_the_rings_of_the_mask(js: Any) -> None:
    """Against the rings that Python writes into RT structure sets, and OpenCV's count of pieces."""
    for mask in _random_masks(8):
        loops = js.evaluate(
            "([text, w, h]) => traceContours(BitMask.decode(text, w, h))",
            [encode_mask(mask), SHAPE[1], SHAPE[0]],
        )
        found = {_ring(np.reshape(loop, (-1, 2))) for loop in loops}
        pieces = mask_pieces(mask)
        wanted = {_ring(ring[:, ::-1]) for p in pieces for ring in (p.outer, *p.holes)}
        assert found == wanted and len(loops) == len(wanted)
        outer = [loop for loop in loops if _area(np.reshape(loop, (-1, 2))) > 0]
        count, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        assert len(outer) == count - 1
        assert sum(_area(np.reshape(loop, (-1, 2))) for loop in loops) == mask.sum()


def _ring(corners: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return a ring of ``(x, y)`` that begins at its least corner."""
    points = [(int(x), int(y)) for x, y in corners]
    rotations = [tuple(points[at:] + points[:at]) for at in range(len(points))]
    return min(rotations)


def _area(corners: np.ndarray) -> float:
    x, y = corners.astype(float).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


@pytest.mark.parametrize("smooth", [False, True])
def test_a_filled_contour_covers_the_mask(js: Any, smooth: bool) -> None:
    mask = np.zeros(SHAPE, bool)
    mask[3:11, 4:15] = True
    mask[5:8, 7:10] = False
    drawn = js.evaluate(
        """([text, w, h, smooth]) => {
          const size = { width: w * 8, height: h * 16 };
          const canvas = Object.assign(document.createElement("canvas"), size);
          const context = canvas.getContext("2d");
          const camera = { left: 0, top: 0, zoom: 8, down: 16 };
          const contour = new Contour(BitMask.decode(text, w, h));
          fillTinted(context, onScreen(contour.path(smooth), camera), 1, "#f00");
          const { data } = context.getImageData(0, 0, size.width, size.height);
          return Array.from(data.filter((_, i) => i % 4 === 3));
        }""",
        [encode_mask(mask), SHAPE[1], SHAPE[0], smooth],
    )
    large = np.reshape(drawn, (SHAPE[0] * 16, SHAPE[1] * 8)) > 127
    wanted = np.kron(mask, np.ones((16, 8))) > 0
    if smooth:  # a quadratic curve over legs of 1.5 pixels takes 1.5 ** 2 / 6 of each corner
        assert np.mean(large != wanted) * mask.size == pytest.approx(8 * 1.5**2 / 6, abs=0.1)
    else:
        assert np.array_equal(large, wanted)


@pytest.mark.parametrize("aspect", [1.0, 2.5])
def test_a_stroke_sets_what_lies_within_its_radius(js: Any, aspect: float) -> None:
    way, radius = [(2.2, 3.1), (12.7, 9.4), (12.7, 2.0)], 2.3
    bits = js.evaluate(
        """([way, radius, aspect, w, h]) => {
          const mask = new BitMask(w, h);
          const stroke = new Stroke(mask, 1, radius, aspect);
          for (const place of way) stroke.moveTo(...place);
          return Array.from(mask.bits);
        }""",
        [way, radius, aspect, SHAPE[1], SHAPE[0]],
    )
    rows, columns = np.indices(SHAPE) + 0.5
    wanted = np.zeros(SHAPE, bool)
    for (x0, y0), (x1, y1) in pairwise(way):
        for share in np.linspace(0, 1, 2000):
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            wanted |= np.hypot(columns - x, (rows - y) * aspect) <= radius
    assert np.array_equal(np.reshape(bits, SHAPE) > 0, wanted)


def test_the_smallest_brush_sets_the_pixel_under_it_and_nothing_outside(js: Any) -> None:
    bits = js.evaluate(
        """([w, h]) => {
          const mask = new BitMask(w, h);
          for (const [x, y] of [[3.05, 4.95], [-9, 2], [w + 40, h + 40]]) {
            new Stroke(mask, 1, 0.5).moveTo(x, y);
          }
          return Array.from(mask.bits);
        }""",
        [SHAPE[1], SHAPE[0]],
    )
    assert np.argwhere(np.reshape(bits, SHAPE)).tolist() == [[4, 3]]


def test_undo_and_redo_restore_every_step(js: Any) -> None:
    states = js.evaluate(
        """([w, h]) => {
          const mask = new BitMask(w, h);
          const history = new PaintHistory();
          const states = [mask.encode()];
          const paint = (value, x, y) => {
            const stroke = new Stroke(mask, value, 3);
            stroke.moveTo(x, y);
            stroke.moveTo(x + 4, y + 2);
            history.push(stroke.end());
            states.push(mask.encode());
          };
          paint(1, 4, 4);
          paint(0, 6, 5);
          history.replace([mask, new Uint8Array(w * h).fill(1)]);
          states.push(mask.encode());
          history.push(new Stroke(mask, 1, 3).end()); // never moved: no step
          const back = [mask.encode()];
          while (history.undo()) back.push(mask.encode());
          const forth = [mask.encode()];
          while (history.redo()) forth.push(mask.encode());
          history.undo();
          paint(0, 1, 1); // what was undone is gone
          return { states: states.slice(0, 4), back, forth, redo: history.canRedo };
        }""",
        [SHAPE[1], SHAPE[0]],
    )
    assert len(set(states["states"])) == 4
    assert states["back"] == states["states"][::-1]
    assert states["forth"] == states["states"]
    assert states["redo"] is False


@pytest.mark.parametrize(
    ("pixels", "spacing", "words"),
    [
        (3, None, "3 px"),
        (250, None, "250 px"),
        (3, [0.5, 2.0], "3.0 mm²"),
        (250, [4.0, 2.0], "2,000 mm²"),
        (50, [0.5, 0.5], "12 mm²"),  # 12.5: halves go to the even number, as in Python
        (1, [0.5, 0.5], "0.2 mm²"),
        (0, [1.0, 1.0], "0.0 mm²"),
    ],
)
def test_areas_are_told_in_the_words_of_the_page(
    js: Any, pixels: int, spacing: list[float] | None, words: str
) -> None:
    told = js.evaluate(
        """([pixels, spacing, w, h]) => {
          const bits = new Uint8Array(w * h).fill(1, 0, pixels);
          return areaWords(new BitMask(w, h, bits), spacing);
        }""",
        [pixels, spacing, SHAPE[1], SHAPE[0]],
    )
    area = pixels * (spacing[0] * spacing[1] if spacing else 1)
    assert told == words == area_words(area, "mm" if spacing else "px")


def test_several_masks_change_in_one_step(js: Any) -> None:
    states = js.evaluate(
        """([w, h]) => {
          const masks = [new BitMask(w, h), new BitMask(w, h), new BitMask(w, h)];
          const shown = () => masks.map((mask) => mask.bits.indexOf(1));
          const history = new PaintHistory();
          const dot = (at) => { const bits = new Uint8Array(w * h); bits[at] = 1; return bits; };
          history.replace([masks[1], dot(5)], [masks[2], dot(6)], [masks[0], dot(w * h)]);
          const states = [shown()];
          states.push([masks.indexOf(history.undo().mask), history.canUndo], shown());
          states.push([masks.indexOf(history.redo().mask), history.canRedo], shown());
          history.replace();
          return [...states, history.undo() !== undefined, history.canUndo];
        }""",
        [SHAPE[1], SHAPE[0]],
    )
    none, drawn = [-1, -1, -1], [-1, 5, 6]
    assert states == [drawn, [1, False], none, [1, False], drawn, True, False]


def test_a_piece_is_taken_as_scipy_counts_it(js: Any) -> None:
    volume = np.random.default_rng(8).random((4, *SHAPE)) < 0.12
    labels, count = label(volume, np.ones((3, 3, 3)))
    assert count > 10
    for piece in range(count + 1):
        at, y, x = (int(number) for number in np.argwhere(labels == piece)[-1])
        taken = js.evaluate(
            """([texts, at, x, y, w, h]) => {
              const masks = texts.map((text) => BitMask.decode(text, w, h));
              const found = withoutPiece(at, [x + 0.5, y + 0.5], (index) => masks[index]);
              return [[...found.keys()][0] ?? null, masks.map((mask, index) =>
                Array.from(found.get(index) ?? mask.bits))];
            }""",
            [[encode_mask(mask) for mask in volume], at, x, y, SHAPE[1], SHAPE[0]],
        )
        first, left = taken
        assert first == (at if piece else None)  # 0: nothing is there, nothing is taken
        expected = volume & (labels != piece) if piece else volume
        assert np.array_equal(np.reshape(left, volume.shape) > 0, expected)


def test_there_is_no_piece_beside_the_slice(js: Any) -> None:
    places = [[-0.5, 2], [2, -0.5], [SHAPE[1], 2], [2, SHAPE[0]]]
    full = encode_mask(np.ones(SHAPE, bool))
    sizes = js.evaluate(
        """([places, text, w, h]) => places.map((place) =>
          withoutPiece(0, place, (at) => (at ? null : BitMask.decode(text, w, h))).size)""",
        [places, full, SHAPE[1], SHAPE[0]],
    )
    assert sizes == [0, 0, 0, 0]


def test_filling_sets_what_is_enclosed_and_nothing_else(js: Any) -> None:
    for mask in _random_masks(8):
        filled = js.evaluate(
            "([text, w, h]) => Array.from(filledHoles(BitMask.decode(text, w, h)))",
            [encode_mask(mask), SHAPE[1], SHAPE[0]],
        )
        assert np.array_equal(np.reshape(filled, SHAPE) > 0, binary_fill_holes(mask))


def test_ink_is_told_from_both_color_maps() -> None:
    """No colour of inferno or viridis comes near the contour's, not even for a deuteranope."""
    from brainscan.imaging.colors import colorize
    from brainscan.imaging.outline_drawing import OUTLINE_COLOR

    written = re.search(r'line: "#(\w{6})"', (CANVAS / "contour.js").read_text())
    assert written and bytes.fromhex(written[1]) == bytes(OUTLINE_COLOR)
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    colors = np.concatenate([colorize(ramp, name)[0] for name in ("inferno", "viridis")])
    # Vienot et al., Color Res. Appl. 24 (1999) 243-252: a deuteranope's linear RGB.
    seen = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
    for matrix in (np.eye(3), seen):
        linear = (np.vstack([colors, OUTLINE_COLOR]) / 255.0) ** 2.2 @ matrix.T
        lab = cv2.cvtColor(
            (np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32)[None], cv2.COLOR_RGB2LAB
        )[0]
        assert np.linalg.norm(lab[:-1] - lab[-1], axis=1).min() > 25


def test_nothing_changes_what_is_being_saved(js: Any) -> None:
    """Strokes are let go of when they are kept: a key meanwhile must not seem to work."""
    for action in ("undo", "redo", "fill", "revert", "clear", "discard"):
        assert js.evaluate("action => mustWait(action, 'an id')", action) is True
        assert js.evaluate("action => mustWait(action, null)", action) is False
    assert js.evaluate("['radius', 'name', 'save'].some((one) => mustWait(one, 'an id'))") is False
