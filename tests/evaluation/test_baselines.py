"""Baselines: hand-worked neighbours, scikit-learn's AUROC, groups held out, plain words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

from brainscan.data.record import Record
from brainscan.errors import Cancelled
from brainscan.evaluation.baseline_groups import held_together
from brainscan.evaluation.baseline_result import EVERYTHING, NAMES, Baselines
from brainscan.evaluation.baselines import measure_baselines
from brainscan.evaluation.intervals import Estimate
from brainscan.evaluation.looks import Looks
from brainscan.evaluation.nearest import nearest_distances, small, tumor_score
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.scan import Scan
from tests.evaluation.builders import row


def test_thumbnails_are_halved_by_averaging() -> None:
    picture = np.array([[[0, 2, 10, 10], [4, 6, 10, 10], [0, 0, 8, 0], [0, 0, 0, 0]]], np.uint8)
    assert small(picture).tolist() == [[3.0, 10.0, 0.0, 2.0]]


def test_distances_to_the_nearest_of_each_class_worked_by_hand() -> None:
    # On a line at 0, 1, 4, 6; classes n, t, n, t; the first two share a group.
    vectors = np.array([[0.0], [1.0], [4.0], [6.0]], np.float32)
    labels, groups = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 2])
    found = nearest_distances(vectors, labels, groups, 2)
    assert found.tolist() == [[4.0, 6.0], [3.0, 5.0], [4.0, 2.0], [2.0, 5.0]]
    assert tumor_score(found).tolist() == [-2.0, -2.0, 2.0, -3.0]


def test_without_another_group_of_a_class_there_is_no_neighbour() -> None:
    vectors = np.array([[0.0], [1.0], [5.0]], np.float32)
    found = nearest_distances(vectors, np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    assert found.tolist() == [[1.0, 5.0], [1.0, np.inf], [5.0, np.inf]]
    assert tumor_score(found).tolist() == [-4.0, -5.0, -1.0]
    assert tumor_score(np.full((2, 2), np.inf)).tolist() == [0.0, 0.0]


def test_the_sign_of_the_score_is_the_nearest_neighbour_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(150, 8)).astype(np.float32)
    labels, groups = rng.integers(0, 2, 150), rng.integers(0, 30, 150)
    score = tumor_score(nearest_distances(vectors, labels, groups, 2))
    for group in range(5):
        own = groups == group
        reference = KNeighborsClassifier(1).fit(vectors[~own], labels[~own])
        assert (reference.predict(vectors[own]) == (score[own] > 0)).all()


def _evaluated(
    tmp_path: Path, *, framed: bool, groups: bool = True, n: int = 120
) -> tuple[list[ImageRow], Looks]:
    """Noise pictures; ``framed`` gives the tumors a bright frame, the larger files and numbers."""
    rng = np.random.default_rng(4)
    rows, looks = [], Looks()
    for number in range(n):
        tumor = bool(rng.random() < 0.5)
        pixels = rng.integers(0, 255, (64, 64), dtype=np.uint8)
        if framed and tumor:
            pixels[:3] = pixels[-3:] = pixels[:, :3] = pixels[:, -3:] = 250
        path = tmp_path / f"{number}.png"
        path.write_bytes(b"x" * (2000 + int(rng.integers(0, 100)) + 500 * (framed and tumor)))
        group = f"p{number // 2}" if groups else None
        one = row(f"{number}", "tumor" if tumor else "no_tumor", float(rng.random()), group=group)
        rows.append(one)
        digest = f"{number:064x}"
        looks.offer(number, Record(path, path.name), Scan(pixels, "a", digest, "PNG", "L"))
    return rows, looks


def test_a_giveaway_frame_and_file_size_are_found_and_said(tmp_path: Path) -> None:
    rows, looks = _evaluated(tmp_path, framed=True)
    found = measure_baselines(rows, [r.group for r in rows], looks)
    assert found is not None
    (part,) = found.parts
    assert part.name == EVERYTHING
    assert part.n_tumor + part.n_no_tumor == 120
    for key in ("border", "file_size", "file"):
        assert part.baselines[key].value == pytest.approx(1.0)
    assert found.verdict == (
        "The frame of the picture alone tells tumour from no tumour with AUROC 1.00 here: "
        "a high figure on this set proves little."
    )
    truth = [r.label == "tumor" for r in rows]
    assert part.model.value == pytest.approx(roc_auc_score(truth, [r.probability for r in rows]))
    assert part.model.low < part.model.value < part.model.high
    assert "Whole groups were held out" in found.notes[0]
    shown = found.to_json()
    assert shown["auroc"][0]["name"] == EVERYTHING
    assert set(NAMES) <= set(shown["auroc"][0])
    assert shown["type_accuracy"] is None


def test_pictures_without_a_giveaway_leave_the_baselines_at_chance(tmp_path: Path) -> None:
    rows, looks = _evaluated(tmp_path, framed=False, groups=False)
    found = measure_baselines(rows, range(len(rows)), looks)
    assert found is not None
    for figure in found.parts[0].baselines.values():
        assert figure.value is not None
        assert 0.25 < figure.value < 0.75
    assert "the baselines do not use" in found.verdict or "part of any" in found.verdict
    assert found.notes[0].startswith("No image had a usable group")


def test_images_without_label_or_prediction_are_left_out(tmp_path: Path) -> None:
    rows, looks = _evaluated(tmp_path, framed=True, n=90)
    rows[0] = row("0", None, 0.9)
    found = measure_baselines(rows, range(90), looks)
    assert found is not None
    assert found.parts[0].n_tumor + found.parts[0].n_no_tumor == 89
    assert measure_baselines([row("a", None, 0.5)], [0], Looks([0], looks.facts[:1])) is None


def test_too_few_images_give_a_sentence_and_no_figure(tmp_path: Path) -> None:
    rows, looks = _evaluated(tmp_path, framed=True, n=12)
    found = measure_baselines(rows, range(12), looks)
    assert found is not None
    assert found.parts == ()
    assert "too few images" in found.verdict


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    rows, looks = _evaluated(tmp_path, framed=True, n=60)
    with pytest.raises(Cancelled, match="baselines"):
        measure_baselines(rows, range(60), looks, lambda: True)


def test_types_of_the_nearest_tumor_of_another_group(tmp_path: Path) -> None:
    _, looks = _evaluated(tmp_path, framed=False, n=6)
    for place, value in enumerate([10, 12, 200, 202, 205, 90]):
        looks.looks[place].whole[:] = value
    kinds = ["glioma", "glioma", "pituitary", "pituitary", "glioma", None]
    rows = [
        row(str(k), "tumor" if kind else "no_tumor", 0.9, kind=kind, types=(0.8, 0.1, 0.1), group=g)
        for k, (kind, g) in enumerate(zip(kinds, "abcdef", strict=True))
    ]
    found = measure_baselines(rows, list("abcdef"), looks)
    assert found is not None
    # The glioma at 205 lies next to a pituitary tumor; the model says glioma each time.
    assert found.types_nearest is not None
    assert found.types_model is not None
    assert (found.types_nearest.value, found.types_nearest.n) == (0.8, 5)
    assert found.types_model.value == 0.6
    unnamed = [replace(one, types_learned=number != 4) for number, one in enumerate(rows)]
    without = measure_baselines(unnamed, list("abcdef"), looks)
    assert without is not None and without.types_model is not None
    assert (without.types_model.value, without.types_model.n) == (0.5, 4)


def test_one_group_name_for_a_whole_source_counts_as_none(tmp_path: Path) -> None:
    _, looks = _evaluated(tmp_path, framed=False, n=4)
    rows = [row("a", "tumor", 0.9, group="all")] * 2 + [
        row("b", "tumor", 0.9, group=name, source="other") for name in ("p", "q")
    ]
    groups, notes = held_together(rows, looks.looks)
    assert len(set(groups.tolist())) == 4
    assert notes[0].startswith("2 of 4 images had a usable group")


@pytest.mark.parametrize(
    ("value", "least", "words"),
    [
        (0.97, 0.9, "proves little"),
        (0.8, None, "part of any high figure"),
        (0.66, 0.56, "part of any high figure"),  # little, and yet no chance
        (0.66, 0.48, "the baselines do not use"),
        (0.6, None, "the baselines do not use"),
    ],
)
def test_the_verdict_follows_the_strongest_baseline(
    value: float, least: float | None, words: str
) -> None:
    from brainscan.evaluation.baseline_result import Comparison

    figure = Estimate(value, least, None, 100, "")
    low = Estimate(0.5, None, None, 100, "")
    part = Comparison(EVERYTHING, 50, 50, low, {"border": low, "nearest": figure})
    verdict = Baselines((part,), None, None, ()).verdict
    assert verdict.startswith("Copying the label of the most similar picture")
    assert words in verdict
