"""The command line as a whole: what the system refuses becomes a sentence, never a traceback."""

import argparse
import importlib
import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

import brainscan.commands.models
from brainscan.cli import main
from brainscan.imaging.phantom import phantom_png, phantom_slice
from brainscan.inference.classifier import TumorClassifier


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans" / "yes"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(phantom_png(phantom_slice(1)))
    return folder.parent


@pytest.fixture(autouse=True)
def any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is run here: what is wrong is found before."""
    monkeypatch.setattr(TumorClassifier, "load", lambda name, **_: None)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    return said


def test_json_in_the_place_of_a_folder(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["predict", str(scans), "--model", "resnet50", "--json", str(scans)], capsys)
    assert said.startswith(f"brainscan predict: {scans} cannot be read or written: ")


def test_heatmaps_in_the_place_of_a_file(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = scans.parent / "file"
    file.touch()
    said = refused(["predict", str(scans), "--model", "resnet50", "--heatmaps", str(file)], capsys)
    assert f"{file} cannot be read or written: " in said


def test_contact_sheet_in_a_missing_folder(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = scans.parent / "gone" / "sheet.png"
    said = refused(["contact_sheet", str(scans), "--out", str(out), "--rows", "1"], capsys)
    assert f"{out} cannot be read or written: No such file or directory." in said


@pytest.mark.parametrize("name", ["sheet.xyz", "sheet"])
def test_contact_sheet_that_is_no_picture(
    scans: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said = refused(["contact_sheet", str(scans), "--out", name], capsys)
    assert f"{name} does not end like a picture" in said
    assert ".png" in said


def test_every_suffix_offered_can_be_written(tmp_path: Path) -> None:
    from brainscan.commands.contact_sheet import SUFFIXES

    for suffix in SUFFIXES:
        Image.new("RGB", (4, 4)).save(tmp_path / f"sheet{suffix}")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            PermissionError(13, "Permission denied", "data/yes"),
            "data/yes cannot be read or written: Permission denied. "
            "Check the path and its permissions.",
        ),
        (
            IsADirectoryError(21, "Is a directory", b"out"),
            "out cannot be read or written: Is a directory. Check the path and its permissions.",
        ),
        (
            OSError(28, "No space left on device"),
            "The system reports an error: No space left on device.",
        ),
        (
            OSError("image file is truncated"),
            "The system reports an error: image file is truncated.",
        ),
    ],
)
def test_errors_of_the_system_are_sentences(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    sentence: str,
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(brainscan.commands.models, "run", fail)
    assert refused(["models"], capsys) == f"brainscan models: {sentence}\n"


def test_ctrl_c_while_the_commands_are_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupted)
    assert main(["models"]) == 130
    assert capsys.readouterr().err == "brainscan: stopped. Nothing was done.\n"


def test_ctrl_c_before_the_command_line_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "brainscan.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "brainscan.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("brainscan", run_name="__main__")
    assert ended.value.code == 130
    assert capsys.readouterr().err == "brainscan: stopped.\n"
