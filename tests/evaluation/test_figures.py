"""Figures carry the data they are given and leave the colours of text and page to the theme."""

from __future__ import annotations

import numpy as np
import pytest

from brainscan.evaluation import figures
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
