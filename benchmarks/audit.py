"""Time and memory of an audit of phantoms, against comparing every pair the plain way.

    python -m benchmarks.audit [--images 1000 4000] [--distinct 60]

Each size is audited in a fresh process: JPEG files of phantoms, each distinct one shifted, dimmed
and noised anew for every file, so that hardly two files are alike. "Plain" is what one would write
in NumPy: all views of all pictures (whole, head, twelve crops; mirrored too) multiplied with one
another, block by block, in the same process on the same thumbnails. CPU seconds (user and system)
are given beside wall seconds, because other work on the machine changes only the latter.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from brainscan.imaging.phantom import phantom_slice

LESIONS = ("none", "glioma", "meningioma", "pituitary")

_AUDIT = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from brainscan.data.audit import audit_dataset
from brainscan.data.dataset import open_dataset
from brainscan.data.duplicates import CROPS, SIMILARITY, near_pairs
from brainscan.data.survey import survey
from brainscan.data.thumbnails import mirrored, signatures

def clock():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return np.array([time.perf_counter(), used.ru_utime + used.ru_stime])

def plain(whole, head, block=512):
    views = [signatures(whole), signatures(head), *(signatures(whole, crop) for crop in CROPS)]
    found = 0
    for rows in range(0, len(whole), block):
        part = slice(rows, rows + block)
        best = np.zeros((min(block, len(whole) - rows), len(whole)), np.float32)
        for flip in (lambda v: v, mirrored):
            for view in views:
                np.maximum(best, flip(views[0][part]) @ view.T, out=best)
                np.maximum(best, flip(view[part]) @ views[0].T, out=best)
            np.maximum(best, flip(views[1][part]) @ views[1].T, out=best)
        found += int((np.triu(best, rows + 1) >= SIMILARITY).sum())
    return found

dataset = open_dataset(Path(sys.argv[1]))
start = clock()
audit_dataset(dataset)
whole_audit = clock() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = {"audit": whole_audit.tolist(), "peak": peak}
if sys.argv[2] == "compare":
    seen = survey(dataset)
    start = clock()
    ours = sum(len(batch.first) for batch in near_pairs(seen.whole, seen.head))
    middle = clock()
    theirs = plain(seen.whole, seen.head)
    result |= {"ours": (middle - start).tolist(), "plain": (clock() - middle).tolist()}
    result |= {"pairs": [ours, theirs]}
print(json.dumps(result))
"""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs=2, default=(1000, 4000))
    parser.add_argument("--distinct", type=int, default=60)
    args = parser.parse_args()
    if sys.platform == "win32":
        parser.error("memory and CPU time are measured with getrusage, which Windows lacks.")
    few, many = args.images
    unit = 1 if sys.platform == "darwin" else 1024
    with tempfile.TemporaryDirectory() as folder:
        write_slices(Path(folder) / "few", few, args.distinct)
        write_slices(Path(folder) / "many", many, args.distinct)
        small = measured(Path(folder) / "few", "compare")
        large = measured(Path(folder) / "many", "alone")
    wall, cpu = large["audit"]
    wall_few, cpu_few = small["audit"]
    peaks = [found["peak"] * unit / 1e6 for found in (small, large)]
    ours, plain = small["ours"][1], small["plain"][1]
    print("| Measure | Measured | Against | Ratio |")
    print("|---|---|---|---|")
    print(
        f"| audit of {many:,} images | {cpu:.1f} CPU s, {wall:.1f} s wall | {few:,} images: "
        f"{cpu_few:.1f} CPU s, {wall_few:.1f} s wall | {cpu / cpu_few:.2f} times the CPU s |"
    )
    print(
        f"| peak memory, {many:,} images | {peaks[1]:.0f} MB | {few:,} images: {peaks[0]:.0f} MB "
        f"| {(peaks[1] - peaks[0]) * 1e3 / (many - few):.0f} KB an image more |"
    )
    print(
        f"| all pairs of {few:,} pictures | {ours:.2f} CPU s, {small['pairs'][0]:,} found | plain "
        f"correlation of all views: {plain:.2f} CPU s, {small['pairs'][1]:,} found | "
        f"{plain / ours:.1f} times less |"
    )


def write_slices(folder: Path, count: int, distinct: int) -> None:
    """Write JPEG files into two class folders."""
    rng = np.random.default_rng(0)
    slices = [
        phantom_slice(seed, lesion=LESIONS[seed % len(LESIONS)], size=320).pixels  # type: ignore[arg-type]
        for seed in range(distinct)
    ]
    for number in range(count):
        label = "no" if number % len(LESIONS) == 0 else "yes"
        height, width = slices[0].shape
        angle, scale = rng.uniform(-25, 25), rng.uniform(0.7, 1.1)
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        warp = turn + np.array([[0, rng.uniform(-0.2, 0.2), 0], [0, 0, 0]])
        moved = cv2.warpAffine(slices[number % distinct], warp, (width, height))
        noisy = moved * rng.uniform(0.6, 1.1) + rng.normal(0, 4, moved.shape)
        pixels = np.clip(noisy, 0, 255).astype(np.uint8)
        path = folder / label / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), pixels)


def measured(folder: Path, mode: str) -> dict[str, Any]:
    """Return what a fresh process measured on a folder."""
    command = [sys.executable, "-c", _AUDIT, str(folder), mode]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
