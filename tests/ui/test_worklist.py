"""The worklist: order, steps, removal and what still waits."""

from __future__ import annotations

from brainscan.ui.corrections import KeptCorrection
from brainscan.ui.worklist import Row, Worklist, summary

MODEL = "resnet50 1.0.0"


def _row(name: str, probability: float | None = None, decision: str = "tumor") -> Row:
    row = Row(sha256=f"sha-{name}", name=name, size_bytes=1)
    if probability is not None:
        row.status = "ok"
        row.answers[MODEL] = {"tumor_probability": probability, "decision": decision}
    return row


def _list(*rows: Row) -> Worklist:
    listed = Worklist()
    for row in rows:
        listed.add(row)
    return listed


def _names(listed: Worklist) -> list[str]:
    return [row.name for row in listed.ordered(MODEL)]


def test_first_row_is_selected_and_the_same_file_is_listed_once() -> None:
    listed = _list(_row("b"), _row("a"))
    assert listed.selected == "sha-b"
    assert listed.add(_row("a")) is False
    assert _names(listed) == ["b", "a"]


def test_orders() -> None:
    listed = _list(_row("b.png", 0.2), _row("C.png"), _row("a.png", 0.9))
    assert _names(listed) == ["b.png", "C.png", "a.png"]
    listed.order = "Name"
    assert _names(listed) == ["a.png", "b.png", "C.png"]
    listed.order = "Probability"
    assert _names(listed) == ["a.png", "b.png", "C.png"]


def test_steps_follow_the_order_shown_and_stop_at_the_ends() -> None:
    listed = _list(_row("b", 0.2), _row("c", 0.5), _row("a", 0.9))
    listed.order = "Probability"
    assert listed.position(MODEL) == (2, 3)
    listed.step(1, MODEL)
    assert listed.selected == "sha-b"
    listed.step(-1, MODEL)
    assert listed.selected == "sha-c"
    listed.step(-1, MODEL)
    listed.step(-1, MODEL)
    assert (listed.selected, listed.position(MODEL)) == ("sha-a", (0, 3))


def test_removing_shows_the_neighbor() -> None:
    listed = _list(_row("a"), _row("b"), _row("c"))
    listed.step(1, MODEL)
    listed.remove("sha-b")
    assert listed.selected == "sha-c"
    listed.remove("sha-c")
    assert listed.selected == "sha-a"
    listed.remove("sha-a")
    assert (listed.selected, listed.rows) == ("", {})


def test_what_was_drawn_on_a_row_is_there_again_when_the_file_is() -> None:
    made = KeptCorrection("", (0, 0), "A. Reader", "2026-11-26T18:02:00+00:00", "", {})
    stands, aside = _row("a"), _row("b")
    stands.correction, aside.set_aside = made, made
    listed = _list(stands, aside, _row("c"))
    for row in (stands, aside, listed.rows["sha-c"]):
        listed.remove(row.sha256)
    assert set(listed.drawn) == {"sha-a", "sha-b"}
    again = [_row("a"), _row("b"), _row("c")]
    for row in again:
        listed.add(row)
    assert [row.correction for row in again] == [made, None, None]
    assert [row.set_aside for row in again] == [None, made, None]
    assert listed.drawn == {}  # the row holds it now, and may lose it


def test_selected_row_is_read_first_and_rejected_rows_do_not_wait() -> None:
    rejected = _row("r")
    rejected.status = "rejected"
    listed = _list(_row("a"), rejected, _row("b"), _row("done", 0.1))
    listed.selected = "sha-b"
    assert [row.name for row in listed.waiting(MODEL)] == ["b", "a"]
    assert [row.name for row in listed.waiting("another model")] == ["b", "a", "done"]
    assert [row.name for row in listed.waiting("")] == ["b", "a"]


def test_summary_counts_decisions_and_names_only_what_there_is() -> None:
    rejected = _row("r")
    rejected.status = "rejected"
    rows = [_row("a", 0.9), _row("b", 0.1, "no_tumor"), _row("c"), rejected]
    assert summary(rows, MODEL) == "1 tumour, 1 no tumour, 1 not read, 1 waiting"
    assert summary(rows[:1], MODEL) == "1 tumour"
    assert summary([], MODEL) == ""
