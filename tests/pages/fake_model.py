"""A stand-in for the released models, so that the page tests need no network.

It calls bright blobs tumor evidence. Where the environment variable ``FAKE_MODEL_LOG`` names
a file, every question to the network and every run of the script adds a line there.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np

import brainscan.inference.classifier
import brainscan.inference.release
from brainscan.errors import NotBrainMR
from brainscan.imaging.preprocessing import Preprocessing, preprocess
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Decision, HeatMap, Prediction
from brainscan.inference.release import Release
from brainscan.inference.segmentation import Segmentation

THRESHOLD, BAND = 0.5, (0.4, 0.6)
TYPES = ("glioma", "meningioma", "pituitary")
POINTS = [
    {"sensitivity": s, "threshold": t, "band": band, "kept": s, "specificity": 1.7 - s,
     "indeterminate": s - 0.8, "n": {"tumor": 100, "no_tumor": 200}}
    for s, t, band in ((0.8, 0.9, (0.9, 0.9)), (0.95, THRESHOLD, BAND), (0.99, 0.01, (0.01, 0.6)))
]  # fmt: skip


def note(line: str) -> None:
    """Add a line to the log that the tests read."""
    if log := os.environ.get("FAKE_MODEL_LOG"):
        with Path(log).open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")


class FakeClassifier:
    """Answers from the brightness of the slice."""

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def load(cls, folder: Path) -> FakeClassifier:
        return cls(Path(folder).name)

    def predict(self, scan: Scan, *, gate: bool = True) -> Prediction:
        """Answer; the gate refuses what is called ``not-brain...``."""
        started = time.perf_counter()
        note("network")
        refusal = None
        if scan.name.startswith("not-brain"):
            refusal = f"{scan.name} looks like an X-ray or CT image. Choose another."
            if gate:
                raise NotBrainMR(refusal)
        placed, geometry = preprocess(scan.pixels, Preprocessing())
        blurred = cv2.GaussianBlur(placed.astype(np.float32) / 255.0, (0, 0), 5)
        inner = np.zeros_like(blurred)
        inner[30:-30, 30:-30] = np.clip((blurred[30:-30, 30:-30] - 0.55) * 4.0, 0.0, 1.0)
        grid = cv2.resize(inner, (24, 24), interpolation=cv2.INTER_AREA)
        peak = float(grid.max())
        probability = float(np.clip(0.02 + peak, 0.0, 0.99))
        decision: Decision = "indeterminate"
        if not BAND[0] <= probability < BAND[1]:
            decision = "tumor" if probability >= THRESHOLD else "no_tumor"
        cam = grid / peak if peak > 0 else grid
        shares = np.roll((0.7, 0.2, 0.1), scan.pixels.sum() % 3)
        return Prediction(
            tumor_probability=probability,
            decision=decision,
            type_probabilities=dict(zip(TYPES, map(float, shares), strict=True)),
            evidence=HeatMap(grid, geometry, "evidence", peak),
            gradcam={name: HeatMap(cam, geometry, "gradcam", peak) for name in ("tumor", *TYPES)},
            threshold=THRESHOLD,
            band=BAND,
            model=f"{self.name} 0.0.1",
            sha256=scan.sha256,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            warnings=(f"Read although the input gate refused it: {refusal}",) if refusal else (),
            refusal=refusal,
            segmentation=Segmentation(_ways(inner), geometry),
        )


def _ways(inner: np.ndarray) -> np.ndarray:
    """Return two outlines of what is bright: the second a little smaller."""
    fine = cv2.resize(inner, (96, 96), interpolation=cv2.INTER_AREA)
    return np.stack([fine, cv2.erode(fine, np.ones((3, 3), np.uint8))]).astype(np.float32)


def list_fake_models(root: Path | None = None) -> list[Release]:
    """Two releases that exist in memory only."""
    return [
        Release(
            Path("/nowhere") / name,
            {
                "name": name,
                "version": "0.0.1",
                "types": list(TYPES),
                "threshold_rule": "fixed for the tests",
                "threshold": THRESHOLD,
                "band": list(BAND),
                "operating_points": POINTS,
                "coverage": {"tumor": 0.95, "no_tumor": 0.95, "type": 0.9},
                "type_sets": {"level": 0.9, "quantiles": dict.fromkeys(TYPES, 0.85)},
                "files": {"weights": name},
                "segmentation": {"threshold": 0.5, "smallest": 0.0},
            },
        )
        for name in ("resnet50", "custom_cnn")
    ]


def install() -> None:
    """Put the stand-ins where the app looks for the real ones; before the app is imported."""
    brainscan.inference.release.list_models = list_fake_models
    brainscan.inference.classifier.TumorClassifier = FakeClassifier  # type: ignore[misc, assignment]
