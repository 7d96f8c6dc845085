"""The stability panel's HTML, and stability in the exports of the worklist."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from brainscan.evaluation.stability import scan_stability
from brainscan.evaluation.stability_scan import ScanStability
from brainscan.imaging.scan import Scan
from brainscan.ui.exporting import results_csv, results_json
from brainscan.ui.stability import at_answer, stability_html
from brainscan.ui.worklist import Row
from tests.evaluation.stability_stub import BLANK, LeftHalf, halves, rim


def measured(pixels: np.ndarray) -> ScanStability:
    scan = Scan(pixels, "a.png", "0" * 64, "PNG", "L")
    return scan_stability(LeftHalf(), scan)  # type: ignore[arg-type]


def answer(threshold: float = 0.5, band: tuple[float, float] = (0.5, 0.6)) -> dict[str, Any]:
    return {"tumor_probability": 0.9, "decision": "tumor", "threshold": threshold,
            "band": list(band), "model": "left 1.0.0", "elapsed_ms": 1.0}  # fmt: skip


def test_every_change_is_a_mark_on_one_scale() -> None:
    html = stability_html(measured(halves(180, 20)))
    assert html.count('class="bs-lane"') == 9
    assert "left:90.00%" in html
    assert "<strong>Mirrored</strong>" in html  # the change that changes the decision
    assert "<strong>JPEG quality 60</strong>" not in html
    assert 'class="bs-tick" style="left:50.00%"' in html
    assert 'class="bs-band" style="left:50.00%' in html
    assert "The evidence peaks in the same place under 8 of 8 changes." in html


def test_a_lost_answer_has_its_reason() -> None:
    html = stability_html(measured(rim()))
    assert html.count('class="bs-lane"') == 8
    assert "no answer" in html
    assert f"Cropped 20 %: {BLANK}" in html


def test_an_empty_uncertain_range_is_not_explained() -> None:
    html = stability_html(measured(halves(180, 20)).at(0.3, (0.3, 0.3)))
    assert "threshold 0.30" in html and "uncertain range" not in html


def test_what_was_measured_follows_the_threshold_of_the_answer() -> None:
    moved = at_answer(measured(halves(180, 20)), answer(0.05, (0.05, 0.5)))
    assert moved.under[0].decision == "indeterminate"


def rows() -> list[Row]:
    checked, other = Row("0" * 64, "a.png", 1), Row("1" * 64, "b.png", 1)
    for row in (checked, other):
        row.status, row.answers = "ok", {"left": answer()}
    checked.stability["left"] = measured(halves(180, 20))
    return [checked, other]


def test_exports_carry_it_for_the_scan_that_was_checked() -> None:
    first, second = json.loads(results_json(rows(), "left"))["results"]
    assert first["stability"]["decision_changes"] == 1
    assert len(first["stability"]["changes"]) == 8
    assert "stability" not in second
    table = list(csv.DictReader(io.StringIO(results_csv(rows(), "left"))))
    assert float(table[0]["stability_low"]) == pytest.approx(0.1, abs=1e-3)
    assert table[0]["stability_decision_changes"] == "1"
    assert "Mirrored" in table[0]["stability_summary"]
    assert table[1]["stability_low"] == ""
    assert table[1]["notice"] == table[0]["notice"] != ""


def test_exports_without_a_check_have_no_columns_for_it() -> None:
    plain = rows()
    plain[0].stability.clear()
    assert "stability" not in results_csv(plain, "left")
    assert "stability" not in results_json(rows(), "another model")
