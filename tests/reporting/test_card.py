"""The model card: what it says, that it says nothing else, and what it does with odd JSON."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brainscan.inference.release import list_models
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.card import build_card, licence_of, model_card
from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_parts import Calibration, Figure, Table, Text
from tests.reporting.releases import full_manifest, minimal_manifest, write_release

CHAPTERS = [
    "use", "judge", "limits", "answer", "data", "training", "results", "calibration", "outlines",
    "faithfulness", "coverage", "baselines", "seen", "volume", "gate", "stability", "ablation",
    "failures", "claim", "reproduce",
]  # fmt: skip


def numbers(node: Any) -> Iterator[float]:
    """Yield every number of a JSON tree."""
    if isinstance(node, dict):
        for value in node.values():
            yield from numbers(value)
    elif isinstance(node, list):
        for value in node:
            yield from numbers(value)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield float(node)


def table(card: Any, key: str, place: int = 0) -> Table:
    return [block for block in card.section(key).blocks if isinstance(block, Table)][place]


def test_every_chapter_is_there_in_order() -> None:
    assert [s.key for s in build_card(full_manifest()).sections] == CHAPTERS
    assert [s.key for s in build_card(minimal_manifest()).sections] == CHAPTERS


@pytest.mark.parametrize("manifest", [full_manifest(), *(r.manifest for r in list_models())])
def test_every_three_digit_figure_stands_in_the_manifest(manifest: dict[str, Any]) -> None:
    known = {f"{value + 0.0:.3f}" for value in numbers(manifest)}
    printed = set(re.findall(r"(?<![\d.])-?\d+\.\d{3}(?!\d)", model_card(manifest)))
    assert len(printed) > 20
    assert printed - known == set()


def test_limits_are_the_figures_counted_in_hundreds() -> None:
    manifest = full_manifest()
    part = manifest["metrics"]["brain-mri"]["metrics"]["by_sequence"][0]
    part["sensitivity"] |= {"value": 0.86, "low": 0.788, "high": 0.911, "n": 122}
    part["specificity"] |= {"value": 0.955, "low": 0.92, "high": 0.975, "n": 228}
    part["hit_rate"] |= {"value": None}
    text = model_card(manifest)
    assert (
        "- On lgg FLAIR it misses 14 of 100 tumour slices (8.9 to 21, n 122), and does not clear "
        "4.5 of 100 tumour-free slices (2.5 to 8.0, n 228)."
    ) in text


def test_the_headline_is_what_a_reader_judges_by() -> None:
    manifest = full_manifest()
    entries = build_card(manifest).headline
    assert 6 <= len(entries) <= 8
    assert [(e.measure, e.where) for e in entries[:4]] == [
        ("Tumour AUROC", "lgg FLAIR"),
        ("Tumour AUROC", "lgg T1ce"),
        ("Sensitivity", "lgg FLAIR"),
        ("Specificity", "lgg FLAIR"),
    ]
    measured = manifest["metrics"]["brain-mri"]["metrics"]
    assert entries[0].figure.value == measured["by_sequence"][0]["auroc"]["value"]
    ours = copy.deepcopy(manifest)
    ours["metrics"] = {"clinic": ours["metrics"]["brain-mri"]}
    for key in ("by_source", "by_sequence", "types_by_source"):
        ours["metrics"]["clinic"]["metrics"][key] = []
    assert {e.where for e in build_card(ours).headline} == {"clinic"}


@pytest.mark.parametrize(
    ("figure", "better", "ends"),
    [
        (Figure(0.9, 0.8, 0.95), "high", (0.5, 1.0)),
        (Figure(0.6, 0.4, 0.7), "high", (0.0, 1.0)),
        (Figure(0.03, 0.02, 0.05), "low", (0.0, 0.1)),
        (Figure(0.03, 0.02, 0.15), "low", (0.0, 1.0)),
    ],
)
def test_figures_are_drawn_on_an_axis_that_holds_them(figure, better, ends) -> None:
    from brainscan.reporting.card_parts import Headline

    assert Headline("m", "w", figure, better).scale == ends


def test_golden_lines_of_the_markdown() -> None:
    manifest = full_manifest()
    text = model_card(manifest)
    assert text.startswith(f"# resnet50 9.9.9\n\n> {RESEARCH_USE}\n")
    for line in (
        "| 95 % | 0.310 | from 0.310 up to 0.700 | 96 % | 80 % | 10 % |",
        "| lgg FLAIR | tumour | 504 | 97 |",
        "| All |  | 1,347 | 242 |",
        "| AUROC, all images | 0.871 (0.840 to 0.898), n 120 | 0.612 (0.581 to 0.639), n 120 "
        "| 0.577 (0.546 to 0.604), n 120 | 0.634 (0.603 to 0.661), n 120 "
        "| 0.702 (0.671 to 0.729), n 120 |",
        "| Another answer under at least one change | 0.083 (0.052 to 0.110) | 60 |",
        "| masks | 0.930 (0.899 to 0.957), n 120 | 0.850 (0.819 to 0.877), n 120 |",
        "- Drawn with no lesion, T1 (seed 5000): false alarm, tumour probability 0.871, "
        "meningioma 0.612.",
        "    python -m brainscan evaluate DATA/brain-mri --model resnet50 --folds 4",
    ):
        assert line in text.splitlines(), line


def test_calibration_bins_are_passed_on_unchanged() -> None:
    manifest = full_manifest()
    block = build_card(manifest).section("calibration").blocks[1]
    assert isinstance(block, Calibration)
    bins = manifest["metrics"]["brain-mri"]["metrics"]["reliability"]
    assert [b[2:] for b in block.bins] == [(b["n"], b["predicted"], b["observed"]) for b in bins]


def test_claim_has_its_44_items_all_answered() -> None:
    for manifest in (full_manifest(), minimal_manifest()):
        rows = table(build_card(manifest), "claim").rows
        assert [row[0] for row in rows] == list(range(1, 45))
        assert all(isinstance(row[2], str) and row[2] for row in rows)
    answers = {row[0]: row[2] for row in table(build_card(minimal_manifest()), "claim").rows}
    assert answers[33].startswith("Not done")
    assert answers[30] == answers[32] == "Not done for this release."


def test_an_unmeasured_release_says_so_in_every_chapter() -> None:
    text = model_card(minimal_manifest())
    for sentence in (
        "was measured on no test set",
        "The release does not say which images it was trained on.",
        "holds no calibration bins",
        "No baselines were measured",
        "has no input gate",
        "was not measured for this release",
        "No ablation was recorded",
        "lists no single errors",
        "The release names no licence.",
    ):
        assert sentence in text, sentence
    assert not re.search(r"\d\.\d{3} \(", text)


@pytest.mark.parametrize("key", sorted(full_manifest()))
@pytest.mark.parametrize("odd", [None, 7, "text", [], [3], {}, {"a": [1]}, True])
def test_values_of_another_kind_count_as_missing(key: str, odd: Any) -> None:
    assert RESEARCH_USE in model_card(full_manifest() | {key: odd})


def test_odd_figures_deep_inside_do_not_break_the_card() -> None:
    manifest = full_manifest()
    part = manifest["metrics"]["brain-mri"]["metrics"]
    part["binary"] = {"per_class": {"tumor": 3}}
    part["classes"] = {"per_class": {"x": 1}, "classes": ["x"], "confusion": {"counts": [3]}}
    part["reliability"] = [{"low": "a"}]
    part["worst"] = [{}]
    part["by_source"] = [{"name": 3, "auroc": {"value": float("nan")}}]
    manifest["gallery"]["cases"] = [{"seed": "x", "lesion": 3}]
    manifest["ablation"].append({"ingredient": None})
    assert "nan" not in model_card(manifest)


def test_pipes_in_file_names_stay_in_their_cell() -> None:
    manifest = full_manifest()
    manifest["metrics"]["brain-mri"]["metrics"]["worst"][0]["file"] = "a|b.png"
    assert "`a\\|b.png`" in model_card(manifest)


def test_files_beside_the_manifest_are_read(tmp_path: Path) -> None:
    folder = write_release(tmp_path, full_manifest())
    text = model_card(full_manifest(), folder)
    assert "| released epoch | 2, the best val_score |" in text
    assert "| time of all epochs | 2.0 hours |" in text
    assert "| batch size | 16 |" in text


def test_broken_and_missing_files_are_named(tmp_path: Path) -> None:
    folder = write_release(tmp_path, full_manifest())
    (folder / "config.json").write_bytes(b"\xff{")
    (folder / "metrics.json").write_text("[]")
    (folder / "history.csv").unlink()
    files = ReleaseFiles.read(folder)
    assert files.config == files.metrics == {} and files.history is None
    assert len(files.problems) == 3
    blocks = build_card(full_manifest(), files).section("training").blocks
    said = " ".join(block.text for block in blocks if isinstance(block, Text))
    assert "config.json" in said and "metrics.json" in said and "history" in said


def test_the_card_is_plain_json() -> None:
    card = build_card(full_manifest())
    found = json.loads(json.dumps(card.to_json(), allow_nan=False))
    assert found["notice"] == RESEARCH_USE
    assert [s["key"] for s in found["sections"]] == CHAPTERS
    assert found["headline"][0]["value"] == card.headline[0].figure.value
    with pytest.raises(KeyError):
        card.section("nothing")


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
