"""The model card: what it says, that it says nothing else, and what it does with odd JSON."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from brainscan.inference.release import Release, list_models
from brainscan.notice import RESEARCH_USE
from brainscan.reporting.card import build_card, model_card
from brainscan.reporting.card_files import ReleaseFiles
from brainscan.reporting.card_parts import Calibration, Figure, Text
from tests.reporting.releases import full_manifest, minimal_manifest, table, write_release

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


@pytest.mark.parametrize("release", list_models(), ids=lambda release: release.name)
def test_a_released_card_is_what_its_manifest_says(release: Release) -> None:
    written = (release.folder / "MODEL_CARD.md").read_text("utf-8")
    assert written == model_card(release.manifest, release.folder)
