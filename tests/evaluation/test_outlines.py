"""Figures on outlines: numbers by hand, from masks to JSON, CSV, report and galleries."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from brainscan.evaluation.export import metrics_json, predictions_csv
from brainscan.evaluation.outline_figures import NOTES, Outlines
from brainscan.evaluation.outline_match import COLUMNS, OutlineMatch
from brainscan.evaluation.outline_pictures import (
    ANSWER_COLOR,
    REFERENCE_COLOR,
    OutlinePicture,
    OutlineStore,
)
from brainscan.evaluation.outline_tables import agreement_plots
from brainscan.evaluation.outline_text import outline_words, text_outlines, worst_outlines
from brainscan.evaluation.report import html_report
from brainscan.evaluation.result import EvaluationResult
from brainscan.evaluation.rows import ImageRow
from brainscan.imaging.head import head_area
from brainscan.imaging.scan import Scan
from tests.evaluation.builders import result, row


def match(common: int, reference: int, answer: int, **more: object) -> OutlineMatch:
    """Return a comparison whose raw answer is the answer, of one lesion where there is one."""
    known = {
        "raw_answer": answer, "raw_common": common, "lesions": int(reference > 0),
        "found": int(common > 0), "false": int(answer > 0 and not common), "head": 1000,
    }  # fmt: skip
    return OutlineMatch(reference, answer, common, **(known | more))  # type: ignore[arg-type]


def outlined(name: str, label: str | None, found: OutlineMatch, **known: object) -> ImageRow:
    probability = 0.9 if label == "tumor" else 0.1
    return replace(row(name, label, probability, **known), outline=found)  # type: ignore[arg-type]


@pytest.fixture
def patients() -> EvaluationResult:
    """Two patients with two FLAIR slices each, one T1 slice, an uncertain and a lone one."""
    flair: dict[str, object] = {"source": "lgg", "sequence": "flair"}
    return result(
        [
            outlined("a1", "tumor", match(50, 100, 100, hd95_px=3.0), group="a", **flair),
            outlined("a2", "no_tumor", match(0, 0, 100), group="a", **flair),
            outlined("b1", "tumor", match(80, 100, 80, hd95_px=1.0), group="b", **flair),
            outlined("b2", "tumor", match(0, 20, 0), group="b", **flair),
            outlined("b3", None, match(1, 2, 1), group="b", **flair),
            outlined("b4", "no_tumor", match(0, 0, 5), group="b", **flair),
            outlined("a3", "tumor", match(30, 40, 60), group="a", source="lgg", sequence="t1ce"),
            outlined("w1", "tumor", match(10, 10, 10), group="w"),
            row("w2", "tumor", 0.9),
        ]
    )


def flair_of(outcome: EvaluationResult) -> tuple[Outlines, object]:
    outlines = outcome.outlines
    assert outlines is not None
    return outlines, next(part for part in outlines.parts if part.name == "lgg flair")


def test_figures_by_hand(patients: EvaluationResult) -> None:
    outlines, flair = flair_of(patients)
    assert [part.name for part in outlines.parts] == ["lgg flair", "lgg t1ce", "web"]
    assert (flair.n_tumor, flair.n_free) == (3, 2)
    # The uncertain slice is in the stack alone, the slice without an outline counts as 0.
    dices = [100 / 200, 160 / 180, 0.0]
    assert flair.dice.value == pytest.approx(sum(dices) / 3)
    assert flair.dice_quartiles == pytest.approx((0.25, 0.5, (0.5 + 160 / 180) / 2))
    assert flair.iou.value == pytest.approx((50 / 150 + 80 / 100 + 0) / 3)
    assert (flair.hd95_px.value, flair.hd95_px.n) == (2.0, 2)
    assert flair.hd95_mm.reason == "The images do not tell the size of their pixels."
    stack_a = 2 * 50 / (100 + 200)
    stack_b = 2 * (80 + 1) / (122 + 86)
    assert flair.stack_dice.value == pytest.approx((stack_a + stack_b) / 2)
    assert flair.stack_dice.n == 2
    assert (flair.sensitivity.value, flair.sensitivity.n) == (pytest.approx(2 / 3), 3)
    assert (flair.false_lesions.value, flair.false_lesions.n) == (pytest.approx(2 / 5), 5)
    # Of a thousand pixels of head 100 are a false mask, and 5 exactly are not.
    assert (flair.false_masks.value, flair.false_masks.n) == (0.5, 2)


def test_a_stack_needs_patient_and_sequence(patients: EvaluationResult) -> None:
    outlines, _ = flair_of(patients)
    web = outlines.parts[-1]
    assert web.dice.value == 1.0
    assert web.stack_dice.reason == (
        "The dataset does not name patient and sequence of its tumour slices."
    )
    assert outlines.overall is not None
    assert outlines.overall.stack_dice.n == 3  # two of FLAIR, one of T1


def test_intervals_draw_patients_not_slices() -> None:
    """Many slices of two patients: the interval is that of two values."""
    rows = [
        outlined(f"{n}", "tumor", match(good, 100, 100), group=group, source="lgg", sequence="t1")
        for group, good in (("a", 20), ("b", 80))
        for n in range(50)
    ]
    outlines = result(rows).outlines
    assert outlines is not None
    dice = outlines.parts[0].dice
    assert (dice.value, dice.low, dice.high) == pytest.approx((0.5, 0.2, 0.8))
    assert "2 groups" in dice.method


def test_all_lesions_found_get_an_interval_all_the_same() -> None:
    rows = [outlined(f"{n}", "tumor", match(5, 10, 10), group=f"{n}") for n in range(10)]
    outlines = result(rows).outlines
    assert outlines is not None
    found = outlines.parts[0].sensitivity
    assert (found.value, found.method) == (1.0, "Wilson")
    assert found.low == pytest.approx(0.7225, abs=1e-4)  # ten of ten


def test_areas_after_bland_and_altman() -> None:
    """Differences of -10, 0, 10 and 40 pixels of a quarter of a square millimeter."""
    rows = [
        outlined(f"{n}", "tumor", match(50, 100, 100 + more, size_mm=0.25), group=f"{n}")
        for n, more in enumerate((-10, 0, 10, 40))
    ]
    outlines = result(rows).outlines
    assert outlines is not None
    found = outlines.parts[0].agreement
    assert found is not None
    assert found.unit == "mm²"
    assert found.bias.value == 2.5
    differences = np.array([-2.5, 0.0, 2.5, 10.0])
    spread = math.sqrt(((differences - 2.5) ** 2).sum() / 3)
    assert (found.low, found.high) == pytest.approx((2.5 - 1.96 * spread, 2.5 + 1.96 * spread),
                                                    rel=1e-4)  # fmt: skip
    assert found.mean.tolist() == [23.75, 25.0, 26.25, 30.0]
    mixed = result([*rows, outlined("x", "tumor", match(5, 10, 10))]).outlines
    assert mixed is not None and mixed.parts[0].agreement is not None
    assert mixed.parts[0].agreement.unit == "px"


def test_one_slice_has_no_agreement(patients: EvaluationResult) -> None:
    outlines, flair = flair_of(patients)
    assert flair.agreement is not None and flair.agreement.unit == "px"
    assert outlines.parts[1].agreement is None


def test_without_masks_or_decoder_there_is_nothing() -> None:
    outcome = result([row("a", "tumor", 0.9), row("b", "no_tumor", 0.1)])
    assert outcome.outlines is None
    assert json.loads(metrics_json(outcome))["outlines"] is None
    assert "<h2>Outlines</h2>" not in html_report(outcome)
    line = next(csv.DictReader(io.StringIO(predictions_csv(outcome), newline="")))
    assert [line[name] for name in COLUMNS] == [""] * len(COLUMNS)


def test_a_match_is_made_of_masks() -> None:
    reference, answer = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    reference[2:6, 2:6] = answer[2:6, 4:8] = True
    reference[15, 15] = answer[18, 2] = True
    raw = answer | reference
    found = OutlineMatch.of(reference, answer, raw, (0.5, 2.0), head=200)
    assert (found.reference, found.answer, found.common) == (17, 17, 8)
    assert (found.raw_answer, found.raw_common) == (26, 17)
    assert (found.lesions, found.found, found.false) == (2, 1, 1)
    assert found.dice == 16 / 34 and found.iou == 8 / 26 and found.raw_dice == 34 / 43
    assert found.size_mm == 1.0 and found.head_share == 17 / 200
    unknown = OutlineMatch.of(reference, answer, raw, None)
    assert unknown.hd95_mm is None and unknown.size_mm is None and unknown.head_share is None


def test_distances_in_pixels_and_millimeters() -> None:
    """Four by four pixels, moved by two columns of 2 mm: four of twelve border pixels are off."""
    reference, answer = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    reference[2:6, 2:6] = answer[2:6, 4:8] = True
    found = OutlineMatch.of(reference, answer, answer, (0.5, 2.0))
    assert (found.hd95_px, found.hd95_mm) == (2.0, 4.0)
    volume = OutlineMatch.of(reference[..., None], answer[..., None], answer[..., None], (1, 2, 3))
    assert (volume.hd95_px, volume.hd95_mm, volume.size_mm) == (None, 4.0, 6.0)


def test_csv_and_json_carry_the_figures(patients: EvaluationResult) -> None:
    lines = list(csv.DictReader(io.StringIO(predictions_csv(patients), newline="")))
    first, missed = lines[0], lines[3]
    assert (first["dice"], first["hd95_px"], first["hd95_mm"]) == ("0.5", "3", "")
    assert (first["mask_pixels"], first["outline_pixels"], first["common_pixels"]) == (
        "100", "100", "50",
    )  # fmt: skip
    assert (missed["dice"], missed["lesions_found"], missed["hd95_px"]) == ("0", "0", "")
    values = json.loads(metrics_json(patients), parse_constant=pytest.fail)["outlines"]
    assert values["notes"] == list(NOTES)
    assert [part["name"] for part in values["by_stratum"]] == ["lgg flair", "lgg t1ce", "web"]
    assert values["by_stratum"][0]["dice"]["value"] == 0.462963
    assert values["by_stratum"][0]["area_agreement"]["unit"] == "px"
    assert values["volumes"] is None


def test_the_command_prints_every_part(patients: EvaluationResult) -> None:
    outlines, _ = flair_of(patients)
    printed = text_outlines(outlines)
    assert " lgg flair: 3 tumour slices, 2 tumour-free" in printed
    assert "Dice a slice                          0.463" in printed
    assert "bias -13 px" in printed  # (0 - 20 - 20) / 3


def picture(shape: tuple[int, int] = (40, 50), spacing: tuple[float, float] | None = None):
    pixels = np.full(shape, 60, np.uint8)
    reference, answer = np.zeros(shape, bool), np.zeros(shape, bool)
    reference[5:25, 5:25] = True
    answer[15:35, 20:45] = True
    scan = Scan(pixels, "a.png", "0" * 64, "PNG", "L", spacing=spacing)
    return OutlinePicture.encode(scan, reference, answer), reference, answer


def test_a_picture_keeps_both_masks() -> None:
    kept, reference, answer = picture()
    assert all(
        np.array_equal(*pair) for pair in zip(kept.masks(), (reference, answer), strict=True)
    )
    drawn = kept.drawn(500)
    assert drawn.shape == (400, 500, 3)
    # Ten times as large: the left edge of the expert's mask, then the right edge of the model's.
    assert tuple(drawn[150, 50]) == REFERENCE_COLOR
    assert tuple(drawn[250, 449]) == ANSWER_COLOR
    assert tuple(drawn[250, 300]) == (60, 60, 60)  # nothing is painted inside
    assert kept.thumbnail_url.startswith("data:image/jpeg;base64,")


def test_a_picture_has_square_pixels() -> None:
    kept, *_ = picture((40, 50), (2.0, 1.0))
    assert kept.drawn(320).shape == (320, 200, 3)
    assert kept.masks()[0].shape == (80, 50)


def test_only_the_worst_pictures_are_kept(patients: EvaluationResult) -> None:
    store, made = OutlineStore(kept=1), []

    def make() -> OutlinePicture:
        made.append(1)
        return picture()[0]

    for number, one in enumerate(patients.rows):
        store.offer(number, one, make)
    # Of the FLAIR tumor slices the missed one, of the tumor-free ones the one that is a false
    # mask, and the only ones of the other strata.
    assert sorted(store.pictures()) == [1, 3, 6, 7]
    assert len(made) == 5  # that of the first tumor slice was made and dropped again


def test_galleries_begin_with_the_worst(patients: EvaluationResult) -> None:
    assert worst_outlines(patients, "worst") == [3, 0, 6, 2, 7]
    assert worst_outlines(patients, "worst", "lgg flair") == [3, 0, 2]
    assert worst_outlines(patients, "false") == [1]
    words = [outline_words(patients.rows[number]) for number in (0, 3, 1)]
    assert words == [
        "Dice 0.500, distance 3.0 px",
        "Dice 0.000, nothing outlined",
        "tumour-free, outline on 10.0% of the head",
    ]


def test_the_report_shows_figures_charts_and_galleries(patients: EvaluationResult) -> None:
    name = "<img src=x>.png"
    rows = (replace(patients.rows[0], name=name), *patients.rows[1:])
    kept = picture()[0]
    outcome = replace(patients, rows=rows, outline_pictures={0: kept, 1: kept, 3: kept})
    report = html_report(outcome)
    assert "<h2>Outlines</h2>" in report
    assert '<th scope="row">lgg t1ce</th>' in report
    assert list(agreement_plots(outcome)) == ["area-agreement-0"]
    assert '<div id="area-agreement-0"></div>' in report
    assert report.count(kept.thumbnail_url) == 3
    assert "Outlines on tumour-free slices" in report
    assert "<img src=x>" not in report


def test_images_seen_in_training_take_their_pictures_along(patients: EvaluationResult) -> None:
    rows = (replace(patients.rows[0], seen="identical"), *patients.rows[1:])
    outcome = replace(patients, rows=rows, outline_pictures={3: picture()[0]})
    left = outcome.without_seen
    assert left is not None and left.outlines is not None
    assert type(left) is EvaluationResult and not left.outline_pictures
    assert left.outlines.parts[0].n_tumor == 2


def test_the_head_is_the_bright_object_with_its_dark_inside() -> None:
    rows, columns = np.mgrid[:200, :240]
    inside = ((rows - 100) / 80) ** 2 + ((columns - 120) / 90) ** 2 <= 1
    pixels = np.where(inside, 100, 0).astype(np.uint8)
    pixels[80:120, 100:140] = 0  # a ventricle
    pixels[2:6, 2:6] = 100  # a letter burned in
    # Smoothing adds a rim of about a pixel.
    assert 1.0 < head_area(pixels) / inside.sum() < 1.06
    stretched = pixels.astype(np.float32) * 30 - 500
    assert head_area(stretched) == pytest.approx(head_area(pixels), rel=0.005)
    assert head_area(np.zeros((64, 64), np.uint8)) == 0
