"""``python -m brainscan evaluate --stability``: the table, the files and wrong numbers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from brainscan.commands import evaluate as command
from tests.evaluation.builders import random_result, result, row
from tests.evaluation.stability_stub import LeftHalf, halves


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two labelled scans, a model with known answers, an evaluation made by hand."""
    for name, pixels in (("yes", halves(180, 20)), ("no", halves(60, 100))):
        (tmp_path / "scans" / name).mkdir(parents=True)
        Image.fromarray(pixels).save(tmp_path / "scans" / name / "1.png")
    loader = SimpleNamespace(load=lambda name, **_: LeftHalf())
    monkeypatch.setattr(command, "TumorClassifier", loader)
    monkeypatch.setattr(command, "evaluate", lambda *_, **__: random_result(60))
    return tmp_path / "scans"


def _run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *map(str, words)])
    return int(args.run(args))


def test_it_prints_the_table_and_adds_to_metrics_and_report(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(scans, "--out", tmp_path / "out", "--stability") == 0
    printed = capsys.readouterr().out
    assert "Measured on 2 images, all there are." in printed
    assert "Mirrored" in printed
    assert "100.0 % (34.2 to 100.0)" in printed  # both answers, Wilson by hand: 2 / (2 + z²)
    values = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert values["stability"]["perturbations"][0]["answer_changed"]["value"] == 1.0
    assert values["notice"]
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<h2>Stability</h2>" in report
    assert "JPEG quality 60" in report


def test_without_the_option_nothing_is_measured(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(scans, "--out", tmp_path / "out") == 0
    assert "Stability" not in capsys.readouterr().out
    values = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert values["stability"] is None
    assert "<h2>Stability" not in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_number_of_images_can_be_given(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(scans, "--out", tmp_path / "out", "--stability", "1") == 0
    assert "Measured on 1 of 2 images" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["0", "-3", "many"])
def test_a_wrong_number_is_a_sentence(
    wrong: str, scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        _run(scans, f"--stability={wrong}")
    assert end.value.code == 2
    assert "N must be a number of images, 1 or more" in capsys.readouterr().err


def test_unlabelled_images_have_stability_without_figures(
    scans: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "plain").mkdir()
    Image.fromarray(np.roll(halves(180, 20), 3, 0)).save(tmp_path / "plain" / "a.png")
    monkeypatch.setattr(command, "evaluate", lambda *_, **__: result([row("a", None, 0.9)]))
    assert _run(tmp_path / "plain", "--out", tmp_path / "out", "--stability") == 0
    assert "AUROC is not defined: No labelled image has an answer." in capsys.readouterr().out
    values = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))
    assert values["metrics"] is None
    assert values["stability"]["images"] == 1
