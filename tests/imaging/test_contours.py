"""Polygons along pixel edges: they enclose exactly the pixels of the mask."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.imaging.contours import mask_pieces, ring_area
from tests.imaging.polygons import filled, wound

RING = np.zeros((7, 9), bool)
RING[1:6, 2:8] = True
RING[3, 4:6] = False


def shapes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    checkered = np.indices((6, 7)).sum(axis=0) % 2 == 0
    nested = np.zeros((15, 15), bool)
    nested[1:14, 1:14] = True
    nested[3:12, 3:12] = False
    nested[5:10, 5:10] = True
    nested[7, 7] = False
    diagonal = np.eye(5, dtype=bool)
    return {
        "one pixel": np.array([[False, True]]),
        "all": np.ones((4, 3), bool),
        "ring": RING,
        "nested": nested,
        "diagonal": diagonal,
        "diagonal hole": ~np.pad(diagonal, 1),
        "checkered": checkered,
        "noise": rng.random((40, 37)) < 0.5,
        "mostly holes": rng.random((40, 37)) < 0.8,
        "thin": rng.random((1, 30)) < 0.5,
    }


def test_a_rectangle_has_the_corners_of_its_pixels() -> None:
    mask = np.zeros((6, 8), bool)
    mask[2:4, 3:7] = True
    [piece] = mask_pieces(mask)
    assert sorted(map(tuple, piece.outer.tolist())) == [(2, 3), (2, 7), (4, 3), (4, 7)]
    assert ring_area(piece.outer) == 8 == piece.pixels and piece.holes == ()


def test_a_ring_has_a_hole_and_a_channel() -> None:
    [piece] = mask_pieces(RING)
    [hole] = piece.holes
    assert sorted(map(tuple, hole.tolist())) == [(3, 4), (3, 6), (4, 4), (4, 6)]
    assert (ring_area(piece.outer), ring_area(hole), piece.pixels) == (30, -2, 28)
    keyholed = piece.keyholed()
    assert ring_area(keyholed) == 28
    assert [3, 2] in keyholed.tolist()  # the channel leaves the left side at the hole's height
    assert len(keyholed) == 4 + 4 + 3 - 1  # corners, the mouth twice, the hole's corner twice


@pytest.mark.parametrize("name", shapes())
def test_the_pixels_inside_are_those_of_the_mask(name: str) -> None:
    mask = shapes()[name]
    pieces = mask_pieces(mask)
    assert sum(piece.pixels for piece in pieces) == mask.sum()
    for keyholed in (False, True):
        rings = [
            ring
            for one in pieces
            for ring in ((one.keyholed(),) if keyholed else (one.outer, *one.holes))
        ]
        np.testing.assert_array_equal(filled(rings, mask.shape), mask)
        np.testing.assert_array_equal(wound(rings, mask.shape), mask.astype(int))


def test_pixels_that_touch_by_a_corner_are_one_piece() -> None:
    assert len(mask_pieces(np.eye(5, dtype=bool))) == 1
    assert len(mask_pieces(np.array([[1, 0, 1]], np.uint8))) == 2
    assert mask_pieces(np.zeros((3, 3), bool)) == ()
