"""How fast the volume viewer shows another slice, and what a run of its page costs.

    python -m benchmarks.viewer [--repeats 60] [--runs 5]

Two synthetic volumes, headless Chromium without a GPU. A slice change is timed in the browser
from the key press to the second animation frame after it, when the new slice is on screen; at 60
frames a second that alone is 17 to 33 ms. A run is timed from the click on a
button that changes nothing to the end of the script.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from tests.pages.browser import FLAGS, ROOT, chromium_path, serve, settle

SHAPES = ((240, 240, 155), (512, 512, 200))

# Milliseconds to the second frame, and those of it that the viewer's own script works: on the
# key, and between the callbacks before and after its own in the first frame.
PRESS = """(key) => new Promise((done) => {
  let before;
  requestAnimationFrame(() => (before = performance.now()));
  const begun = performance.now();
  window.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const handled = performance.now() - begun;
  requestAnimationFrame(() => {
    const work = handled + performance.now() - before;
    requestAnimationFrame(() => done([performance.now() - begun, work]));
  });
})"""


def write_volume(path: Path, shape: tuple[int, int, int]) -> Path:
    """Write an ellipsoid with texture and a bright spot, 12 bits deep, as ``.nii``."""
    axes = [np.linspace(-1, 1, size, dtype=np.float32) for size in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    values = 900 + 250 * np.sin(20 * x) * np.sin(23 * y) * np.cos(9 * z)
    values[x * x + y * y + z * z > 0.8] = 0
    values[(x - 0.3) ** 2 + (y + 0.2) ** 2 + (z - 0.2) ** 2 < 0.03] = 3000
    nib.save(nib.Nifti1Image(values.astype(np.int16), np.diag([0.9, 0.9, 1.0, 1.0])), path)
    return path


def time_slices(page: Any, plane: str, repeats: int) -> np.ndarray:
    """Return ``(n, 2)`` milliseconds of slice changes in a plane that is large: all, script."""
    page.keyboard.press({"axial": "1", "coronal": "2", "sagittal": "3"}[plane])
    page.keyboard.press("Home")
    return np.array([page.evaluate(PRESS, "ArrowUp") for _ in range(repeats)])


def time_runs(page: Any, runs: int) -> np.ndarray:
    """Return milliseconds for each run of the script."""
    found = []
    for number in range(2, 2 + runs):
        begun = time.perf_counter()
        page.get_by_role("button", name="Run again").click()
        page.get_by_text(f"Run {number}", exact=True).wait_for()
        settle(page)
        found.append(1000 * (time.perf_counter() - begun))
    return np.array(found)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        print(
            "| Volume | Action | n | median ms | 95 % ms | largest ms |\n|---|---|---|---|---|---|"
        )
        for shape in SHAPES:
            name = " x ".join(map(str, shape))
            path = write_volume(Path(folder) / f"{name}.nii", shape)
            env = {"VOLUME_VIEWER_FILES": os.fspath(path)}
            with serve(ROOT / "tests/pages/volume_viewer_app.py", env=env) as url:
                page = browser.new_page(viewport={"width": 1920, "height": 1080})
                page.set_default_timeout(120_000)
                page.goto(url)
                page.locator(".thumb").first.wait_for()
                settle(page, 120_000)
                timed = {}
                for plane in ("axial", "coronal", "sagittal"):
                    shown = time_slices(page, plane, args.repeats)
                    timed[f"{plane} slice, to the screen"] = shown[:, 0]
                    timed[f"{plane} slice, script alone"] = shown[:, 1]
                timed["run of the page"] = time_runs(page, args.runs)
                for action, ms in timed.items():
                    told = [f"{part:.1f}" for part in (*np.percentile(ms, (50, 95)), ms.max())]
                    print("|", " | ".join([name, action, str(len(ms)), *told]), "|", flush=True)
                page.close()


if __name__ == "__main__":
    main()
