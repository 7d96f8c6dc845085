"""Outlines that readers drew: what the canvas sends is not trusted, what is kept stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.imaging.correction import encode_mask
from brainscan.imaging.scan import Scan
from brainscan.ui.corrections import (
    corrected_words,
    correction_of,
    heading,
    keep,
    set_aside,
    take_up,
)
from brainscan.ui.worklist import Row, Worklist

KEY, SHA = "fake 1 abc", "ab" * 32
OTHER, BARE = "other 2 def", "bare 3 ghi"
DRAWN = {"network_pixels": 5, "meets_evidence": True}
SCAN = Scan(np.full((6, 9), 100, np.uint8), "a.png", SHA, "PNG", "L")


def _listed() -> tuple[Worklist, Row]:
    row = Row(SHA, "a.png", 10, status="ok", answers={
        KEY: {"model": "fake 1", "outline": DRAWN},
        OTHER: {"model": "other 2", "outline": DRAWN},
        BARE: {"model": "bare 3", "outline": None},
    })  # fmt: skip
    listed = Worklist()
    listed.add(row)
    return listed, row


def _mask() -> np.ndarray:
    mask = np.zeros((6, 9), bool)
    mask[1:4, 2:5] = True
    return mask


def _sent(**changes: Any) -> dict[str, Any]:
    sent = {"id": "1", "scan": SHA, "mask": encode_mask(_mask()), "author": "A. Reader"}
    return sent | changes


def _scan_of(row: Row) -> Scan:
    return SCAN


def test_outline_is_kept_with_who_and_when_and_read_back() -> None:
    listed, row = _listed()
    receipt = keep(listed, _sent(), _scan_of, KEY)
    assert (receipt.id, receipt.scan, receipt.problem) == ("1", SHA, "")
    assert receipt.author == "A. Reader"
    found = correction_of(row)
    assert found is not None and np.array_equal(found.mask, _mask())
    assert (found.author, found.model) == ("A. Reader", "fake 1")
    assert found.when.endswith("+00:00")
    assert row.correction is not None and row.correction.figures["area"] == 9.0
    assert isinstance(row.correction.runs, str)  # no array in session state


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "text",
        {},
        {"id": 7, "scan": ["list"]},
        _sent(mask=None),
        _sent(mask="?? no base64 ??"),
        _sent(mask=encode_mask(np.ones((3, 3), bool))),
        _sent(mask={"a": 1}),
        _sent(scan="cd" * 32),
    ],
)
def test_bad_or_stale_data_is_a_sentence_and_the_outline_before_it_stays(sent: Any) -> None:
    listed, row = _listed()
    keep(listed, _sent(), _scan_of, KEY)
    before = row.correction
    receipt = keep(listed, sent, _scan_of, KEY)
    assert receipt.problem.endswith(".") and len(receipt.problem) > 40
    assert row.correction is before


def test_scan_that_left_memory_or_has_no_answer_is_a_sentence() -> None:
    listed, row = _listed()

    def gone(_: Row) -> Scan:
        raise InputRejected("a.png has left memory.")

    for scan_of, key in ((gone, KEY), (_scan_of, "another model")):
        reading: Callable[[Row], Scan] = scan_of
        assert keep(listed, _sent(), reading, key).problem
    assert row.correction is None


def test_author_that_is_no_text_is_unnamed() -> None:
    for author in (None, 5, "", "  "):
        listed, row = _listed()
        receipt = keep(listed, _sent(author=author), _scan_of, KEY)
        assert receipt.problem == "" and receipt.author == ""
        assert row.correction is not None and row.correction.author == "unnamed reader"


def test_back_to_the_model_and_to_the_correction_again() -> None:
    listed, row = _listed()
    set_aside(row)
    take_up(row)
    assert row.correction is None
    keep(listed, _sent(), _scan_of, KEY)
    made = row.correction
    set_aside(row)
    assert correction_of(row) is None
    set_aside(row)
    take_up(row)
    assert row.correction is made
    set_aside(row)
    keep(listed, _sent(id="2"), _scan_of, KEY)
    assert row.set_aside is None and row.correction is not made


def test_a_correction_of_a_correction_began_where_the_first_one_did() -> None:
    listed, row = _listed()
    keep(listed, _sent(), _scan_of, KEY)
    keep(listed, _sent(id="2"), _scan_of, OTHER)  # shown with another model meanwhile
    assert row.correction is not None and row.correction.model == "fake 1"


def test_strokes_begun_over_one_model_and_saved_under_another_began_at_the_first() -> None:
    listed, row = _listed()
    keep(listed, _sent(started="fake 1"), _scan_of, OTHER)
    assert row.correction is not None and row.correction.model == "fake 1"
    for invented in ("a model nobody asked", 7, None):
        listed, row = _listed()
        keep(listed, _sent(started=invented), _scan_of, OTHER)
        assert row.correction is not None and row.correction.model == "other 2"


def test_what_nobody_outlined_before_is_drawn_and_not_corrected() -> None:
    listed, row = _listed()
    keep(listed, _sent(), _scan_of, BARE)
    assert row.correction is not None
    assert corrected_words(row.correction).startswith("Drawn by A. Reader, ")
    assert heading(row.correction, possible=False) == "Drawn outline"
    listed, row = _listed()
    keep(listed, _sent(), _scan_of, KEY)
    assert row.correction is not None
    assert heading(row.correction, possible=True) == "Corrected outline"
    assert heading(None, possible=True) == "Possible outline"


def test_a_model_without_outlines_is_not_named_as_where_one_began() -> None:
    listed, row = _listed()
    keep(listed, _sent(), _scan_of, BARE)
    found = correction_of(row)
    assert found is not None and found.model == ""
    assert found.sentence == f"Outline drawn by A. Reader, {found.when}. It is no model's."
