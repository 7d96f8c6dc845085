"""``python -m brainscan gate`` and ``predict --no-gate``, with a gate that refuses everything."""

import json
from pathlib import Path
from typing import Any

import pytest

from brainscan.cli import main
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.classifier import TumorClassifier
from tests.inference.test_gate import classifier


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model").mkdir()
    far = classifier(tmp_path / "model", 1e9)

    def load(*given: Any, **named: Any) -> TumorClassifier:
        return far

    monkeypatch.setattr(TumorClassifier, "load", load)
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "hand-1.png").write_bytes(phantom_png(phantom_slice(1)))
    (scans / "hand-2.png").write_text("no picture")
    return scans


def test_predict_rejects_and_no_gate_answers(
    strict: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(strict / "hand-1.png")
    assert main(["predict", path]) == 0
    refused = json.loads(capsys.readouterr().out)
    assert refused["status"] == "rejected" and refused["tumor_probability"] is None
    assert refused["reason"].startswith("hand-1.png looks like")
    assert main(["predict", path, "--no-gate"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["status"] == "ok" and answered["tumor_probability"] is not None
    assert answered["refusal"] == refused["reason"]


def test_gate_counts_by_kind(
    strict: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gate.json"
    assert main(["gate", "--not-brain-mri", str(strict), "--json", str(out)]) == 0
    assert "other pictures refused" in capsys.readouterr().out
    found = json.loads(out.read_text())["others"]
    assert (found["all"]["value"], found["by_kind"]["hand"]["n"]) == (1.0, 2)
