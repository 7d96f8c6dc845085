"""A corrected mask: on its way to the page and back, and who is named."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from brainscan.errors import InputRejected
from brainscan.imaging.correction import (
    UNNAMED,
    Correction,
    PackedCorrection,
    decode_mask,
    encode_mask,
)


def text_of(*runs: int) -> str:
    return base64.b64encode(np.array(runs, "<u4").tobytes()).decode()


@pytest.mark.parametrize(
    ("mask", "runs"),
    [
        ([[0, 0, 0], [0, 0, 0]], (6,)),
        ([[1, 1, 1], [1, 1, 1]], (0, 6)),
        ([[0, 1, 1], [1, 0, 0]], (1, 3, 2)),  # a run goes on in the next row
        ([[1, 0, 0], [0, 0, 1]], (0, 1, 4, 1)),
    ],
)
def test_a_mask_as_runs(mask: list[list[int]], runs: tuple[int, ...]) -> None:
    assert encode_mask(np.array(mask)) == text_of(*runs)
    back = decode_mask(text_of(*runs), (2, 3))
    assert back.dtype == np.bool_
    assert back.astype(int).tolist() == mask


@pytest.mark.parametrize("shape", [(1, 1), (37, 53), (5, 6, 7), (0, 4)])
def test_a_mask_comes_back(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    for share in (0.0, 0.1, 0.5, 1.0):
        mask = rng.random(shape) < share
        assert np.array_equal(decode_mask(encode_mask(mask), shape), mask)
    assert np.array_equal(decode_mask(encode_mask(mask.T), shape[::-1]), mask.T)  # not C order


def test_the_densest_mask_is_not_too_long() -> None:
    mask = np.indices((31, 31)).sum(axis=0) % 2 == 0  # begins with a one, changes at each pixel
    assert np.array_equal(decode_mask(encode_mask(mask), mask.shape), mask)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (text_of(5), "its runs cover 5 pixels"),
        (text_of(4, 4), "its runs cover 8 pixels"),
        (text_of(2**32 - 1, 2**32 - 1), "its runs cover 8,589,934,590 pixels"),
        (text_of(2**32 - 1, 7), "its runs cover 4,294,967,302 pixels"),  # 6 in 32 bits
        ("", "its runs cover 0 pixels"),
        ("AAAA", "its 3 bytes are no whole number"),
        ("!!not base64!!", "it is not base64 text"),
        ("AAA", "it is not base64 text"),
        ("ßßßß", "it is not base64 text"),
        (text_of(*[0] * 50), "it is longer than any mask"),
        ("A" * 10_000_000, "it is longer than any mask"),
    ],
)
def test_text_that_is_no_mask_is_refused(text: str, found: str) -> None:
    with pytest.raises(InputRejected, match=f"could not be read: {re.escape(found)}") as caught:
        decode_mask(text, (2, 3))
    assert "a mask of 2 x 3 is expected" in str(caught.value)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InputRejected, match="could not be read"):
        decode_mask(None, (2, 3))  # type: ignore[arg-type]


def test_a_correction_names_its_author_in_one_line() -> None:
    mask = np.eye(3)
    named = Correction.now(mask, "  Dr.\tAda\n\x00Lovelace ", "resnet50 2.0")
    assert named.author == "Dr. Ada Lovelace"
    assert named.mask.dtype == np.bool_
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", named.when)
    assert Correction(mask, " \n", named.when, "m").author == UNNAMED
    assert len(Correction(mask, "x" * 500, named.when, "m").author) == 64


def test_a_correction_says_where_it_comes_from() -> None:
    one = Correction(np.eye(3), "", "2026-01-02T03:04:05+00:00", "resnet50 2.0")
    assert one.sentence == (
        "Outline corrected by unnamed reader, 2026-01-02T03:04:05+00:00, starting from "
        "resnet50 2.0. It is not the model's own."
    )
    assert one.png_text() == {
        "Author": "unnamed reader",
        "Creation Time": "2026-01-02T03:04:05+00:00",
        "Source": "resnet50 2.0",
        "Comment": one.sentence,
    }


def test_what_began_with_no_model_names_none() -> None:
    one = Correction(np.eye(3), "A. Reader", "2026-01-02T03:04:05+00:00", "")
    assert one.sentence == (
        "Outline drawn by A. Reader, 2026-01-02T03:04:05+00:00. It is no model's."
    )
    assert "Source" not in one.png_text()


def test_two_corrections_of_one_second_are_told_apart() -> None:
    when = "2026-11-26T18:02:00+00:00"
    first, second = (
        PackedCorrection.pack(Correction(np.eye(4) * share, "A. Reader", when, "resnet50 1.2.0"))
        for share in (0, 1)
    )
    assert first.digest != second.digest
    assert second.digest == PackedCorrection.pack(second.correction()).digest
