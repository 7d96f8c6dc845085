"""What the edit modes of both viewers share, by itself in a browser: tools, pen, pinch, saving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import brainscan.ui

CANVAS = Path(brainscan.ui.__file__).parent / "canvas"
SCRIPTS = ("settings", "mask", "pieces", "brush", "contour", "editbar", "painter")
# A host over a slice of 6 by 4 pixels with a piece of 2 by 2 at its upper left.
HOST = """
class Host extends Painter {
  constructor() {
    const settings = { brush: 0.5, outline: false };
    const send = (kind, value) => (window.sent = [kind, value]);
    super({ settings, send, refresh() {} }, document.body);
    this.slice = new BitMask(6, 4);
    for (const at of [0, 1, 6, 7]) this.slice.bits[at] = 1;
    this.slice.fill(this.slice.bits.slice());
    const draft = new Draft();
    Object.defineProperty(draft, "dirty", { get: () => draft.history.canUndo });
    this.start(draft);
  }
  get open() { return this.draft !== null; }
  get key() { return "scan"; }
  get mask() { return this.slice; }
  get aspect() { return 1; }
  get ownBits() { return null; }
  get message() { return { mask: this.slice.encode() }; }
  without(place) {
    const bits = withoutPiece(0, place, (index) => (index ? null : this.slice)).get(0);
    return bits ? [[this.slice, bits]] : [];
  }
  repaint() {}
  focus() {}
  get pixels() { return Array.from(this.slice.bits).flatMap((bit, at) => (bit ? [at] : [])); }
}
window.Host = Host;
"""


@pytest.fixture(scope="module")
def js(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    page.set_content((CANVAS / "editbar.html").read_text())
    scripts = [(CANVAS / f"{name}.js").read_text() for name in SCRIPTS]
    page.add_script_tag(content="\n".join([*scripts, HOST]))
    yield page
    page.close()


def run(js: Any, steps: str) -> Any:
    return js.evaluate(f"() => {{ const host = new Host(); {steps} }}")


def test_the_eraser_end_of_a_pen_erases_and_shows_its_size_whatever_tool_is_chosen(
    js: Any,
) -> None:
    got = run(
        js,
        """
        host.edit("piece");
        const tools = [host.tool];
        host.hover([1.5, 1.5], true);
        tools.push(host.tool);
        host.press([1.5, 1.5], true);
        host.release();
        const erased = host.pixels;
        host.edit("undo");
        host.hover([1.5, 1.5]);
        tools.push(host.tool);
        return { tools, erased, back: host.pixels };
        """,
    )
    assert got == {
        "tools": ["piece", "eraser", "piece"],
        "erased": [0, 1, 6],
        "back": [0, 1, 6, 7],
    }


def test_a_piece_goes_with_a_click_and_a_pinch_takes_nothing(js: Any) -> None:
    got = run(
        js,
        """
        host.edit("piece");
        host.press([0.5, 0.5]);
        host.abandon();
        host.release();
        const pinched = host.pixels;
        host.press([4.5, 2.5]);
        host.release();
        const missed = host.draft.said;
        host.press([0.5, 0.5]);
        host.release();
        return { pinched, missed, taken: host.pixels };
        """,
    )
    assert got["pinched"] == [0, 1, 6, 7]
    assert got["missed"] == "There is no outline under the pointer."
    assert got["taken"] == []


def test_a_pinch_takes_its_stroke_back(js: Any) -> None:
    got = run(
        js,
        """
        host.press([4.5, 2.5]);
        const painted = host.pixels;
        host.abandon();
        return { painted, left: host.pixels, dirty: host.draft.dirty };
        """,
    )
    assert got == {"painted": [0, 1, 6, 7, 16], "left": [0, 1, 6, 7], "dirty": False}


def test_a_draft_waits_for_its_answer_and_only_its_own(js: Any) -> None:
    got = run(
        js,
        """
        host.press([4.5, 2.5]);
        host.release();
        host.edit("name", "A. Reader");
        host.edit("save");
        const { id, author, mask } = window.sent[1];
        host.edit("clear");
        const waiting = host.pixels.length;
        host.settle({ id: "another", problem: null });
        const still = drafts.has("scan");
        host.settle({ id, problem: "Look again." });
        const { saving, said } = host.draft;
        host.edit("save");
        host.settle({ id: window.sent[1].id, problem: null });
        const same = mask === host.slice.encode();
        const [kind, kept] = [window.sent[0], drafts.has("scan")];
        return { kind, author, same, waiting, still, saving, said, kept };
        """,
    )
    assert got == {
        "kind": "outline",
        "author": "A. Reader",
        "same": True,
        "waiting": 5,
        "still": True,
        "saving": None,
        "said": "Look again.",
        "kept": False,
    }


def test_leaving_with_strokes_asks_and_without_does_not(js: Any) -> None:
    got = run(
        js,
        """
        host.press([4.5, 2.5]);
        host.release();
        const asked = [];
        const ask = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
        asked.push(ask());
        host.edit("cancel");
        asked.push(host.open, host.draft.asking);
        host.edit("keep");
        host.edit("undo");
        asked.push(ask());
        host.edit("cancel");
        return [...asked, host.open];
        """,
    )
    assert got == [True, True, True, False, False]
