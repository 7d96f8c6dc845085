"""``python -m brainscan evaluate``: what is written, printed and returned."""

from __future__ import annotations

import argparse
import json
from types import SimpleNamespace

import pytest
from PIL import Image

from brainscan.commands import evaluate as command
from brainscan.errors import BrainScanError, DatasetError
from tests.evaluation.builders import random_result, result, row


@pytest.fixture
def scans(tmp_path):
    for name in ("yes", "no"):
        (tmp_path / "scans" / name).mkdir(parents=True)
        Image.new("L", (30, 40), 80).save(tmp_path / "scans" / name / "1.png")
    return tmp_path / "scans"


@pytest.fixture
def outcome(monkeypatch):
    """Let the command find a model, and the evaluation return what the test chooses."""
    holder = SimpleNamespace(value=random_result(), error=None)

    def evaluate(dataset, classifier, *, progress):
        progress(1, 1)
        if holder.error:
            raise holder.error
        return holder.value

    release = SimpleNamespace(name="resnet50")
    loader = SimpleNamespace(load=lambda name, **how: SimpleNamespace(release=release))
    monkeypatch.setattr(command, "evaluate", evaluate)
    monkeypatch.setattr(command, "TumorClassifier", loader)
    return holder


def _run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *map(str, words)])
    return int(args.run(args))


def test_it_writes_three_files_and_prints_the_figures(scans, outcome, tmp_path, capsys):
    assert _run(scans, "--out", tmp_path / "out") == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["metrics.json", "predictions.csv", "report.html"]
    assert json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))["metrics"]
    printed = capsys.readouterr().out
    assert "AUROC" in printed
    assert "Macro F1, 4 classes" in printed
    assert "lgg flair" in printed


def test_the_default_folder_is_named_after_model_and_time(scans, outcome, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _run(scans)
    assert len(list(tmp_path.glob("evaluation-resnet50-*/report.html"))) == 1


def test_a_file_without_prediction_gives_exit_code_one_and_its_reason(
    scans, outcome, tmp_path, capsys
):
    outcome.value = result([row("a", "tumor", 0.9), row("b", "no_tumor", None)])
    assert _run(scans, "--out", tmp_path / "out") == 1
    printed = capsys.readouterr().out
    assert "b: The file is empty." in printed
    assert "not defined" in printed


def test_unlabelled_images_give_predictions_only(scans, outcome, tmp_path, capsys):
    outcome.value = result([row("a", None, 0.9)])
    assert _run(scans, "--out", tmp_path / "out") == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["predictions.csv"]
    assert "no label" in capsys.readouterr().out


def test_ctrl_c_leaves_a_message_and_no_result(scans, outcome, tmp_path, capsys):
    outcome.error = KeyboardInterrupt()
    assert _run(scans, "--out", tmp_path / "new" / "out") == 130
    assert "stopped. No result was written" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scans"]


def test_ctrl_c_leaves_the_folders_that_were_there_or_are_used(scans, outcome, tmp_path):
    outcome.error = KeyboardInterrupt()
    (tmp_path / "out").mkdir()
    assert _run(scans, "--out", tmp_path / "out") == 130
    assert (tmp_path / "out").is_dir()

    def evaluate(*_, **__):
        (tmp_path / "new" / "note.txt").touch()
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "evaluate", evaluate)
        assert _run(scans, "--out", tmp_path / "new" / "out") == 130
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["note.txt"]


def test_a_wrong_path_or_fold_is_a_sentence(scans, outcome, tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        _run(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"is in fold 9\. Folds found"):
        _run(scans, "--folds", "9")


def test_an_output_folder_that_cannot_be_made_is_found_before_the_work(scans, outcome, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome.error = AssertionError("the work must not begin")
    with pytest.raises(BrainScanError, match="--out"):
        _run(scans, "--out", tmp_path / "file" / "out")
