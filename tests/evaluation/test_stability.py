"""Stability: golden shares from a model with known answers, and what cannot be answered."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from brainscan.data.dataset import Dataset, Record, open_dataset
from brainscan.errors import Cancelled, InputRejected
from brainscan.evaluation.perturbations import PERTURBATIONS
from brainscan.evaluation.stability import (
    dataset_stability,
    peak_agrees,
    scan_stability,
    stratified_sample,
)
from brainscan.evaluation.stability_tables import html_section, summary, text_table
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import HeatMap
from tests.evaluation.stability_stub import BLANK, LeftHalf, halves, rim, whole

FLIP, CROP = PERTURBATIONS[0], PERTURBATIONS[6]


def scan_of(pixels: np.ndarray) -> Scan:
    return Scan(pixels, "a.png", "0" * 64, "PNG", "L")


def test_a_scan_that_flips_says_so() -> None:
    stub = LeftHalf()
    found = scan_stability(stub, scan_of(halves(180, 20)))  # type: ignore[arg-type]
    assert stub.asked == 9
    assert found.probability == pytest.approx(0.9)
    flipped = found.under[0]
    assert (flipped.key, flipped.decision) == ("flip", "no_tumor")
    assert flipped.probability == pytest.approx(0.1)
    assert [answer.key for answer in found.changed] == ["flip"]
    assert found.low == pytest.approx(0.1)
    assert found.answer_flips(flipped)
    assert found.sentence.startswith(
        "The answer “tumour” does not hold under 1 of 8 changes: Mirrored (no tumour); "
        "probability 0.10 to 0.9"
    )
    assert found.peaks == (8, 8)  # the bright block is found again wherever it went


def test_a_scan_that_holds_says_so_and_a_known_answer_is_not_asked_again() -> None:
    stub = LeftHalf()
    scan = scan_of(halves(120, 120))
    known = stub.predict(scan)
    seen: list[tuple[int, int]] = []
    found = scan_stability(
        stub,  # type: ignore[arg-type]
        scan,
        known=known,
        progress=lambda done, total: seen.append((done, total)),
    ).at(0.3, (0.3, 0.3))
    assert stub.asked == 1 + 8
    assert found.sentence.startswith("The answer stays “tumour” under all 8 changes; probability")
    assert seen == [(number, 8) for number in range(9)]


def test_another_threshold_needs_no_network() -> None:
    found = scan_stability(LeftHalf(), scan_of(halves(180, 20)))  # type: ignore[arg-type]
    moved = found.at(0.05, (0.05, 0.5))
    assert (moved.decision, moved.under[0].decision) == ("tumor", "indeterminate")
    assert not moved.answer_flips(moved.under[0])
    assert "Mirrored (uncertain)" in moved.sentence
    assert found.at(found.threshold, found.band) == found


def test_a_slice_that_becomes_blank_counts_as_changed_and_is_said() -> None:
    found = scan_stability(LeftHalf(), scan_of(rim()))  # type: ignore[arg-type]
    cropped = found.under[6]
    assert (cropped.probability, cropped.decision, cropped.reason) == (None, None, BLANK)
    assert cropped in found.changed
    assert "Cropped 20 % (no answer)" in found.sentence
    assert found.at(0.2, (0.2, 0.2)).under[6] == cropped
    values = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert values["unanswered"] == 1
    assert values["changes"][6]["reason"] == BLANK


def test_a_slice_without_answer_is_refused_and_a_check_can_be_cancelled() -> None:
    with pytest.raises(InputRejected):
        scan_stability(LeftHalf(), scan_of(np.zeros((64, 64), np.uint8)))  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        scan_stability(LeftHalf(), scan_of(halves(1, 9)), cancel=lambda: True)  # type: ignore[arg-type]


def spot(row: int, column: int, value: float = 0.9, side: int = 64) -> HeatMap:
    grid = np.zeros((16, 16), np.float32)
    grid[row, column] = value
    return HeatMap(grid, whole(side, side), "evidence", value - 0.5)


def test_peaks_are_compared_in_the_place_they_came_from() -> None:
    flipped = FLIP.apply(scan_of(halves(9, 1)))
    assert peak_agrees(spot(7, 4), flipped, spot(7, 11)) is True
    assert peak_agrees(spot(7, 4), flipped, spot(7, 10)) is True  # the next cell
    assert peak_agrees(spot(7, 4), flipped, spot(7, 4)) is False
    assert peak_agrees(spot(7, 4), flipped, spot(7, 11, 0.4)) is False  # no evidence any more
    assert peak_agrees(spot(7, 4, 0.4), flipped, spot(7, 11)) is None  # none to begin with
    cropped = CROP.apply(scan_of(halves(9, 1)))
    assert peak_agrees(spot(0, 0), cropped, spot(7, 4, side=52)) is None  # cut off


def write(root: Path, folder: str, pictures: list[np.ndarray]) -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    for number, pixels in enumerate(pictures):
        pixels = pixels.copy()
        pixels[0, 31:33] = 1 + number  # each file is another one
        Image.fromarray(pixels).save(root / folder / f"{number}.png")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Three tumour images that flip, five tumour-free ones that do not care."""
    write(tmp_path, "yes", [halves(180, 20)] * 3)
    write(tmp_path, "no", [halves(60, 100)] * 5)
    return open_dataset(tmp_path)


