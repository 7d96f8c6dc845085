"""Review pictures: small, faithful, bounded in number, and the ones a reader will need."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from brainscan.evaluation.review import SIDE, THUMBNAIL, ReviewImage, ReviewStore
from brainscan.imaging.scan import Scan
from tests.evaluation.builders import heat, row, scan


def test_slice_and_evidence_share_their_geometry():
    image = ReviewImage.encode(scan(40, 30), heat(40, 30))
    assert image.pixels().shape == image.evidence().shape == (40, 30)
    assert np.unravel_index(np.argmax(image.evidence()), (40, 30)) == pytest.approx((15, 19), abs=4)
    assert image.evidence().max() == pytest.approx(0.85, abs=0.06)


def test_large_slices_are_shrunk_with_their_aspect():
    image = ReviewImage.encode(scan(800, 400), heat(800, 400))
    assert image.pixels().shape == (SIDE, SIDE // 2)


def test_sixteen_bit_slices_are_windowed():
    ramp = np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype(np.uint16)
    source = Scan(pixels=ramp, name="a", sha256="0", format="PNG", mode="I;16")
    pixels = ReviewImage.encode(source, heat(64, 64)).pixels()
    assert pixels.min() < 10
    assert pixels.max() > 245


def test_thumbnail_is_a_small_picture_in_a_data_url():
    url = ReviewImage.encode(scan(400, 200), heat(400, 200)).thumbnail_url
    assert url.startswith("data:image/jpeg;base64,")
    data = base64.b64decode(url.partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape[:2] == (THUMBNAIL, THUMBNAIL // 2)


def test_the_store_keeps_the_worst_of_every_kind():
    store = ReviewStore(kept_per_kind=2)
    rows = [row(f"t{i}", "tumor", p) for i, p in enumerate((0.9, 0.1, 0.5, 0.2))]
    rows += [row(f"n{i}", "no_tumor", p) for i, p in enumerate((0.9, 0.1, 0.95))]
    for number, entry in enumerate(rows):
        store.offer(number, entry, scan(), heat(40, 30))
    assert sorted(store.images()) == [1, 3, 4, 6]


def test_images_that_cannot_be_errors_are_not_kept():
    store = ReviewStore()
    store.offer(0, row("a", None, 0.9), scan(), heat(40, 30))
    store.offer(1, row("b", "tumor", 0.999), scan(), heat(40, 30))
    assert store.images() == {}
