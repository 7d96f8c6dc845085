"""Tumors carved out of one slice and into another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.data.augmentation import Augmentation
from brainscan.data.carving import LARGEST, erase_tumor, paste_tumor
from brainscan.data.dataset import TYPES, open_dataset
from brainscan.data.loader import DataLoader
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.preprocessing import Preprocessing

SIZE = 64


def disc(row: float, column: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).astype(np.uint8)


def head(level: int) -> np.ndarray:
    return disc(31.5, 31.5, 28) * np.uint8(level)


def test_erased_tumor_leaves_the_tissue_of_the_other_side() -> None:
    image, mask = head(100), disc(30, 20, 6)
    image[mask > 0] = 220
    without = erase_tumor(image, mask)
    assert without is not None
    assert abs(int(without[30, 20]) - 100) <= 1
    assert np.array_equal(without[:, 40:], image[:, 40:])  # nothing else has changed
    assert without.max() <= 115  # of 220: a soft seam leaves a trace


def test_other_side_is_made_as_bright_as_this_one() -> None:
    image, mask = head(100), disc(30, 17, 5)
    image[:, 32:][image[:, 32:] > 0] = 60  # as under an uneven coil
    image[mask > 0] = 220
    without = erase_tumor(image, mask)
    assert without is not None and abs(int(without[30, 17]) - 100) <= 1


@pytest.mark.parametrize(
    "mask",
    [
        np.zeros((SIZE, SIZE), np.uint8),
        disc(30, 31.5, 6),  # in the middle: the other side is the tumor itself
        disc(30, 20, 6) | disc(30, 43, 6),  # on both sides
        disc(31.5, 20, 18),  # a quarter of the picture
        disc(30, 2, 2),  # outside the head, where there is nothing to take
    ],
)
def test_what_cannot_be_erased_stays(mask: np.ndarray) -> None:
    assert erase_tumor(head(100), mask) is None


def test_pasted_tumor_keeps_its_contrast_and_comes_with_its_outline() -> None:
    donor, mask = head(50), disc(30, 22, 6)
    donor[mask > 0] = 120  # 70 above its surroundings
    sides = set()
    for seed in range(12):
        pasted = paste_tumor(head(100), donor, mask, np.random.default_rng(seed))
        assert pasted is not None
        image, outline = pasted
        assert abs(int(outline.sum()) - int(mask.sum())) <= 0.1 * mask.sum()
        rows, columns = np.nonzero(outline)
        row, column = round(rows.mean()), round(columns.mean())
        assert abs(int(image[row, column]) - 170) <= 4
        far = np.hypot(*(np.mgrid[:SIZE, :SIZE] - np.array([row, column])[:, None, None])) > 14
        assert np.array_equal(image[far], head(100)[far])
        assert abs(row - 30) <= 5
        sides.add(column < 32)
    assert sides == {True, False}  # mirrored half of the time


def test_tumor_is_not_pasted_beside_the_head_nor_when_too_large() -> None:
    small = disc(31.5, 31.5, 8) * np.uint8(100)
    generator = np.random.default_rng(0)
    assert paste_tumor(small, head(50), disc(30, 12, 6), generator) is None
    large = disc(31.5, 31.5, 20)
    assert large.mean() > LARGEST
    assert paste_tumor(head(100), head(50), large, generator) is None
    assert paste_tumor(head(100), head(50), np.zeros_like(large), generator) is None


def test_loader_carves_both_ways_and_changes_the_labels(tmp_path: Path) -> None:
    lines = ["file,label,mask"]
    for seed, lesion in enumerate(("none", "glioma", "none", "glioma", "pituitary")):
        phantom = phantom_slice(seed, lesion=lesion, size=128)  # type: ignore[arg-type]
        (tmp_path / f"{seed}.png").write_bytes(phantom_png(phantom))
        Image.fromarray(phantom.mask).save(tmp_path / f"{seed}-mask.png")
        label = "notumor" if lesion == "none" else lesion
        lines.append(f"{seed}.png,{label},{f'{seed}-mask.png' if lesion == 'glioma' else ''}")
    (tmp_path / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")
    loader = DataLoader(open_dataset(tmp_path), Preprocessing(size=SIZE), types=TYPES)
    how = replace(Augmentation.none(), carve=1.0)
    changed = {True: 0, False: 0}
    for epoch in range(10):
        for index in range(5):
            image, mask, tumor, kind = loader.sample(index, epoch, 1, how)
            if tumor == loader.tumor[index]:
                assert np.array_equal(image, loader.images[index])
                assert kind == loader.type_index[index]
                continue
            changed[bool(tumor)] += 1
            assert mask.any() == bool(tumor) and kind == -1
            assert not np.array_equal(image, loader.images[index])
    assert changed[True] > 5 and changed[False] > 5
    # A tumor whose outline is unknown can be neither erased nor given away.
    assert loader.sample(4, 0, 1, how)[2:] == (1.0, 2)
    assert loader.sample(1, 0, 1, Augmentation.none())[2:] == (1.0, 0)
