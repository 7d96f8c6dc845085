"""Settings of several runs side by side."""

from __future__ import annotations

from brainscan.runs.compare import ABSENT, as_text, compare_settings


def test_rows_differ_only_where_values_do() -> None:
    rows = compare_settings(
        [
            {"run": "a", "epochs": 10, "lr": 0.001, "augment": {"flip": True}},
            {"run": "b", "epochs": 10.0, "lr": 0.0005, "augment": {"flip": False}, "ema": 0.999},
        ]
    )
    assert {row.setting: row.differs for row in rows} == {
        "run": False,
        "epochs": False,
        "lr": True,
        "augment.flip": True,
        "ema": True,
    }
    by_name = {row.setting: row.values for row in rows}
    assert by_name["ema"] == (ABSENT, "0.999")
    assert by_name["augment.flip"] == ("yes", "no")


def test_one_run_never_differs_and_none_gives_nothing() -> None:
    assert not any(row.differs for row in compare_settings([{"a": 1, "b": [1, 2]}]))
    assert compare_settings([]) == []


def test_values_read_as_people_write_them() -> None:
    assert as_text(0.00030000000000000003) == "0.0003"
    assert as_text(None) == "none"
    assert as_text([1, 2.5, "x"]) == "1, 2.5, x"
    assert as_text([]) == "none"
