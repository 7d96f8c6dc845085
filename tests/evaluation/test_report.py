"""The report is one file, fetches nothing, and shows no undefined figure as a number."""

from __future__ import annotations

import dataclasses
import html
import json
import re

import pytest

from brainscan.evaluation.report import MOST_ERRORS, html_report
from brainscan.notice import RESEARCH_USE
from tests.evaluation.builders import pictures, random_result, result, row


@pytest.fixture(scope="module")
def outcome():
    found = random_result(400)
    return dataclasses.replace(found, review=pictures(found))


@pytest.fixture(scope="module")
def report(outcome):
    return html_report(outcome)


def _own(report):
    """Return the report without the Plotly library."""
    return re.sub(r"<script>.*?</script>", "", report, flags=re.DOTALL)


def test_it_fetches_nothing(report):
    own = _own(report)
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", own)
    assert "url(" not in own
    assert report.count("Plotly.react") >= 1


def test_it_carries_the_notice_and_both_themes(report):
    assert html.escape(RESEARCH_USE) in report
    assert "prefers-color-scheme: dark" in report


def test_its_figures_change_their_colors_on_a_light_page(report):
    found = re.search(r'id="light-colors">(.*?)</script>', report, flags=re.DOTALL)
    assert json.loads(found.group(1))["#F28E2B"] == "#C96A0A"
    assert "dark.matches ? figures : exchanged(figures)" in report


def test_figures_are_drawn_where_the_page_has_a_place_for_them(report):
    found = re.search(r'id="figures">(.*?)</script>', report, flags=re.DOTALL)
    plots = json.loads(found.group(1))
    assert set(plots) == {"probability", "roc", "precision-recall", "reliability"}
    for name in plots:
        assert f'<div id="{name}">' in report


def test_tables_show_the_figures_with_interval_and_n(outcome, report):
    auroc = outcome.ranking.auroc
    assert f"{auroc.value:.3f}" in report
    assert f"{auroc.low:.3f} to {auroc.high:.3f}" in report
    assert auroc.method in report
    for part in (*outcome.by_source, *outcome.by_sequence):
        assert f'<th scope="row">{part.name}</th>' in report


def test_error_pictures_are_inline_and_capped(outcome, report):
    errors = outcome.errors_at(0.5)
    assert len(errors) > MOST_ERRORS
    assert report.count("data:image/jpeg;base64,") == MOST_ERRORS


def test_an_uncertain_error_is_marked_and_names_no_type():
    types = (0.1, 0.8, 0.1)
    rows = [
        row("a", "no_tumor", 0.55, types=types),
        row("b", "no_tumor", 0.3),
        row("c", "tumor", 0.8),
    ]
    report = _own(html_report(result(rows)))
    assert '<span class="wrong">false alarm (uncertain)</span>' in report
    assert "answered uncertain, above the threshold<br>" in report
    assert "1 of 3 images. Counted by the threshold alone." in report
    assert "meningioma" not in report
    assert "An uncertain image is called neither" in report


def test_names_cannot_inject_markup():
    name = "</script><img src=x onerror=alert(1)>.png"
    bad = result(
        [row(name, "tumor", 0.1, source=name), row("b", "no_tumor", 0.2), row(name, "tumor", None)]
    )
    report = html_report(dataclasses.replace(bad, dataset=name, warnings=(name,)))
    assert "<img src=x" not in report


def test_an_undefined_figure_says_so():
    report = _own(html_report(result([row("a", "tumor", 0.9), row("b", "tumor", 0.2)])))
    assert "not defined" in report
    assert "Every image is labelled tumour." in report
    assert "nan" not in report.lower().replace("nanum", "")


def test_without_labels_there_is_a_report_without_figures():
    report = html_report(result([row("a", None, 0.9), row("b", None, None)]))
    assert "no labels" in report
    assert "Export it again." in report
    assert len(report) < 50_000  # Plotly is not inlined for nothing
