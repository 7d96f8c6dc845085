"""The search for failures among drawings: seeded, counted, stoppable, without pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from brainscan.errors import Cancelled, InputRejected
from brainscan.imaging.phantom import phantom_slice
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Decision, Prediction
from brainscan.reporting.gallery import SEED, draw, find_failures, scan_of, sentence_of
from tests.evaluation.builders import heat


class Always:
    """Gives the same answer to every slice."""

    def __init__(self, decision: Decision, probability: float) -> None:
        self.decision: Decision = decision
        self.probability = probability

    def predict(self, scan: Scan) -> Prediction:
        return Prediction(
            tumor_probability=self.probability,
            decision=self.decision,
            type_probabilities={"glioma": 0.7, "meningioma": 0.2, "pituitary": 0.1},
            evidence=heat(),
            gradcam={},
            threshold=0.5,
            band=(0.4, 0.6),
            model="resnet50 1.0.0",
            sha256=scan.sha256,
            elapsed_ms=1.0,
        )


class Refuses:
    def predict(self, scan: Scan) -> Prediction:
        raise InputRejected("This is no brain MR slice.")


def test_what_is_wrong_is_counted_and_kept_as_seeds() -> None:
    found = find_failures(Always("tumor", 0.9), slices=8)
    counts = {row["lesion"]: row for row in found["by_lesion"]}
    assert counts["none"] == {"lesion": "none", "n": 2, "false alarm": 2}
    assert counts["glioma"]["right"] == 2
    assert counts["meningioma"]["wrong type"] == counts["pituitary"]["wrong type"] == 2
    problems = [case["problem"] for case in found["cases"]]
    assert problems == ["false alarm"] * 2 + ["wrong type"] * 4
    assert found["synthetic"] is True
    assert len(json.dumps(found)) < 5000  # seeds, no pictures


def test_missed_and_open_answers_are_found() -> None:
    missed = find_failures(Always("no_tumor", 0.1), slices=4)
    assert [case["lesion"] for case in missed["cases"]] == ["glioma", "meningioma", "pituitary"]
    undecided = find_failures(Always("indeterminate", 0.5), slices=4)
    assert {case["problem"] for case in undecided["cases"]} == {"left indeterminate"}


def test_refused_drawings_are_counted_and_not_shown() -> None:
    found = find_failures(Refuses(), slices=4)
    assert [row["refused"] for row in found["by_lesion"]] == [1, 1, 1, 1]
    assert found["cases"] == []


def test_a_case_is_drawn_again_as_it_was() -> None:
    case = find_failures(Always("tumor", 0.9), slices=4)["cases"][0]
    again = draw(case)
    assert again is not None
    np.testing.assert_array_equal(again.pixels, phantom_slice(SEED, lesion="none").pixels)
    assert scan_of(again).name == f"synthetic-notumor-{SEED}"
    for odd in ({}, {"seed": -1, "lesion": "none"}, {"seed": 1, "lesion": "cyst"}, {"seed": "1"}):
        assert draw(odd) is None


def test_progress_is_told_and_a_search_can_be_stopped() -> None:
    steps: list[tuple[int, int]] = []
    find_failures(Always("tumor", 0.9), slices=3, progress=lambda *step: steps.append(step))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(Cancelled, match="after 0 of 8"):
        find_failures(Always("tumor", 0.9), slices=8, cancel=lambda: True)


def test_a_sentence_says_what_was_drawn_and_answered() -> None:
    case = find_failures(Always("no_tumor", 0.125), slices=2)["cases"][0]
    assert sentence_of(case) == (
        f"Drawn with a glioma, {'T1' if case['sequence'] == 't1' else 'FLAIR'} (seed {SEED + 1}): "
        "missed tumour, tumour probability 0.125."
    )
