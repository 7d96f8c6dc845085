"""What the browser tests of the volume viewer do and read, as a person at it would."""

from __future__ import annotations

from typing import Any

from tests.pages.browser import settle

# The pixels of a plane's canvas that pass a test, as [mean x, mean y, count], x and y in [0, 1].
PIXELS = """([canvas, kind]) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const tests = {
    bright: (r, g, b) => r > 235 && g > 235 && b > 235,
    // The outline's own blue is no colour of the evidence.
    coloured: (r, g, b) => Math.max(r, g, b) - Math.min(r, g, b) > 60 && !tests.outline(r, g, b),
    outline: (r, g, b) => b > r + 90 && g > r + 60,
  };
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < width * height; at += 1) {
    if (!tests[kind](data[4 * at], data[4 * at + 1], data[4 * at + 2])) continue;
    count += 1;
    x += at % width;
    y += Math.floor(at / width);
  }
  return [x / Math.max(count, 1) / width, y / Math.max(count, 1) / height, count];
}"""


def open_viewer(page: Any, url: str, file: int = 0, answer: str = "") -> None:
    page.goto(f"{url}/?file={file}&answer={answer}")
    page.locator(".view[data-index]").nth(2).wait_for()
    if not answer:
        page.locator(".thumb").first.wait_for()
    settle(page)
    drawn(page)


def drawn(page: Any) -> None:
    """Wait until what was asked for is on the canvases."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def pixels(page: Any, plane: str, kind: str) -> list[float]:
    drawn(page)
    canvas = page.locator(f".view[data-plane={plane}] > canvas").element_handle()
    found: list[float] = page.evaluate(PIXELS, [canvas, kind])
    return found


def index_of(page: Any, plane: str) -> int:
    drawn(page)
    return int(page.locator(f".view[data-plane={plane}]").get_attribute("data-index"))


def out(page: Any, name: str, plane: str = "axial") -> str:
    drawn(page)
    return str(page.locator(f".view[data-plane={plane}] [data-out={name}]").inner_text())


def press_and_drag(page: Any, plane: str, *, across: float) -> None:
    """Draw a line from a little left of a view's middle."""
    box = page.locator(f".view[data-plane={plane}]").bounding_box()
    x, y = box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across, y, steps=4)
    page.mouse.up()
    drawn(page)
