"""Measuring a release anew: only its figures change, and only where they compare."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from brainscan.cli import main
from brainscan.commands import measure
from brainscan.inference.release import Release, models_root, open_release
from tests.data.pictures import picture, save


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    for name in ("lgg", "healthy-oasis"):
        save(tmp_path / name / "a.png", picture(1))
        (tmp_path / name / "manifest.csv").write_text("file,label,fold\na.png,yes,4\n")
    return tmp_path


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """The released custom CNN in a folder of its own, and a stand-in for the measuring."""
    shutil.copytree(models_root() / "custom_cnn", tmp_path / "models" / "custom_cnn")
    monkeypatch.setenv("BRAINSCAN_MODELS", str(tmp_path / "models"))
    release = open_release("custom_cnn")
    stand_in = SimpleNamespace(load=lambda name, runtime: SimpleNamespace(release=release))
    monkeypatch.setattr(measure, "TumorClassifier", stand_in)
    found: dict[str, Any] = {"images": 1, "metrics": {"ranking": {}}}
    monkeypatch.setattr(measure, "measured_on", lambda *_: found)
    return release


def test_figures_change_and_nothing_else(released: Release, sets: Path) -> None:
    pytest.importorskip("tensorflow")
    before = json.loads((released.folder / "manifest.json").read_text("utf-8"))
    assert main(["measure", "custom_cnn", str(sets / "lgg"), "--folds", "4"]) == 0
    after = open_release("custom_cnn")
    after.verify()
    assert after.manifest["metrics"]["lgg"]["images"] == 1
    assert after.manifest["metrics"]["lgg"]["stability"] == before["metrics"]["lgg"]["stability"]
    assert after.manifest["metrics"]["brain-mri"] == before["metrics"]["brain-mri"]
    day = after.manifest["metrics"]["lgg"]["measured"][:10]
    assert f"lgg on {day}" in (after.folder / "MODEL_CARD.md").read_text("utf-8")
    for key in set(before) - {"metrics", "files", "checksum"}:
        assert after.manifest[key] == before[key]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lgg"], "has lgg with 4 as folds"),
        (["lgg", "healthy-oasis", "--folds", "4"], "which are no test set"),
    ],
)
def test_figures_that_do_not_compare_are_refused_before_the_work(
    released: Release,
    sets: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the measuring began")

    monkeypatch.setattr(measure, "measured_on", never)
    places = [a if a.startswith("-") or a.isdecimal() else str(sets / a) for a in arguments]
    assert main(["measure", "custom_cnn", *places]) == 2
    assert sentence in capsys.readouterr().err
