"""The threshold of the masks, chosen on slices whose best one is known."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from brainscan.data.record import Record
from brainscan.errors import TrainingError
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.segmentation import Segmentation
from brainscan.training.segmentation_fit import fit_segmentation_rule

SIDE = 64
GEOMETRY = Geometry(SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, SIDE)


class Reader:
    """Draws a disc whose probability falls from its centre: 0.6 where the truth ends."""

    def __init__(self, speck: bool) -> None:
        self.speck = speck

    def read(self, scan: Scan) -> "Reader":
        rows, columns = np.mgrid[:SIDE, :SIDE]
        radius = np.hypot(rows - 32, columns - 32)
        way = np.clip(1.0 - 0.4 * radius / 16.0, 0, 1).astype(np.float32)
        if self.speck:
            way[2:4, 2:4] = 1.0
        self.segmentation = Segmentation(way[None], GEOMETRY)
        return self


@pytest.fixture
def records(tmp_path: Path) -> list[Record]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    truth = (np.hypot(rows - 32, columns - 32) <= 16).astype(np.uint8) * 255
    found = []
    for number in range(2):
        path, mask = tmp_path / f"{number}.png", tmp_path / f"{number}-mask.png"
        cv2.imwrite(
            str(path), np.random.default_rng(number).integers(0, 255, (SIDE, SIDE), np.uint8)
        )
        cv2.imwrite(str(mask), truth)
        found.append(
            Record(
                path=path, name=path.name, label="tumor", type=None, source=f"s{number}", mask=mask
            )
        )
    return found


def test_threshold_is_where_the_truth_ends(records: list[Record]) -> None:
    entry = fit_segmentation_rule(Reader(speck=False), records)  # type: ignore[arg-type]
    assert entry["threshold"] == 0.6
    assert entry["smallest"] == 0.004  # nothing small there to lose
    assert entry["validation"] == [
        {"name": "s0", "n": 1, "dice": pytest.approx(1.0, abs=0.01)},
        {"name": "s1", "n": 1, "dice": pytest.approx(1.0, abs=0.01)},
    ]
    assert "2 outlined validation slices" in entry["rule"]


def test_specks_are_dropped(records: list[Record]) -> None:
    entry = fit_segmentation_rule(Reader(speck=True), records)  # type: ignore[arg-type]
    assert entry["smallest"] > 4 / SIDE**2


def test_without_outlines_there_is_nothing_to_choose_by(tmp_path: Path) -> None:
    record = Record(path=tmp_path / "a.png", name="a.png", label="no_tumor", type=None, source="s")
    with pytest.raises(TrainingError, match="None of the validation images has an outline"):
        fit_segmentation_rule(Reader(speck=False), [record])  # type: ignore[arg-type]
