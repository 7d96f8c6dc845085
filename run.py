"""Set BrainScan up on a fresh machine, then start it or test it. Needs only Python itself.

    python run.py          start the app and open it in the browser
    python run.py test     run the tests (further arguments go to pytest)

Packages go into the active virtual environment, or into ``.venv`` beside this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)


def main(arguments: list[str]) -> int:
    """Install what is missing and run the app or the tests."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = f"{sys.version_info.major}.{sys.version_info.minor}"
        print(f"BrainScan needs Python 3.11 to 3.13; this is Python {found}.", file=sys.stderr)
        return 2
    if arguments and arguments[0] not in ("app", "test"):
        print(__doc__, file=sys.stderr)
        return 0 if arguments[0] in ("-h", "--help") else 2
    testing = arguments[:1] == ["test"]
    python = _environment()
    _install(python, ["-e", ".[test]"] if testing else ["-r", "requirements.txt"])
    command = _command(python, arguments)
    try:
        return subprocess.call(command, cwd=ROOT)
    except KeyboardInterrupt:
        return 0


def _command(python: str, arguments: list[str]) -> list[str]:
    if arguments[:1] == ["test"]:
        return [python, "-m", "pytest", *arguments[1:]]
    return [python, "-m", "streamlit", "run", "app.py", *arguments[1:]]


def _environment() -> str:
    """Return the Python of the active virtual environment, or of ``.venv``, made if needed."""
    if sys.prefix != sys.base_prefix:
        return sys.executable
    folder = ROOT / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if _has_pip(python):
        return str(python)
    print(f"Making a virtual environment in {folder} ...", flush=True)
    try:
        venv.create(folder, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder, ignore_errors=True)
        print(
            "The virtual environment could not be made, because this Python comes without pip. "
            "On Debian and Ubuntu install the package python3-venv "
            "(sudo apt install python3-venv), then start run.py again.",
            file=sys.stderr,
        )
        raise SystemExit(1) from None
    return str(python)


def _has_pip(python: Path) -> bool:
    """Whether an environment is there and whole: pip is the last thing put into it."""
    if not python.is_file():
        return False
    try:
        done = subprocess.run([python, "-m", "pip", "--version"], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def _install(python: str, what: list[str]) -> None:
    """Install packages unless this very list was installed into this environment before."""
    wanted = hashlib.sha256(" ".join(what).encode())
    for name in ("requirements.txt", "pyproject.toml"):
        wanted.update((ROOT / name).read_bytes())
    prefix = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    stamp = Path(prefix) / f"brainscan-{what[0].strip('-')}.installed"
    if stamp.is_file() and stamp.read_text() == wanted.hexdigest():
        return
    print("Installing packages; the first time this takes a few minutes ...", flush=True)
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "-q", *what]
    if subprocess.call(command, cwd=ROOT):
        print("The packages could not be installed; pip says why above.", file=sys.stderr)
        raise SystemExit(1)
    stamp.write_text(wanted.hexdigest())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
