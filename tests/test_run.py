"""run.py: the environment is made, mended or refused with a sentence. Nothing is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

import run


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy's folder, seen by a Python outside every virtual environment."""
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    monkeypatch.setattr(sys, "prefix", "elsewhere")
    return tmp_path / ".venv"


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def half_made(folder: Path, **_: object) -> None:
    python_of(folder).parent.mkdir(parents=True, exist_ok=True)
    python_of(folder).write_text("interrupted before this became a Python")


def pip_answers(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def answer(command: list[object], **_: object) -> subprocess.CompletedProcess[bytes]:
        assert list(map(str, command[1:])) == ["-m", "pip", "--version"]
        return subprocess.CompletedProcess(command, code)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess, "run", answer)


def test_active_environment_is_used() -> None:
    if sys.prefix != sys.base_prefix:
        assert run._environment() == sys.executable


@pytest.mark.parametrize("kind", ["absent", "no pip", "no Python"])
def test_environment_is_made_or_made_again(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    made: list[tuple[Path, bool]] = []
    if kind != "absent":
        half_made(fresh)
    if kind == "no pip":
        pip_answers(monkeypatch, 1)
    monkeypatch.setattr(
        run.venv,
        "create",
        lambda folder, with_pip, clear: made.append((folder, with_pip and clear)),
    )
    assert run._environment() == str(python_of(fresh))
    assert made == [(fresh, True)]


def test_whole_environment_is_kept(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_made(fresh)
    pip_answers(monkeypatch, 0)
    monkeypatch.setattr(run.venv, "create", None)
    assert run._environment() == str(python_of(fresh))


def test_debian_without_venv_is_a_sentence(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(folder: Path, **_: object) -> None:
        half_made(folder)
        raise subprocess.CalledProcessError(1, ["python", "-m", "ensurepip"])

    monkeypatch.setattr(run.venv, "create", fail)
    with pytest.raises(SystemExit) as stop:
        run._environment()
    assert stop.value.code == 1
    assert "python3-venv" in capsys.readouterr().err
    assert not fresh.exists()


@pytest.mark.parametrize(
    ("arguments", "packages", "command"),
    [
        ([], ["-r", "requirements.txt"], ["streamlit", "run", "app.py"]),
        (["app", "--server.port=1"], ["-r", "requirements.txt"],
         ["streamlit", "run", "app.py", "--server.port=1"]),
        (["test"], ["-e", ".[test]"], ["pytest"]),
        (["test", "-k", "disc"], ["-e", ".[test]"], ["pytest", "-k", "disc"]),
    ],
)  # fmt: skip
def test_commands(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], packages: list[str], command: list[str]
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(run, "_environment", lambda: "PYTHON")
    monkeypatch.setattr(run, "_install", lambda python, what: called.append([python, *what]))
    monkeypatch.setattr(subprocess, "call", lambda words, cwd: called.append(words) or 7)
    assert run.main(arguments) == 7
    assert called == [["PYTHON", *packages], ["PYTHON", "-m", *command]]


def test_unknown_word_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["start"]) == 2
    assert "python run.py test" in capsys.readouterr().err
    assert run.main(["--help"]) == 0
