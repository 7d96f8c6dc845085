"""Good maps and bad ones told apart, on a network of which everything is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainscan.cli import main
from brainscan.data.dataset import Dataset, open_dataset
from brainscan.errors import DatasetError
from brainscan.explain.faithfulness import Plan, measure_faithfulness
from brainscan.explain.faithfulness_result import Faithfulness, mean_over_groups
from brainscan.explain.faithfulness_text import text_faithfulness
from brainscan.inference.classifier import TumorClassifier
from brainscan.notice import RESEARCH_USE
from tests.explain.spots import NoiseRuntime, SpotRuntime, spot_classifier, write_spots


@pytest.fixture(scope="module")
def spots(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return open_dataset(write_spots(tmp_path_factory.mktemp("data") / "spots"))


@pytest.fixture(scope="module")
def result(spots: Dataset) -> Faithfulness:
    steps: list[tuple[int, int]] = []
    found = measure_faithfulness(
        spot_classifier(),
        spots,
        Plan(sample=4, draws=2),
        folds=["4"],
        # What never changes is found out, and what always does.
        randomize=lambda part, seed: SpotRuntime() if part == "heads" else NoiseRuntime(seed),
        progress=lambda done, total, note: steps.append((done, total)),
    )
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == steps[-1][1]
    return found


def test_only_outlined_tumor_slices_count(result: Faithfulness) -> None:
    assert (result.n, result.left_out, result.dataset) == (8, 0, "spots")
    assert [(part.name, part.n) for part in result.parts] == [
        ("all", 8), ("spots flair", 4), ("spots t1ce", 4),
    ]  # fmt: skip


def test_the_good_map_points_and_the_bad_one_does_not(result: Faithfulness) -> None:
    pointing, energy = result.parts[0].pointing, result.parts[0].energy
    assert pointing["evidence"].value == pointing["outline"].value == 1
    assert pointing["gradcam"].value == 0
    chance = pointing["random"].value
    assert chance is not None and 0.01 < chance < 0.06  # 254 of about 8,700 pixels
    assert energy["random"].value == chance
    assert energy["evidence"].value > 0.5 > 0.05 > energy["gradcam"].value  # type: ignore[operator]


def test_the_good_map_deletes_and_inserts_better_than_the_baselines(result: Faithfulness) -> None:
    curves = result.curves
    assert curves is not None and curves.n == 4
    high, low = 1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3))
    assert curves.whole.value == pytest.approx(high)
    assert curves.blurred.value == curves.without_tumor.value == pytest.approx(low)
    for gains in (curves.deletion_gain, curves.insertion_gain):
        assert min(gains["evidence"][other].value or 0 for other in ("random", "center")) > 0.1
        assert max(gains["gradcam"][other].value or 0 for other in ("random", "center")) < 0.1
    gain = curves.deletion_gain["evidence"]["random"].value
    deleted = curves.deletion
    assert gain == pytest.approx(deleted["random"].value - deleted["evidence"].value)  # type: ignore[operator]


def test_a_map_that_ignores_the_weights_is_found_out(result: Faithfulness) -> None:
    assert result.sanity is not None
    for name in ("gradcam", "evidence", "outline"):
        similar = result.sanity.similarity[name]
        assert similar["heads"].value == pytest.approx(1)
        assert abs(similar["network"].value or 0) < 0.15
        assert 0.3 < (similar["other_slice"].value or 0) < 0.8  # the shape of the head


def test_the_table_and_the_json_hold_every_figure(result: Faithfulness) -> None:
    text = text_faithfulness(result)
    assert text.startswith("fake 0.0.1 on spots, fold 4: 8 outlined tumour slices\n")
    for words in ("Grad-CAM", "Outline", "Centre prior", "Maximum inside, spots t1ce, n 4",
                  "Energy inside, all", "Deletion, low is good, n 4", "all layers drawn anew",
                  "Evidence gains in deletion over chance 0."):  # fmt: skip
        assert words in text, words
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["curves"]["n"] == 4


def test_a_limit_draws_slices_and_says_so(spots: Dataset) -> None:
    few = measure_faithfulness(spot_classifier(segmentation=None), spots, Plan(limit=4, sample=0))
    assert few.n == 4 and few.curves is None and few.sanity is None
    assert "4 of 8 outlined slices, drawn at random." in few.notes
    # A stand-in draws an outline all the same; a release without the rule shows none.
    assert "outline" not in few.parts[0].pointing
    again = measure_faithfulness(spot_classifier(segmentation=None), spots, Plan(limit=4, sample=0))
    assert again.to_json() == few.to_json()


def test_without_masks_there_is_nothing_to_measure(spots: Dataset) -> None:
    bare = replace(spots, records=tuple(r for r in spots.records if r.mask is None))
    with pytest.raises(DatasetError, match="names masks"):
        measure_faithfulness(spot_classifier(), bare, Plan())


def test_slices_of_one_patient_are_drawn_together() -> None:
    values = [1.0, 1.0, 0.0, 0.0, float("nan")]
    alone = mean_over_groups(values, list("abcde"))
    together = mean_over_groups(values, list("aabbc"))
    assert alone.value == together.value == 0.5 and alone.n == 4
    assert "4 groups" in alone.method and "2 groups" in together.method
    assert mean_over_groups([float("nan")], ["a"]).value is None


def test_the_command_writes_what_it_prints(
    spots: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(TumorClassifier, "load", lambda name: spot_classifier())
    file = tmp_path / "maps.json"
    command = ["faithfulness", str(spots.root), "--folds", "4", "--sample", "2", "--draws", "0"]
    assert main([*command, "--json", str(file), "--tolerance", "2"]) == 0
    written = json.loads(file.read_text())
    assert written["notice"] == RESEARCH_USE
    entry = written["faithfulness"]["sets"]["spots"]
    assert (entry["folds"], entry["tolerance"], entry["sanity"]) == (["4"], 2, None)
    assert "(2 px beside allowed)" in capsys.readouterr().out
    assert main(["faithfulness", str(spots.root), str(spots.root), "--folds", "4"]) == 2
    assert "folders of one name" in capsys.readouterr().err
    for wrong in (["--limit", "0"], ["--tolerance", "-1"], ["--version", "newest"]):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
    assert "'newest' is no version. Give three numbers" in capsys.readouterr().err
    assert main([*command, "--limit", "1", "--version", "1.0.0"]) == 2
    assert "do not go into a release" in capsys.readouterr().err
