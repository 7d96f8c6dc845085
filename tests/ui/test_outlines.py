"""The outline that stands for a slice, and its words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainscan.imaging.correction import Correction
from brainscan.imaging.geometry import Geometry
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Decision, HeatMap, Prediction
from brainscan.inference.segmentation import Segmentation, SegmentationRule
from brainscan.ui.corrections import KeptCorrection
from brainscan.ui.outline_card import area_words, outline_html
from brainscan.ui.outlines import figures, outline_of, result_figures

# The network's input is the slice, pixel by pixel.
GEOMETRY = Geometry(96, 96, 0, 0, 96, 96, 0, 0, 96, 96, 96)
WHEN = "2026-11-26T18:02:03+00:00"


def _scan(spacing: tuple[float, float] | None = (2.0, 0.5)) -> Scan:
    pixels = np.full((96, 96), 120, np.uint8)
    return Scan(pixels, "slice.png", "ab" * 32, "PNG", "L", spacing=spacing)


def _prediction(scan: Scan, decision: Decision = "tumor", decoder: bool = True) -> Prediction:
    """The network sees a block of 8 rows and 20 columns, its mirror image one of 8 and 16."""
    ways = np.zeros((2, 96, 96), np.float32)
    ways[0, 10:18, 20:40] = ways[1, 10:18, 20:36] = 1.0
    grid = np.zeros((24, 24), np.float32)
    grid[3, 7] = 0.9
    segmentation = Segmentation(ways, GEOMETRY, SegmentationRule(0.5)) if decoder else None
    return Prediction(
        0.9, decision, {}, HeatMap(grid, GEOMETRY, "evidence", 0.9), {}, 0.5, (0.4, 0.6),
        "fake 1", scan.sha256, 1.0, segmentation=segmentation,
    )  # fmt: skip


def _correction(scan: Scan, author: str = "A. <b>Reader</b>") -> Correction:
    mask = np.zeros(scan.pixels.shape, bool)
    mask[50:60, 50:60] = True
    return Correction(mask, author, WHEN, "fake 1")


def test_model_outline_is_measured_with_the_range_of_its_border() -> None:
    scan = _scan()
    outline = outline_of(scan, _prediction(scan))
    assert outline is not None and not outline.empty
    # A pixel is 2 mm high and 0.5 mm wide, so a square millimetre.
    assert outline.measures.area == 8 * 20
    assert outline.area_range == (8 * 16, 8 * 20)
    html = outline_html(outline)
    assert "<h3>Outline</h3>" in html and "160 mm²" in html and "128–160 mm²" in html
    found = outline.measures.diameters
    assert found is not None and f"{found.longest:.1f} × {found.perpendicular:.1f} mm" in html
    assert "Pieces" not in html and "Corrected" not in html


def test_unknown_pixel_size_is_said() -> None:
    scan = _scan(spacing=None)
    outline = outline_of(scan, _prediction(scan))
    assert outline is not None
    html = outline_html(outline)
    assert "160 px" in html and "these are pixels, not mm" in html


def test_uncertain_answer_has_a_possible_outline_and_no_tumor_none() -> None:
    scan = _scan()
    uncertain = outline_of(scan, _prediction(scan, "indeterminate"))
    assert uncertain is not None and uncertain.possible
    assert "<h3>Possible outline</h3>" in outline_html(uncertain)
    assert uncertain.drawing(band=True, fill=0.1).possible
    free = outline_of(scan, _prediction(scan, "no_tumor"))
    assert free is not None and free.empty and free.band is None


def test_release_without_a_decoder_has_no_outline_until_somebody_draws_one() -> None:
    scan = _scan()
    prediction = _prediction(scan, decoder=False)
    assert outline_of(scan, prediction) is None
    drawn = outline_of(scan, prediction, _correction(scan))
    assert drawn is not None and drawn.model_mask is None
    assert drawn.measures.area == 100


@pytest.mark.parametrize("decision", ["tumor", "indeterminate", "no_tumor"])
def test_correction_takes_the_place_of_the_model_and_says_so(decision: Decision) -> None:
    scan = _scan()
    outline = outline_of(scan, _prediction(scan, decision), _correction(scan))
    assert outline is not None and outline.correction is not None
    assert (outline.measures.area, outline.band, outline.possible) == (100, None, False)
    html = outline_html(outline)
    assert "Corrected by A. &lt;b&gt;Reader&lt;/b&gt;, 2026-11-26 18:02 UTC" in html


def test_correction_of_another_size_is_left_out() -> None:
    scan = _scan()
    other = replace(_correction(scan), mask=np.ones((5, 5), bool))
    outline = outline_of(scan, _prediction(scan), other)
    assert outline is not None and outline.correction is None and outline.measures.area == 160


def test_emptied_outline_says_that_nothing_is_outlined() -> None:
    scan = _scan()
    nothing = replace(_correction(scan), mask=np.zeros((96, 96), bool))
    outline = outline_of(scan, _prediction(scan), nothing)
    assert outline is not None and outline.empty
    assert "Nothing is outlined." in outline_html(outline)


def test_several_pieces_are_counted() -> None:
    scan = _scan()
    mask = np.zeros((96, 96), bool)
    mask[5:10, 5:10] = mask[50:60, 50:60] = True
    outline = outline_of(scan, _prediction(scan), replace(_correction(scan), mask=mask))
    assert outline is not None
    assert "2; diameters of the largest" in outline_html(outline)


def test_results_say_whose_outline_was_measured() -> None:
    scan = _scan()
    own = figures(scan, _prediction(scan).segmentation)
    assert own is not None
    assert (own["area"], own["area_unit"], own["pieces"]) == (160.0, "mm2", 1)
    assert own["length_unit"] == "mm"
    assert (own["area_inner"], own["area_outer"]) == (128.0, 160.0)
    said = result_figures("indeterminate", own, None)
    assert said is not None and (said["by"], said["possible"]) == ("model", True)
    assert result_figures("no_tumor", own, None) is None
    assert result_figures("tumor", None, None) is None
    kept = KeptCorrection.of(_correction(scan, "R"), scan)
    said = result_figures("no_tumor", own, kept)
    assert said is not None
    assert (said["by"], said["corrected_by"], said["corrected_at"]) == ("person", "R", WHEN)
    assert (said["area"], said["area_inner"]) == (100.0, None)
    assert figures(scan) is None


def test_areas_are_read_with_the_digits_that_matter() -> None:
    assert area_words(2140.4, "px") == "2,140 px"
    assert area_words(9.96, "mm") == "10.0 mm²"
    assert area_words(3.25, "mm") == "3.2 mm²"
