"""The words beside a volume."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brainscan.inference.prediction import Decision
from brainscan.ui.volume_answer import agreement
from tests.inference.volumes import make_volume
from tests.ui.volume_answers import answer_for


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("tumor", "are called tumour when read alone; slices beyond a tumour, and uncertain ones,"),
        ("no_tumor", "are called tumour-free when read alone; the others look suspicious"),
        ("indeterminate", "are uncertain when read alone; the others are called tumour or"),
    ],
)
def test_agreement_says_what_single_slices_are_called(decision: Decision, words: str) -> None:
    prediction = replace(answer_for(make_volume()), decision=decision, agreement=0.25)
    scored = len(prediction.scored)
    said = agreement(prediction)
    assert said.startswith(f"{round(scored / 4)} of {scored} scored axial slices {words}")
    assert f"{len(prediction.slices) - scored} without enough head were not read." in said
