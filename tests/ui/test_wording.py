"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from brainscan.ui.wording import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 notes"), (1, "1 note"), (2, "2 notes"), (1200, "1,200 notes")]
)
def test_a_noun_is_plural_unless_there_is_one(number: int, words: str) -> None:
    assert counted(number, "note") == words
