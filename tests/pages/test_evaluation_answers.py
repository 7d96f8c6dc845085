"""Errors, Images and Decisions of the Evaluate page agree on what is uncertain."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest


def _script(section: str) -> None:
    from dataclasses import replace

    from brainscan.ui.evaluation_decisions import section as decisions
    from brainscan.ui.evaluation_errors import errors
    from brainscan.ui.evaluation_tables import images_table
    from tests.evaluation.builders import pictures, result, row

    types = (0.1, 0.8, 0.1)
    outcome = result(
        [
            row("sure.png", "no_tumor", 0.9, types=types, sequence="flair"),
            row("open.png", "no_tumor", 0.55, types=types, sequence="flair"),
            row("right.png", "tumor", 0.95, types=types, sequence="t1ce"),
        ]
    )
    outcome = replace(outcome, review=pictures(outcome))
    if section == "Errors":
        errors(outcome, 0.5)
    elif section == "Images":
        images_table(outcome, 0.5)
    else:
        decisions(outcome.decisions)


def _run(section: str) -> Any:
    app = AppTest.from_function(_script, args=(section,), default_timeout=180).run()
    assert not app.exception
    return app


def test_errors_are_marked_as_uncertain_and_name_no_type_on_flair() -> None:
    app = _run("Errors")
    assert app.caption[0].value == (
        "Counted by the threshold alone. What the model leaves uncertain, 0.40 to 0.60, counts as "
        "tumour where it reaches the threshold. Uncertain: 1 of these 2."
    )
    table = app.dataframe[0].value
    assert list(table["Error"]) == ["false alarm", "false alarm (uncertain)"]
    assert list(table["Answer"]) == ["tumour", "uncertain, above the threshold"]
    assert not any("meningioma" in caption.value for caption in app.caption)


def test_images_tell_the_same() -> None:
    table = _run("Images").dataframe[0].value.set_index("File")
    assert table.loc["open.png", "Decision"] == "uncertain, above the threshold"
    assert table.loc["open.png", "Error"] == "false alarm (uncertain)"
    assert list(table.loc[["sure.png", "open.png"], "Type"]) == ["", ""]
    assert table.loc["right.png", "Type"] == "meningioma"


def test_decisions_say_that_errors_are_counted_otherwise() -> None:
    assert "counted by the threshold alone" in _run("Decisions").caption[0].value
