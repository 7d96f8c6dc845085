"""Figures take colours and texts of the reader's theme."""

from __future__ import annotations

import pytest

from brainscan.evaluation.figures import matrix_figure, roc_figure
from brainscan.ui import figure_theme
from brainscan.ui.figure_theme import themed
from tests.evaluation.builders import random_result


@pytest.mark.parametrize(
    ("dark", "line", "text"), [(True, "#4C8DFF", "#E7E9EC"), (False, "#1F5FD6", "#1B1D21")]
)
def test_ticks_titles_legend_and_lines_follow_the_theme(
    monkeypatch: pytest.MonkeyPatch, dark: bool, line: str, text: str
) -> None:
    monkeypatch.setattr(figure_theme, "is_dark", lambda: dark)
    monkeypatch.setattr(figure_theme, "text_color", lambda: text)
    outcome = random_result()
    assert outcome.roc is not None
    curve = themed(roc_figure(outcome.roc, outcome.at_model_threshold.binary, 0.5))
    assert curve.data[1].line.color == line
    for axis in (curve.layout.xaxis, curve.layout.yaxis):
        assert (axis.tickfont.color, axis.title.font.color) == (text, text)
    assert curve.layout.legend.font.color == text
    matrix = themed(matrix_figure(("no_tumor", "tumor"), outcome.at_model_threshold.binary.counts))
    assert {note.font.color for note in matrix.layout.annotations} == {text}
