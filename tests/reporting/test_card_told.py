"""What a card tells of data, training and rules, each by its own entry of the manifest."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from brainscan.reporting.card import build_card, licence_of, model_card
from tests.reporting.releases import full_manifest, minimal_manifest, table


def test_the_rule_for_volumes_is_told_with_its_figures_and_limits() -> None:
    card = model_card(full_manifest())
    chapter = card.split("## Whole volumes")[1].split("\n## ")[0]
    for told in (
        "highest mean tumour probability over a run of neighbouring slices, 15 % of",
        "| 80 % | yes | 0.770 | never |",
        "| 95 % | no | 0.310 | up to 0.770 |",
        "| highest mean of neighbouring slices | 15 % | 0.187 | 0.957 |",
        "10 scans with a tumour and 12 tumour-free runs of 5 validation patients",
        "lgg, fold 4, 9 patients: by the sensitivity asked for",
        "| FLAIR | 0.500",
        "Nothing was chosen on these scans.",
        "small metastasis",
    ):
        assert told in chapter, told
    command = "volume_rule resnet50 DATA/brain-mri DATA/lgg --test DATA/lgg --test-folds 4"
    assert command in card


def test_a_promise_that_the_test_scans_contradict_is_called_broken() -> None:
    manifest = full_manifest()
    assert "did not hold" not in model_card(manifest)
    row = manifest["volume_rule"]["test"]["lgg"]["by_sensitivity"][0]
    row["sensitivity"], row["kept"] = 0.8, {"value": 0.44, "low": 0.27, "high": 0.63, "n": 25}
    assert "The promise of 80 % did not hold on lgg: 11 of 25" in model_card(manifest)
    row["kept"]["high"] = 0.81
    assert "did not hold" not in model_card(manifest)
    row["sensitivity"], row["kept"]["high"] = 0.95, 0.63  # not promised
    assert "did not hold" not in model_card(manifest)


def test_a_release_without_a_rule_for_volumes_says_what_decides_then() -> None:
    (block,) = build_card(minimal_manifest()).section("volume").blocks
    assert "no rule for whole volumes" in block.text  # type: ignore[union-attr]
    untested = full_manifest()
    untested["volume_rule"]["test"] = {}
    assert "was not measured" in model_card(untested)


def test_the_ablation_of_the_benchmark_is_understood() -> None:
    rows = full_manifest()["ablation"]
    for row in rows:
        row["spread"] = {"lgg flair": 0.01}
        row["seeds"] = 3
    setting = {
        "base": "frozen", "trained_folds": ["1", "2", "3"], "measured_folds": ["4"],
        "seeds": [0, 1, 2], "chosen": "Nothing.",
    }  # fmt: skip
    card = build_card(full_manifest() | {"ablation": {"setting": setting, "rows": rows}})
    assert table(card, "ablation").columns == ("Ingredient", "AUROC, lgg FLAIR", "AUROC, lgg T1ce")
    assert table(card, "ablation", 1).caption == "The full recipe without one ingredient"


@pytest.mark.parametrize(
    ("sources", "words"),
    [(["lgg"], "non-commercial"), (["clinic"], "Check what the licences"), ([], "Check what")],
)
def test_the_licence_follows_the_sources(sources: list[str], words: str) -> None:
    assert words in licence_of(sources)


def test_validation_images_are_not_passed_off_as_a_test() -> None:
    manifest = full_manifest() | {
        "mirror_rule": "The mirror image is used.",
        "start_rule": "Half of the weights are the start.",
    }
    entry = copy.deepcopy(manifest["metrics"]["brain-mri"]) | {"folds": ["validation"]}
    entry |= {"images": 40, "identical_to_training": 0}
    entry["metrics"]["by_source"][0]["name"] = "healthy-oasis"
    manifest["metrics"]["healthy-oasis"] = entry
    text = model_card(manifest)
    assert "| Specificity, healthy-oasis, validation |" in text
    assert "on validation images where that is said" in text
    assert "**healthy-oasis, validation images**: 40 images." in text
    assert "DATA/healthy-oasis" not in text
    assert "Tested on images outside these: brain-mri (fold 4)." in text
    assert "| 32 | Tested on internal data | brain-mri, fold 4: other" in text
    assert "Half of the weights are the start." in text
    assert "The mirror image is used." in text


def test_types_judged_by_another_run_are_told() -> None:
    manifest = full_manifest()
    told = "were judged by the network of another run"
    assert told not in model_card(manifest)
    manifest["type_sets"]["n_other_run"] = 1234
    assert f"1,234 of the slices it rests on {told}" in model_card(manifest)


def test_the_last_epoch_was_not_chosen_by_validation(tmp_path: Path) -> None:
    assert "chose the epoch, the temperatures" in model_card(full_manifest(), tmp_path)
    (tmp_path / "config.json").write_text('{"keep": "last"}')
    card = model_card(full_manifest(), tmp_path)
    assert "chose the temperatures, the thresholds with their bands" in card
    assert "chose the epoch" not in card and "nothing was chosen" not in card


def test_what_the_probability_is_read_off_and_carved_slices_are_told(tmp_path: Path) -> None:
    plain = model_card(full_manifest(), tmp_path)
    assert "Read off" not in plain and "erased" not in plain
    for read, words in (("evidence", "and nothing else"), ("features", "of the whole slice")):
        assert words in model_card(full_manifest() | {"tumor_from": read}, tmp_path)
    (tmp_path / "config.json").write_text('{"epochs": 4, "augmentation": {"carve": 0.25}}')
    told = model_card(full_manifest(), tmp_path)
    assert "slices whose tumour is erased, or that get one" in told and "25%" in told


@pytest.mark.parametrize(
    ("begun", "words"),
    [
        ("none", "random weights"),
        ("resnet50v2-imagenet-conv1-conv4.npz", "ImageNet weights"),
        ("release resnet50 1.0.0, which began from imagenet", "the release resnet50 1.0.0, which"),
        (None, "weights that the release does not name"),
    ],
)
def test_the_start_of_training_is_told(begun: str | None, words: str) -> None:
    assert f"training began from {words}" in model_card(minimal_manifest() | {"start": begun})


def test_a_sensitivity_that_a_test_set_falls_short_of_is_told() -> None:
    manifest = full_manifest()
    assert "fewer of 100 tumour slices were kept" not in model_card(manifest)
    found = [
        row
        for part in manifest["metrics"].values()
        for row in part["metrics"].get("decisions", {}).get("sensitivities", ())
    ]
    found[0]["tumor_covered"] |= {"value": 0.62, "low": 0.55, "high": 0.68}
    assert "than the setting asks for at 90 (kept: 62)." in model_card(manifest)
