"""A training run on disk: one folder, plain files, every write atomic."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from brainscan import __version__
from brainscan.errors import TrainingError
from brainscan.runs.process import is_alive

State = Literal["running", "finished", "stopped", "failed"]


class RunFolder:
    """Files of one training run.

    ``config.json`` (settings), ``environment.json`` (versions, machine, git commit),
    ``start.json`` (digest of the weights it began from), ``status.json`` (progress, rewritten
    every few steps), ``history.csv`` (as ``keras.callbacks.CSVLogger`` writes it),
    ``metrics.json`` (validation of the best epoch) and ``checkpoints/``. A reader never sees half
    a file: each is written beside its place and then moved over it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"

    @classmethod
    def create(cls, path: Path, config: Mapping[str, Any]) -> RunFolder:
        """Make a new run folder and write its settings and environment.

        Raises
        ------
        TrainingError
            When the folder already holds a run.
        """
        if (path / "config.json").exists():
            msg = f"A run named {path.name} already exists. Resume it, or choose another name."
            raise TrainingError(msg)
        run = cls(path)
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        run.write_json("environment.json", environment())
        run.write_json("config.json", config)
        return run

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run folder.

        Raises
        ------
        TrainingError
            When there is no run.
        """
        if not (path / "config.json").is_file():
            msg = f"There is no run named {path.name} in {path.parent}. Check the name."
            raise TrainingError(msg)
        run = cls(path)
        run.checkpoints.mkdir(exist_ok=True)
        if not run._is_being_written():
            for part in run.checkpoints.glob("*.part"):
                part.unlink(missing_ok=True)
        return run

    def _is_being_written(self) -> bool:
        status = self.read_json("status.json")
        return status.get("state") == "running" and is_alive(status.get("pid", 0))

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a JSON file of the run, or an empty dict when it is not there."""
        try:
            values: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except json.JSONDecodeError as error:
            msg = f"{name} of the run {self.path.name} is not valid JSON: {error}."
            raise TrainingError(msg) from error
        return values

    def write_json(self, name: str, values: Mapping[str, Any]) -> None:
        """Write a JSON file of the run."""
        text = json.dumps(values, indent=2, ensure_ascii=False, default=str)
        write_atomic(self.path / name, text.encode("utf-8"))

    def write_history(self, rows: Sequence[Mapping[str, float | str]]) -> None:
        """Write all epochs; columns are the union over the rows, ``epoch`` first."""
        columns = ["epoch", *sorted({key for row in rows for key in row} - {"epoch"})]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, restval="NA", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomic(self.path / "history.csv", text.getvalue().encode("utf-8"))

    def write_status(
        self,
        state: State,
        *,
        epoch: int,
        epochs: int,
        step: int = 0,
        steps: int = 0,
        eta_s: float | None = None,
        message: str = "",
    ) -> None:
        """Write where the run stands; ``epoch`` counts finished epochs."""
        self.write_json(
            "status.json",
            {
                "state": state,
                "pid": os.getpid(),
                "epoch": epoch,
                "epochs": epochs,
                "step": step,
                "steps": steps,
                "updated": datetime.now(UTC).isoformat(timespec="seconds"),
                "eta_s": eta_s,
                "message": message,
            },
        )

    def save_arrays(self, name: str, arrays: Mapping[str, np.ndarray]) -> Path:
        """Write a checkpoint ``checkpoints/NAME.npz`` and return its path."""
        path = self.checkpoints / f"{name}.npz"
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
            stream.flush()
            os.fsync(stream.fileno())
        _move(temporary, path)
        return path

    def load_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of a checkpoint.

        Raises
        ------
        TrainingError
            When the checkpoint does not exist.
        """
        path = self.checkpoints / f"{name}.npz"
        if not path.is_file():
            msg = (
                f"The run {self.path.name} has no checkpoint {name}: it stopped before its "
                "first epoch was finished. Start it again under a new name."
            )
            raise TrainingError(msg)
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, meets the old content or the new."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    _move(temporary, path)


def _move(temporary: Path, path: Path) -> None:
    """Move a finished file to its place.

    Windows refuses while another process, such as the app, reads the old file: try for a second.
    """
    for _ in range(20):
        try:
            temporary.replace(path)
            return
        except PermissionError:
            time.sleep(0.05)
    temporary.replace(path)


def environment() -> dict[str, Any]:
    """Return versions, machine and git commit of this process."""
    # A source tree may not be installed, or an older version of it may be.
    versions = {"brainscan": __version__}
    for package in ("tensorflow", "keras", "numpy", "opencv-python-headless"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "packages": versions,
        "git_commit": _git_commit(),
    }


def _git_commit() -> str:
    folder = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
