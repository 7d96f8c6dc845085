"""The audit command: exit codes, files written, sentences."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from brainscan.cli import main
from brainscan.commands import audit
from brainscan.data.dataset import open_dataset
from brainscan.notice import RESEARCH_USE
from tests.data.pictures import picture, recompressed, save


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two classes of four pictures, one of them with a compressed copy."""
    root = tmp_path / "scans"
    for seed in range(8):
        save(root / ("yes" if seed < 4 else "no") / f"p{seed}.png", picture(seed))
    save(root / "yes" / "copy.jpg", recompressed(picture(0)))
    return root


def test_summary_json_and_split(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit.json"
    code = main(["audit", str(dataset), "--json", str(out), "--split", str(dataset)])
    text = capsys.readouterr().out
    assert code == 0
    assert "9 files show 8 different pictures" in text
    plain = json.loads(out.read_text())
    assert plain["duplicates"]["near_groups"] == [["yes/copy.jpg", "yes/p0.png"]]
    split = open_dataset(dataset)
    assert split.layout == "manifest"
    fold = {record.name: record.fold for record in split.records}
    assert len(fold) == 9 and set(fold.values()) == {"1", "2", "3", "4"}
    assert fold["yes/copy.jpg"] == fold["yes/p0.png"]
    assert f"{dataset / 'manifest.csv'}: 4 folds of" in text


def test_unreadable_files_are_named_and_give_one(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset / "no" / "empty.png").write_bytes(b"")
    assert main(["audit", str(dataset), "--split", str(dataset / "split.csv")]) == 1
    text = capsys.readouterr().out
    assert "no/empty.png: " in text and "1 unreadable file(s) were left out" in text
    assert len(open_dataset(dataset / "split.csv").records) == 9


def test_a_split_elsewhere_says_where_it_belongs(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "results" / "split.csv"
    assert main(["audit", str(dataset), "--split", str(target), "--folds", "2"]) == 0
    assert f"relative to {dataset}" in capsys.readouterr().out
    assert target.is_file()


def test_the_verdict_comes_first_and_the_json_says_what_it_is_for(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit.json"
    assert main(["audit", str(dataset), "--json", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("1 of 9 images is a copy of another:")
    plain = json.loads(out.read_text())
    assert plain["notice"] == RESEARCH_USE
    assert plain["verdict"]["level"] == "copies"


def test_ctrl_c_in_the_middle_leaves_a_sentence(
    dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    update = audit._Bars.update

    def press(bars: audit._Bars, stage: str, done: int, total: int) -> None:
        update(bars, stage, done, total)
        if stage == "comparing":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(audit._Bars, "update", press)
    # A test run started in the background of a script inherits Ctrl-C ignored.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["audit", str(dataset)]) == 130
    finally:
        signal.signal(signal.SIGINT, inherited)
    error = capsys.readouterr().err
    assert "stopped while comparing the pictures. Nothing was written." in error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--json", "{here}"], "is a folder"),
        (["--json", "{here}/none/a.json"], "does not exist"),
        (["--json", "{here}/taken.csv"], "no .json file, so it is not overwritten"),
        (["--split", "{here}/taken.csv"], "not overwritten"),
    ],
)
def test_wrong_usage_is_told_before_the_work(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the audit began")

    monkeypatch.setattr("brainscan.commands.audit.audit_dataset", never)
    (tmp_path / "taken.csv").write_text("")
    filled = [argument.format(here=tmp_path) for argument in arguments]
    assert main(["audit", str(dataset), *filled]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--folds", "1"], ["--folds", "x"], ["--similarity", "0.2"]])
def test_impossible_numbers_are_refused(
    dataset: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["audit", str(dataset), *arguments])
    assert stopped.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_a_missing_folder_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(tmp_path / "none")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_too_many_folds_for_the_groups(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(dataset), "--split", str(dataset), "--folds", "9"]) == 2
    assert "8 group(s)" in capsys.readouterr().err
    assert not (dataset / "manifest.csv").exists()


def test_interruption_leaves_a_sentence_and_no_file(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("brainscan.data.audit.link", interrupt)
    out = tmp_path / "a.json"
    assert main(["audit", str(dataset), "--json", str(out), "--split", str(dataset)]) == 130
    error = capsys.readouterr().err
    assert "stopped while reading the files. Nothing was written." in error
    assert not out.exists() and not (dataset / "manifest.csv").exists()


def test_the_audit_does_not_load_tensorflow(dataset: Path) -> None:
    script = (
        "import sys; from brainscan.cli import main; "
        f"code = main(['audit', {str(dataset)!r}]); "
        "sys.exit(code or any(m in sys.modules for m in ('tensorflow', 'keras', 'openvino')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
