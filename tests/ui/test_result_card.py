"""The answer as HTML: words, figures and what a screen reader is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from brainscan.inference.decision import OperatingPoint
from brainscan.ui.result_card import (
    ONLY_IF_T1CE,
    coverage_html,
    decision_html,
    measured,
    probability_html,
    types_html,
)


def _answer(**changes: Any) -> dict[str, Any]:
    answer = {
        "tumor_probability": 0.934,
        "decision": "tumor",
        "type_probabilities": {"glioma": 0.2, "meningioma": 0.7, "pituitary": 0.1},
        "threshold": 0.41,
        "band": [0.35, 0.47],
    }
    return answer | changes


def test_decision_says_why() -> None:
    assert "Tumour suspected" in decision_html(_answer())
    assert "above the uncertain range, 0.35 to 0.47" in decision_html(_answer())
    below = decision_html(_answer(decision="no_tumor", tumor_probability=0.1))
    assert "No tumour detected" in below and "below the uncertain range" in below
    sharp = decision_html(_answer(band=[0.41, 0.41]))
    assert "above the threshold of 0.41" in sharp
    between = decision_html(_answer(decision="indeterminate", tumor_probability=0.4))
    assert "Uncertain" in between and "between 0.35 and 0.47" in between


def test_bar_is_told_to_screen_readers_and_drawn_to_scale() -> None:
    html = probability_html(_answer())
    assert (
        'aria-label="Tumour probability 0.93 on a scale from 0 to 1. Threshold 0.41. '
        'Uncertain from 0.35 to 0.47."' in html
    )
    assert "left:35.00%;width:12.00%" in html
    assert 'class="bs-tick" style="left:41.00%"' in html
    assert "width:93.40%" in html


def test_empty_band_is_neither_drawn_nor_told() -> None:
    html = probability_html(_answer(band=[0.41, 0.41]))
    assert "bs-band" not in html and "Uncertain" not in html


def test_types_are_ranked_and_quiet_without_tumor() -> None:
    html = types_html(_answer())
    assert html.index("meningioma") < html.index("glioma") < html.index("pituitary")
    assert "bs-quiet" not in html
    assert "bs-quiet" in types_html(_answer(decision="no_tumor"))


def test_model_without_types_shows_none() -> None:
    assert types_html(_answer(type_probabilities={})) == ""


def test_names_from_outside_are_escaped() -> None:
    html = types_html(_answer(type_probabilities={"<script>": 1.0}))
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_figures_of_the_manifest_are_quoted_with_interval_and_n() -> None:
    auroc = {"value": 0.9712, "low": 0.96, "high": 0.98, "n": 812}
    manifest = {
        "metrics": {
            "brain-mri": {"metrics": {"ranking": {"auroc": auroc}}},
            "without interval": {"metrics": {"ranking": {"auroc": {"value": 0.5, "n": 3}}}},
            "unlabelled": {"metrics": {}},
        }
    }
    assert measured(manifest) == [
        ("AUROC brain-mri", "0.971 (0.960 to 0.980), n = 812"),
        ("AUROC without interval", "0.500, n = 3"),
    ]
    assert measured({}) == []
    dice = {"value": 0.8312, "low": 0.81, "high": 0.85}
    outlines = {"overall": {"dice": dice, "n_tumor": 240}}
    lines = measured({"metrics": {"lgg": {"metrics": {}, "outlines": outlines}}})
    assert lines == [("Dice lgg", "0.831 (0.810 to 0.850), n = 240")]
    without: dict[str, Any] = {"metrics": {}, "outlines": None}
    assert measured({"metrics": {"lgg": without}}) == []


def test_coverage_is_stated_plainly_where_it_is_known() -> None:
    point = OperatingPoint(0.4, (0.4, 0.6), 0.95, kept=0.954, specificity=0.741)
    sentence = (
        "At this setting, 95 of 100 tumour slices of the validation data were not called "
        "tumour-free, and 74 of 100 of its tumour-free slices were called tumour-free."
    )
    assert sentence in coverage_html(point)
    assert "too few" in coverage_html(replace(point, promised=False))
    assert coverage_html(OperatingPoint(0.4, (0.4, 0.6))) == ""
    assert coverage_html(None) == ""


def test_type_set_is_said_in_words() -> None:
    sets = {"level": 0.95}
    two = types_html(_answer(type_set=["glioma", "meningioma"]), sets)
    assert "<strong>Glioma or meningioma</strong>" in two
    assert "One name would be a false certainty" in two and "95 of 100" in two
    three = types_html(_answer(type_set=["a", "b", "<c>"]), sets)
    assert "A, b or &lt;c&gt;" in three
    one = types_html(_answer(type_set=["glioma"]), None)
    assert "<strong>Glioma</strong><small></small>" in one
    assert "bs-set" not in types_html(_answer(type_set=[], decision="no_tumor"), sets)
    shaky = types_html(_answer(type_set=["glioma"], decision="indeterminate"), sets)
    assert "<span>If it is a tumour: glioma</span>" in shaky and "<strong>" not in shaky


def test_a_set_that_skips_a_more_probable_type_says_why() -> None:
    shares = {"glioma": 0.54, "pituitary": 0.38, "meningioma": 0.08}

    def told(*types: str) -> bool:
        answer = _answer(type_set=list(types), type_probabilities=shares)
        return "a bar of its own" in types_html(answer, {"level": 0.95})

    assert told("glioma", "meningioma")
    assert not told("glioma", "pituitary") and not told("glioma")


def test_types_stand_under_a_condition_where_the_file_states_no_sequence() -> None:
    sets = {"level": 0.95}
    named = _answer(type_set=["meningioma"])
    told = types_html(named, sets, sequence_stated=False)
    promise = "for 95 of 100 tumours like the validation data. "
    assert f"{promise}{ONLY_IF_T1CE}</small>" in told and "after contrast agent" in ONLY_IF_T1CE
    assert f"<small>{ONLY_IF_T1CE}</small>" in types_html(named, None, sequence_stated=False)
    assert ONLY_IF_T1CE not in types_html(named, sets)
    free = _answer(type_set=[], decision="no_tumor")
    unlearned = _answer(type_set=["glioma"], types_learned=False)
    for quiet in (free, unlearned):
        assert ONLY_IF_T1CE not in types_html(quiet, sets, sequence_stated=False)


def test_no_type_is_named_where_the_types_were_not_learned() -> None:
    html = types_html(_answer(type_set=["glioma", "a"], types_learned=False), {"level": 0.95})
    assert "<strong>Type not known</strong>" in html and "95 of 100" not in html
    assert "lioma" not in html and "bs-share" not in html


def test_where_the_maps_point_is_told_beside_the_model() -> None:
    figure = {"value": 0.083, "low": 0.059, "high": 0.11}
    part = {"name": "all", "n": 710, "pointing": {"gradcam": figure, "evidence": {"value": 0.923}}}
    manifest = {
        "metrics": {"web": {"metrics": {}}},
        "faithfulness": {"sets": {"web": {"parts": [part, {"name": "never shown"}]}}},
    }
    assert measured(manifest) == [
        ("Evidence in the tumour, web", "0.923, n = 710"),
        ("Grad-CAM in the tumour, web", "0.083 (0.059 to 0.110), n = 710"),
    ]
