"""``python -m brainscan gate`` and ``predict --no-gate``, with a gate that refuses everything."""

import json
from pathlib import Path
from typing import Any

import pytest

from brainscan.cli import main
from brainscan.commands import gate as command
from brainscan.errors import FileUnreadable
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.imaging.reading import read_scan
from brainscan.imaging.scan import Scan
from brainscan.inference import batch
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


@pytest.fixture
def vanished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the files of one name vanish before they are read."""

    def read(path: Path) -> Scan:
        if path.name == "hand-3.png":
            raise FileUnreadable("hand-3.png does not exist. Check the path.")
        return read_scan(path)

    monkeypatch.setattr(batch, "read_scan", read)


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


def test_nothing_to_measure_is_said(
    strict: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gate"]) == 2
    assert "Nothing to measure the gate on." in capsys.readouterr().err
    (tmp_path / "none").mkdir()
    assert main(["gate", "--not-brain-mri", str(tmp_path / "none")]) == 2
    assert "holds no pictures" in capsys.readouterr().err


def test_gate_counts_by_kind(
    strict: Path, vanished: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (strict / "hand-3.png").write_bytes((strict / "hand-1.png").read_bytes())
    out = tmp_path / "gate.json"
    assert main(["gate", "--not-brain-mri", str(strict), "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "other pictures refused" in said
    assert "not counted: 1 that could not be read" in said
    found = json.loads(out.read_text())["others"]
    assert (found["all"]["value"], found["by_kind"]["hand"]["n"]) == (1.0, 2)
    assert found["unread"] == 1


def test_ctrl_c_says_that_nothing_was_written(
    strict: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "predict_files", interrupted)
    out = tmp_path / "gate.json"
    assert main(["gate", "--not-brain-mri", str(strict), "--json", str(out)]) == 130
    assert "brainscan gate: stopped. Nothing was written." in capsys.readouterr().err
    assert not out.exists()
