"""A release without weights whose network sees a tumor where a marker outshines the head."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from brainscan.imaging.preprocessing import Preprocessing
from brainscan.inference.classifier import TumorClassifier
from brainscan.inference.gate import GateVerdict
from brainscan.inference.release import Release
from brainscan.inference.runtime import RawOutput

CELLS = 24
HIGH, LOW = 3.0, -3.0
TYPES = ("glioma", "meningioma", "pituitary")
POINTS = [
    {"sensitivity": s, "threshold": t, "band": [t, high], "promised": True}
    for s, t, high in ((0.8, 0.9, 0.9), (0.95, 0.5, 0.7), (0.99, 0.01, 0.7))
]
RULE = {
    "kind": "run_mean",
    "share": 0.2,
    "operating_points": [
        {"sensitivity": s, "threshold": t, "band": [t, high], "promised": False}
        for s, t, high in ((0.8, 0.8, 0.8), (0.95, 0.4, 0.6), (0.99, 0.02, 0.6))
    ],
}


class FakeRuntime:
    """Bright cells are evidence where the marker makes the rest of the head dark."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = threading.Lock()

    def forward(self, images: np.ndarray) -> RawOutput:
        """Answer for a batch of one."""
        with self._lock:
            self.calls += 1
        (image,) = images
        head = image[image > 0]
        marked = head.size > 0 and float(np.median(head)) < 110
        cells = cv2.resize((image > 215).astype(np.float32), (CELLS, CELLS), None, 0, 0, 3)
        bright = (cells > 0.5) & marked
        fine = cv2.resize(bright.astype(np.uint8), (4 * CELLS, 4 * CELLS), None, 0, 0, 0) > 0
        outline = np.where(fine, HIGH, LOW).astype(np.float32)
        return RawOutput(
            tumor=np.array([HIGH if bright.any() else LOW], np.float32),
            type=np.array([[1.0, 2.0, 0.0]], np.float32),
            evidence=np.where(bright, HIGH, LOW).astype(np.float32)[None],
            gradcam=np.zeros((1, CELLS, CELLS, 4), np.float32),
            embedding=np.zeros((1, 2), np.float32),
            outline=np.stack([outline, cv2.erode(outline, np.ones((3, 3), np.uint8))])[None],
        )


class FakeGate:
    """Refuses as many slices as it was told, those that come first."""

    def __init__(self, refuse: int, family: int | None = None) -> None:
        self._left, self._family = refuse, family
        self._lock = threading.Lock()

    def judge(self, values: np.ndarray) -> GateVerdict:
        """Judge the next slice."""
        with self._lock:
            self._left -= 1
            refused = self._left >= 0
        return GateVerdict(refused, False, 0.0, 0.0, self._family if refused else None)


def fake_release(**changes: Any) -> Release:
    """Return a release that exists in memory only."""
    manifest = {
        "name": "fake", "version": "0.0.1", "architecture": "none", "types": list(TYPES),
        "preprocessing": Preprocessing().to_json(), "temperature": {"tumor": 1.0, "type": 1.0},
        "evidence_offset": 0.0, "threshold": 0.5, "band": [0.5, 0.7],
        "operating_points": POINTS, "volume_rule": RULE, "files": {},
        "segmentation": {"threshold": 0.5, "smallest": 0.0},
    }  # fmt: skip
    return Release(Path("/nowhere"), {**manifest, **changes})


def fake_classifier(
    *, gate: FakeGate | None = None, sensitivity: float | None = None, **changes: Any
) -> TumorClassifier:
    """Return a classifier around the fake network."""
    made = TumorClassifier(fake_release(**changes), FakeRuntime(), sensitivity=sensitivity)
    made.gate = gate  # type: ignore[assignment]
    return made
