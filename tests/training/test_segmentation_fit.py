"""The threshold of the masks, chosen on slices whose best one is known."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from brainscan.data.record import Record
from brainscan.errors import TrainingError
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.segmentation import Segmentation, SegmentationRule
from brainscan.training.segmentation_fit import _PIECES, _kept, fit_segmentation_rule

SIDE = 64
GEOMETRY = Geometry(SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, SIDE)


class Reader:
    """Draws a disc whose probability falls from its centre: 0.6 where the truth ends.

    On a tumor-free slice it draws a smaller one that is nowhere surer than 0.75. A speck is four
    certain pixels elsewhere.
    """

    probability = 0.9

    def __init__(self, speck: bool = False) -> None:
        self.speck = speck

    def read(self, scan: Scan) -> "Reader":
        rows, columns = np.mgrid[:SIDE, :SIDE]
        radius = np.hypot(rows - 32, columns - 32)
        way = np.clip(1.0 - 0.4 * radius / 16.0, 0, 1).astype(np.float32)
        if scan.name.startswith("free"):
            way = np.minimum(way, 0.75) * (radius < 10)
        if self.speck:
            way[2:4, 2:4] = 1.0
        self.segmentation = Segmentation(way[None].astype(np.float32), GEOMETRY)
        return self

    def decide(self, probability: float) -> str:
        return "tumor"


def draw(folder: Path, name: str, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE), np.uint8)
    pixels[:6], pixels[-6:] = 0, 0  # air above and below, so that a head stands out
    cv2.imwrite(str(folder / name), pixels)
    return folder / name


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    truth = (np.hypot(rows - 32, columns - 32) <= 16).astype(np.uint8) * 255
    found = []
    for number in range(2):
        path, mask = draw(tmp_path, f"{number}.png", number), tmp_path / f"{number}-mask.png"
        cv2.imwrite(str(mask), truth)
        found.append(Record(path, path.name, "tumor", source=f"s{number}", mask=mask))
    return found


def fitted(reader: Reader, records: list[Record]) -> dict[str, Any]:
    return fit_segmentation_rule(reader, records)  # type: ignore[arg-type]


def test_threshold_is_where_the_truth_ends(records: list[Record]) -> None:
    entry = fitted(Reader(), records)
    assert (entry["threshold"], entry["smallest"], entry["peak"]) == (0.6, 0.0, 0.0)
    assert entry["validation"] == [
        {"name": "s0", "n": 1, "dice": pytest.approx(1.0, abs=0.01)},
        {"name": "s1", "n": 1, "dice": pytest.approx(1.0, abs=0.01)},
    ]
    assert "2 outlined validation slices" in entry["rule"]


def test_specks_are_dropped(records: list[Record]) -> None:
    entry = fitted(Reader(speck=True), records)
    assert entry["smallest"] > 4 / SIDE**2


def test_unsure_pieces_of_tumor_free_slices_are_dropped(
    records: list[Record], tmp_path: Path
) -> None:
    path = draw(tmp_path, "free.png", 9)
    entry = fitted(Reader(), [*records, Record(path, path.name, "no_tumor", source="s0")])
    assert entry["peak"] == 0.8  # above 0.75; the tumors are certain in their middle
    assert "0.0 % of 1 tumour-free validation slices" in entry["rule"]
    assert "(100.0 % with nothing dropped)" in entry["rule"]


@pytest.mark.parametrize(
    ("threshold", "smallest", "peak"), [(0.4, 0.0, 0.0), (0.6, 0.002, 0.8), (0.3, 0.004, 0.95)]
)
def test_table_knows_the_masks_that_are_drawn(
    threshold: float, smallest: float, peak: float
) -> None:
    generator = np.random.default_rng(3)
    way = cv2.GaussianBlur(generator.random((SIDE, SIDE)), (0, 0), 2)
    way = ((way - way.min()) / (way.max() - way.min())).astype(np.float32)
    truth = generator.random((SIDE, SIDE)) > 0.5
    rule = SegmentationRule(threshold, smallest, peak)
    mask = Segmentation(way[None], GEOMETRY, rule).mask
    number = _PIECES.index((smallest, peak))
    area, common = _kept(Segmentation(way[None], GEOMETRY), threshold, truth)[:, number]
    assert (area, common) == (np.count_nonzero(mask), np.count_nonzero(mask & truth))
    assert 0 < area < SIDE**2


def test_without_outlines_there_is_nothing_to_choose_by(tmp_path: Path) -> None:
    path = draw(tmp_path, "free.png", 1)
    with pytest.raises(TrainingError, match="None of the validation images has an outline"):
        fitted(Reader(), [Record(path, path.name, "no_tumor", source="s")])
