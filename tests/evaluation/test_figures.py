"""Figures carry the data they are given and leave the colours of text and page to the theme."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import ImageColor

from brainscan.evaluation import figure_style, figures
from tests.evaluation.builders import random_result, result, row


@pytest.fixture(scope="module")
def outcome():
    return random_result()


@pytest.fixture(scope="module")
def drawn(outcome):
    own = outcome.at_model_threshold
    return {
        "confusion": figures.confusion_figure(own.classes),
        "roc": figures.roc_figure(outcome.roc, own.binary, 0.5),
        "pr": figures.precision_recall_figure(outcome.precision_recall, own.binary, 0.5),
        "reliability": figures.reliability_figure(outcome.reliability),
        "probability": figures.probability_figure(
            outcome.truth, outcome.probability, 0.5, (0.4, 0.6)
        ),
    }


@pytest.mark.parametrize("name", ["confusion", "roc", "pr", "reliability", "probability"])
def test_backgrounds_are_transparent_and_texts_uncoloured(drawn, name):
    layout = drawn[name].layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.color is None


def test_confusion_matrix_shows_counts_and_row_percent(drawn, outcome):
    matrix = outcome.at_model_threshold.classes
    texts = [annotation.text for annotation in drawn["confusion"].layout.annotations]
    assert len(texts) == 16
    assert texts[0] == f"<b>{matrix.counts[0, 0]}</b><br>{matrix.row_percent[0, 0]:.1f} %"


def test_a_row_without_images_has_no_percentages():
    matrix = result([row("a", "tumor", 0.9)]).at_model_threshold.binary
    texts = [a.text for a in figures.confusion_figure(matrix).layout.annotations]
    assert texts[:2] == ["<b>0</b><br>no images"] * 2


def test_operating_points_lie_at_the_figures_of_the_threshold(drawn, outcome):
    tumor = outcome.at_model_threshold.binary.of_class("tumor")
    point = drawn["roc"].data[-1]
    assert (point.x[0], point.y[0]) == (1 - tumor.specificity.value, tumor.recall.value)
    point = drawn["pr"].data[-1]
    assert (point.x[0], point.y[0]) == (tumor.recall.value, tumor.precision.value)


def test_a_threshold_without_tumor_answers_has_no_precision_to_mark():
    none = result([row("a", "tumor", 0.5), row("b", "no_tumor", 0.4)])
    figure = figures.precision_recall_figure(
        none.precision_recall, none.at_threshold(0.9).binary, 0.9
    )
    assert len(figure.data) == 2


def test_histograms_hold_every_image(drawn, outcome):
    bars = drawn["probability"].data
    assert sum(int(np.sum(bar.y)) for bar in bars) == len(outcome.counted)


def _luminance(color):
    parts = np.array(ImageColor.getrgb(color)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


INKS = (figure_style.BLUE, figure_style.ORANGE, figure_style.GREY)


@pytest.mark.parametrize(
    ("colors", "pages"),
    [
        (INKS, ("#101113", "#1b1e24")),
        (tuple(figure_style.LIGHT[color] for color in INKS),
         ("#FBFBFC", "#f5f6f8")),
    ],
    ids=["dark", "light"],
)  # fmt: skip
def test_lines_stand_out_from_page_and_report(colors, pages):
    for color in colors:
        for page in pages:
            low, high = sorted((_luminance(color), _luminance(page)))
            assert (high + 0.05) / (low + 0.05) >= 3


def test_a_light_page_has_its_own_colors_and_the_same_data(drawn):
    for figure in drawn.values():
        light = figure_style.on_light(figure)
        assert not any(color in light.to_json() for color in figure_style.LIGHT)
        assert len(light.data) == len(figure.data)
    roc, light = drawn["roc"], figure_style.on_light(drawn["roc"])
    assert (roc.data[1].line.color, light.data[1].line.color) == ("#4C8DFF", "#1F5FD6")
    assert light.data[2].marker.color == "#C96A0A" and light.data[2].x == roc.data[2].x
    before, after = (json.loads(one.to_json())["data"][1] for one in (roc, light))
    assert before["x"] == after["x"] and before["customdata"] == after["customdata"]
