"""The real app with a stand-in for the network of one release; ``streamlit run`` starts this.

The release folder is real, so that everything but the forward pass is what a user gets.
``BRAINSCAN_TEST_HOLD`` names a file: while it exists, all but the first predictions wait.
"""

from __future__ import annotations

import itertools
import json
import os
import runpy
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from brainscan.imaging.preprocessing import Preprocessing
from brainscan.imaging.scan import Scan
from brainscan.inference.prediction import Prediction
from brainscan.inference.reading import Reading
from brainscan.inference.release import FILES, Release, manifest_checksum, open_release
from brainscan.ui import evaluation_run
from tests.pages.fake_model import BAND, THRESHOLD, TYPES, FakeClassifier

ROOT = Path(__file__).resolve().parents[2]


def write_release(root: Path) -> None:
    """Write the folder of a release called ``resnet50`` without weights."""
    folder = root / "resnet50"
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {
        "name": "resnet50",
        "version": "0.0.1",
        "architecture": "resnet50",
        "types": list(TYPES),
        "preprocessing": Preprocessing().to_json(),
        "temperature": {"tumor": 1.0, "type": 1.0},
        "evidence_offset": 0.0,
        "threshold": THRESHOLD,
        "band": list(BAND),
        "files": dict.fromkeys(FILES, "0" * 64),
        "data": {"fingerprint": {"training": "0" * 64}},
    }
    manifest["checksum"] = manifest_checksum(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


_NOT_HELD = 2  # predictions that are made all the same, so that progress is seen


class Classifier:
    """Answers from the brightness of the slice, when ``BRAINSCAN_TEST_HOLD`` lets it."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.point = release.operating_point()
        self._fake = FakeClassifier(release.name)
        self._hold = os.environ.get("BRAINSCAN_TEST_HOLD", "")
        self._asked = itertools.count()

    def predict(self, scan: Scan, *, gate: bool = True) -> Prediction:
        held = next(self._asked) >= _NOT_HELD
        while held and self._hold and Path(self._hold).exists():
            time.sleep(0.02)
        return self._fake.predict(scan, gate=gate)

    def read(self, scan: Scan) -> Reading:
        """Answer for a slice of a volume."""
        answer = self.predict(scan)
        return Reading(
            probability=answer.tumor_probability,
            type_probabilities=answer.type_probabilities,
            evidence=answer.evidence,
            geometry=answer.evidence.geometry,
            activation=np.zeros((1, 1, 1), np.float32),
        )


def use_stand_in() -> None:
    """Let evaluations use the stand-in."""
    evaluation_run.TumorClassifier = SimpleNamespace(  # type: ignore[misc, assignment]
        load=lambda folder, runtime: Classifier(open_release(folder))
    )


if __name__ == "__main__":
    if "BRAINSCAN_MODELS" not in os.environ:
        os.environ["BRAINSCAN_MODELS"] = tempfile.mkdtemp(prefix="brainscan-models-")
        write_release(Path(os.environ["BRAINSCAN_MODELS"]))
    use_stand_in()
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