def test_golden_shares_of_a_dataset(dataset: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    found = dataset_stability(
        LeftHalf(),  # type: ignore[arg-type]
        dataset,
        progress=lambda done, total: seen.append((done, total)),
    )
    flip = found.perturbations[0]
    assert seen == [(number, 8) for number in range(9)]
    assert (found.images, found.available, found.refused, flip.n) == (8, 8, 0, 8)
    # 3 images from 0.9 to 0.1, 5 from 0.375 to 0.625: 3 * 0.8 / 8 + 5 * 0.25 / 8.
    assert flip.mean_change.value == pytest.approx(0.45625, abs=2e-3)
    assert flip.answer_changed.value == 1.0
    assert flip.auroc_unchanged.value == 1.0
    assert flip.auroc.value == 0.0
    assert flip.auroc_change.value == -1.0
    assert flip.answer_changed.method == "Wilson"
    assert flip.answer_changed.low == pytest.approx(0.6756, abs=1e-4)  # 8 / (8 + z²)
    rotation = found.perturbations[1]
    assert rotation.answer_changed.value == 0.0
    assert rotation.auroc_change.value == 0.0
    assert found.any_answer_changed.value == 1.0
    json.dumps(found.to_json(), allow_nan=False)


def test_the_same_sample_gives_the_same_figures(dataset: Dataset) -> None:
    first, second = (dataset_stability(LeftHalf(), dataset, 4) for _ in range(2))  # type: ignore[arg-type]
    assert first == second
    assert (first.images, first.available) == (4, 8)
    assert "4 of 8 images, drawn at random" in summary(first)


def test_lost_answers_and_unreadable_files_are_counted_and_said(tmp_path: Path) -> None:
    write(tmp_path, "yes", [halves(180, 20)] * 2)
    Image.fromarray(rim()).save(tmp_path / "yes" / "rim.png")
    (tmp_path / "yes" / "text.png").write_text("no picture", encoding="utf-8")
    found = dataset_stability(LeftHalf(), open_dataset(tmp_path))  # type: ignore[arg-type]
    crop = found.perturbations[6]
    assert (found.images, found.refused, crop.n, crop.unanswered) == (4, 1, 3, 1)
    assert crop.decision_changed.value == pytest.approx(1 / 3)
    assert crop.mean_change.n == 2
    assert crop.auroc.reason == "Every image with an answer is labelled tumour."
    assert any("1 image(s) of the sample have no answer even unchanged" in n for n in found.notes)
    assert any(n.startswith("Cropped 20 %: 1 image(s) have no answer") for n in found.notes)
    for text in (text_table(found), html_section(found)):
        assert "Cropped 20 %" in text
        assert "not defined" in text
        assert "blank" in text
    assert html_section(None) == ""


def test_a_dataset_without_any_answer_stands(tmp_path: Path) -> None:
    write(tmp_path, "yes", [])
    (tmp_path / "yes" / "text.png").write_text("no picture", encoding="utf-8")
    found = dataset_stability(LeftHalf(), open_dataset(tmp_path))  # type: ignore[arg-type]
    assert "None of them has an answer" in summary(found)
    assert not found.perturbations[0].mean_change.defined
    assert text_table(found)


def test_cancelling_ends_soon(dataset: Dataset) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled):
        dataset_stability(
            LeftHalf(),  # type: ignore[arg-type]
            dataset,
            progress=lambda done, total: seen.append(done),
            cancel=lambda: len(seen) > 2,
        )
    assert len(seen) == 3


def records(**sizes: int) -> list[Record]:
    return [
        Record(Path(f"{source}{n}.png"), f"{n}", "tumor" if n % 2 else "no_tumor", source=source)
        for source, size in sizes.items()
        for n in range(size)
    ]


def test_a_sample_keeps_the_shares_and_forgets_no_stratum() -> None:
    drawn = stratified_sample(records(large=90, small=10), 20)
    assert len({record.path for record in drawn}) == 20
    assert sum(record.source == "small" for record in drawn) == 2
    assert sum(record.label == "tumor" for record in drawn) == 10
    tiny = stratified_sample(records(large=998, tiny=2), 10)
    assert sum(record.source == "tiny" for record in tiny) == 2
    assert drawn == stratified_sample(records(large=90, small=10), 20)
    assert len(stratified_sample(records(large=3), 20)) == 3
    assert len(stratified_sample(records(large=3) * 2, 20)) == 3
