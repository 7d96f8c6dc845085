"""The Evaluate page's notice of images seen in training, and its baselines."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def _script(share: float, known: int | None) -> None:
    from dataclasses import replace

    from brainscan.evaluation.baseline_result import EVERYTHING, NAMES, Baselines, Comparison
    from brainscan.evaluation.intervals import Estimate
    from brainscan.ui.evaluation_checks import baseline_tiles, baselines_table, seen_notice
    from tests.evaluation.builders import random_result

    outcome = random_result(100)
    rows = [
        replace(row, seen="near" if number < share * 100 else None)
        for number, row in enumerate(outcome.rows)
    ]
    figure = Estimate(0.97, 0.95, 0.99, 100, "bootstrap")
    part = Comparison(EVERYTHING, 60, 40, figure, dict.fromkeys(NAMES, figure))
    measured = Baselines((part,), figure, figure, ("Whole groups were held out.",))
    outcome = replace(outcome, rows=tuple(rows), seen_known=known, baselines=measured)
    seen_notice(outcome)
    baseline_tiles(outcome)
    baselines_table(outcome)


def _run(share: float, known: int | None) -> Any:
    app = AppTest.from_function(_script, args=(share, known), default_timeout=180).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("share", "words"), [(0.05, "Read the figures without"), (0.3, "do not")])
def test_images_seen_in_training_are_said_in_a_box_with_both_figures(
    share: float, words: str
) -> None:
    app = _run(share, 6000)
    assert words in app.warning[0].value
    frame = app.dataframe[0].value
    assert frame["Figure"][0] == "AUROC"
    assert frame["n left"][0] == 100 - 100 * share


def test_a_clean_set_and_an_unknown_one_are_said_quietly() -> None:
    app = _run(0.0, 6000)
    assert not app.warning
    assert "None of the 100 images was seen" in app.caption[0].value
    assert "does not record" in _run(0.0, None).caption[0].value


def test_baselines_stand_beside_the_model() -> None:
    app = _run(0.0, 6000)
    assert "a high figure on this set proves little" in app.markdown[0].value
    tiles = "\n".join(element.proto.body for element in app.get("html"))
    for name in ("The model, AUROC", "Border alone, AUROC", "File size alone, AUROC"):
        assert name in tiles
    frame = app.dataframe[0].value
    assert frame["The model"][0] == "0.970 (0.950 to 0.990)"
    assert "Border pixels alone" in frame.columns
