"""The card's chapters on outlines and on tests of the maps."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from brainscan.notice import RESEARCH_USE
from brainscan.reporting.card import build_card, model_card
from brainscan.reporting.card_parts import Figure, Table, Text
from tests.reporting.releases import full_manifest, minimal_manifest


def chapter(manifest: dict[str, Any], title: str) -> str:
    return model_card(manifest).split(f"\n## {title}\n")[1].split("\n## ")[0]


def without(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of the same release before it had a decoder."""
    plain = copy.deepcopy(manifest)
    del plain["segmentation"], plain["faithfulness"], plain["metrics"]["brain-mri"]["outlines"]
    return plain


def test_the_outlines_chapter_tells_rule_figures_and_limits() -> None:
    told = chapter(full_manifest(), "Outlines")
    for words in (
        "| Threshold | 0.450 |",
        "| Smallest piece | 0.05 % of the head's box |",
        "| Decoder trained | 12 epochs, 0.8 hours |",
        "| On | 1,316 images, folds 1, 2, 3 |",
        "The threshold of 0.45 gave the highest mean Dice of 309 slices.",
        "| lgg FLAIR | 97 | 0.812 |",
        "**brain-mri, fold 4: agreement with the experts' masks**",
        "**brain-mri, fold 4: lesions found and invented**",
        # Dice 2 * (60, 70, 80, 90) / 210; one false mask of four patients.
        "| lgg FLAIR | 4 | 0.714 (",
        "| lgg FLAIR | 4 | 1.000 (0.510 to 1.000), n 4 |",
        "0.250 (",
        "lgg FLAIR: mean +10 px²",
        "95 % Hausdorff distance",
        "The masks of `lgg` outline what is bright on FLAIR.",
        "not fit for planning radiation or surgery",
    ):
        assert words in told, words


def test_a_rule_that_drops_no_piece_is_not_told() -> None:
    manifest = full_manifest()
    manifest["segmentation"]["smallest"] = 0.0
    told = chapter(manifest, "Outlines")
    assert "Smallest piece" not in told and "| Threshold | 0.450 |" in told


def test_dice_of_a_scan_stands_at_the_top_in_place_of_the_evidence() -> None:
    entries = build_card(full_manifest()).headline
    assert ("Dice of a scan", "lgg FLAIR") in [(e.measure, e.where) for e in entries]
    assert "| Dice of a slice, figshare | 0.714 (" in chapter(full_manifest(), "Key figures")
    plain = build_card(without(full_manifest())).headline
    assert not any(e.measure.startswith("Dice") for e in plain)


def test_limits_speak_of_outlines_where_there_are_some() -> None:
    told = chapter(full_manifest(), "Limits")
    assert "are no outlines" not in told and "has limits of its own" in told
    assert (
        "- On lgg FLAIR its outline misses 0 of 100 lesions (0 to 49, n 4), covers more than "
        "0.5 % of the head on 25 of 100 tumour-free slices"
    ) in told
    assert "has a Dice below 0.643 on every fourth tumour slice." in told
    assert "are no outlines" in chapter(without(full_manifest()), "Limits")
    empty = full_manifest()
    for part in empty["metrics"]["brain-mri"]["outlines"]["by_stratum"]:
        part["dice_quartiles"][0] = 0.0
    told = chapter(empty, "Limits")
    assert "touches nothing of the tumour on at least every fourth tumour slice." in told


def test_a_release_without_a_decoder_says_so() -> None:
    for manifest in (minimal_manifest(), without(full_manifest())):
        (block,) = build_card(manifest).section("outlines").blocks
        assert isinstance(block, Text) and "draws no outline" in block.text
        assert "outline," not in build_card(manifest).lead
    assert "where (outline, evidence map and Grad-CAM)" in build_card(full_manifest()).lead
    unmeasured = full_manifest()
    del unmeasured["metrics"]["brain-mri"]["outlines"]
    assert "was not measured on test images" in chapter(unmeasured, "Outlines")


def test_the_verdict_on_the_maps_is_said_in_words() -> None:
    def estimate(low: float, high: float) -> dict[str, Any]:
        return {"value": (low + high) / 2, "low": low, "high": high, "n": 40}

    manifest = full_manifest()
    part = manifest["faithfulness"]["sets"]["lgg"]
    pointing, likeness = part["parts"][0]["pointing"], part["sanity"]["similarity"]
    pointing |= {"center": estimate(0.3, 0.4), "gradcam": estimate(0.1, 0.2)}
    pointing["evidence"] = estimate(0.5, 0.6)
    likeness["gradcam"] |= {"heads": estimate(0.1, 0.2), "other_slice": estimate(0.1, 0.2)}
    likeness["evidence"] |= {"heads": estimate(0.6, 0.7), "other_slice": estimate(0.1, 0.2)}
    told = chapter(manifest, "Faithfulness")
    assert "Grad-CAM points into the tumour less often than the centre of the head does: do" in told
    assert "The evidence map points into the tumour more often than the centre" in told
    assert "The evidence map stays more alike when" in told
    assert "Grad-CAM stays more alike" not in told
    pointing["gradcam"] = estimate(0.25, 0.35)  # within what chance allows
    assert "Grad-CAM points into the tumour no more often than" in chapter(manifest, "Faithfulness")


def test_the_faithfulness_chapter_has_every_figure_once() -> None:
    manifest = full_manifest()
    blocks = build_card(manifest).section("faithfulness").blocks
    shown = [
        cell.value
        for block in blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
        if isinstance(cell, Figure)
    ]
    # 2 parts x 2 measures x 5 maps, 2 games x 5, 2 games x 3 maps x 2 baselines, 3 x 3 likenesses.
    assert len(shown) == 20 + 10 + 12 + 9
    told = chapter(manifest, "Faithfulness")
    for words in (
        "| lgg FLAIR | 0.3", "Grad-CAM | Evidence | Outline | Centre prior | Chance |",
        "Mean tumour probability of these slices: ", "without the outlined tumour",
        "rank correlation of maps, mean of 2 draws", "Another patient's slice",
        "2 slices could not be read", "40 of 276 outlined slices", "eighth of the input",
    ):  # fmt: skip
        assert words in told, words
    command = "python -m brainscan faithfulness DATA/lgg --model resnet50 --folds 4"
    assert command in model_card(manifest)


def test_maps_never_tested_are_said_to_be_so() -> None:
    assert "was not measured for this release" in chapter(minimal_manifest(), "Faithfulness")


def test_the_checklist_knows_of_outlines_and_tests() -> None:
    told = chapter(full_manifest(), "CLAIM 2024")
    for words in ("with a decoder for the outline", "border distance", "See Faithfulness"):
        assert words in told, words
    plain = chapter(without(full_manifest()), "CLAIM 2024")
    assert "decoder" not in plain and "checked against the published outlines" in plain


@pytest.mark.parametrize("odd", [None, 7, "text", [], [3], {"a": [1]}, [{"name": 3}]])
def test_odd_values_deep_inside_count_as_missing(odd: Any) -> None:
    for path in (
        ("segmentation", "validation"), ("segmentation", "training"), ("faithfulness", "sets"),
        ("faithfulness", "sets", "lgg"), ("faithfulness", "sets", "lgg", "curves"),
        ("faithfulness", "sets", "lgg", "parts"), ("metrics", "brain-mri", "outlines"),
        ("metrics", "brain-mri", "outlines", "by_stratum"),
        ("metrics", "brain-mri", "outlines", "volumes"),
    ):  # fmt: skip
        manifest = full_manifest()
        node = manifest
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = odd
        assert RESEARCH_USE in model_card(manifest)
