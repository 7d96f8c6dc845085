"""One training as its folder tells it: state, progress, settings, results, history, log."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from brainscan.errors import TrainingError
from brainscan.runs.history import BestEpoch, History, read_history
from brainscan.runs.process import is_alive

Kind = Literal["run", "release", "upload"]
State = Literal[
    "starting", "running", "finished", "stopped", "failed", "interrupted", "released", "uploaded",
    "unknown",
]  # fmt: skip

ACTIVE: tuple[State, ...] = ("starting", "running")
LAUNCH = "launch.json"
"""Written by the app when it starts a training, before the training has written anything."""

FILES = ("status.json", "config.json", "history.csv", LAUNCH)

_STARTING = "Starting: its first report takes up to a minute"
_LOG_TAIL_BYTES = 64_000
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Progress:
    """How far a training has come.

    Attributes
    ----------
    epoch, epochs
        Finished epochs, and epochs in all; 0 when unknown.
    step, steps
        Step inside the epoch in work, and their number; 0 when unknown.
    eta_s
        Estimated seconds to the end, or ``None``.
    message
        What the training says it is doing.
    pid
        Process that trains, or ``None``.
    updated
        When the training last wrote this, seconds since 1970, or ``None``.
    """

    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    eta_s: float | None = None
    message: str = ""
    pid: int | None = None
    updated: float | None = None

    @property
    def fraction(self) -> float:
        """Part of the whole training that is done, in [0, 1]."""
        if self.epochs <= 0:
            return 0.0
        within = self.step / self.steps if self.steps > 0 else 0.0
        return min(1.0, (self.epoch + within) / self.epochs)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes
    ----------
    name, folder
        Name of the run or of the released model, and its folder.
    kind
        ``"run"``, ``"release"``, or ``"upload"`` for a history file without a folder.
    state
        What became of it; ``"interrupted"`` when it says it runs but its process is gone.
    changed
        Time of the last sign of life, seconds since 1970.
    config, environment, metrics
        Contents of the JSON files of these names; empty when absent or unreadable.
    progress
        Contents of ``status.json``.
    problems
        Sentences about files that could not be read.
    given
        The history of an upload.
    """

    name: str
    folder: Path
    kind: Kind
    state: State
    changed: float
    config: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    problems: tuple[str, ...] = ()
    given: History | None = None

    @property
    def key(self) -> str:
        """Identity within this machine; a run and a release may share a name."""
        return f"{self.kind}:{self.name}"

    @property
    def active(self) -> bool:
        """Whether a process is training it now."""
        return self.state in ACTIVE

    @property
    def resumable(self) -> bool:
        """Whether it stopped early and left a checkpoint to go on from."""
        if self.state not in ("stopped", "failed", "interrupted") or not self.config:
            return False
        try:
            return any((self.folder / "checkpoints").glob("*.npz"))
        except OSError:
            return False

    @property
    def settings(self) -> dict[str, Any]:
        """Settings and environment together, as compared between runs."""
        return {**self.config, **({"environment": self.environment} if self.environment else {})}

    def history(self) -> History:
        """Read the history. Raises `TrainingError` when there is none to read."""
        if self.given is not None:
            return self.given
        stamp = self.history_stamp()
        if stamp is None:
            raise TrainingError(
                f"{self.name} has no history yet. It appears when the first epoch ends."
            )
        return _cached_history(str(self.folder / "history.csv"), *stamp)

    def history_stamp(self) -> tuple[int, int] | None:
        """Return time and size of the history file, ``None`` when there is none."""
        try:
            stat = (self.folder / "history.csv").stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def best(self, history: History) -> BestEpoch | None:
        """Return the epoch this training keeps, by the monitor it recorded."""
        monitor = self.metrics.get("monitor") or self.config.get("monitor")
        found = history.best(monitor if isinstance(monitor, str) else None)
        if found is None or self.config.get("keep") != "last":
            return found
        row = len(history) - 1
        value = float(history.columns[found.metric][row])
        return BestEpoch(row, int(history.epoch[row]) + 1, found.metric, value)

    def log_tail(self, lines: int = 200) -> str:
        """Return the last lines of the training's output, empty when there is none."""
        try:
            with (self.folder / "log.txt").open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace").replace("\r\n", "\n")
        except OSError:
            return ""
        # A progress bar rewrites its line with carriage returns: keep what was seen last.
        shown = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.strip().split("\n")]
        return "\n".join(_TERMINAL_CODES.sub("", line) for line in shown[-lines:])


def uploaded(history: History) -> Run:
    """Return a history file without a folder as a run."""
    now = datetime.now(UTC).timestamp()
    return Run(history.name, Path(), "upload", "uploaded", now, given=history)


def is_training(folder: Path) -> bool:
    """Whether a folder holds any of the files of a training."""
    return any((folder / name).is_file() for name in FILES)


def read_run(folder: Path, *, kind: Kind = "run") -> Run:
    """Read one training's folder; what is missing or unreadable is left empty and named."""
    problems: list[str] = []

    def load(name: str) -> dict[str, Any]:
        return _read_json(folder / name, problems)

    config, metrics = load("config.json"), load("metrics.json")
    environment = load("environment.json")
    status, launch = (load("status.json"), load(LAUNCH)) if kind == "run" else ({}, {})
    progress = Progress(
        epoch=_whole(status.get("epoch")),
        epochs=_whole(status.get("epochs")) or _whole(config.get("epochs")),
        step=_whole(status.get("step")),
        steps=_whole(status.get("steps")),
        eta_s=_number(status.get("eta_s")),
        message=str(status.get("message") or ""),
        pid=_whole(status.get("pid")) or None,
        updated=_timestamp(status.get("updated")),
    )
    state: State = "released" if kind == "release" else _state(status.get("state"), progress)
    launched = _timestamp(launch.get("started"))
    pid = _whole(launch.get("pid"))
    if launched is not None and launched >= (progress.updated or 0.0) and pid != progress.pid:
        # The app started it (again) and the training itself has not yet reported.
        state = "starting" if is_alive(pid, seen_at=launched) else _ended_unheard(launch)
        message = _STARTING if state == "starting" else "It ended before its first report."
        progress = Progress(progress.epoch, progress.epochs, message=message, pid=pid or None)
    return Run(
        name=folder.name,
        folder=folder,
        kind=kind,
        state=state,
        changed=max(_changed(folder), launched or 0.0),
        config=config,
        environment=environment,
        metrics=metrics,
        progress=progress,
        problems=tuple(problems),
    )


def _state(stated: object, progress: Progress) -> State:
    if stated == "running":
        alive = progress.pid is not None and is_alive(progress.pid, seen_at=progress.updated)
        return "running" if alive else "interrupted"
    if stated == "finished":
        return "finished"
    if stated == "stopped":
        return "stopped"
    return "failed" if stated == "failed" else "unknown"


def _ended_unheard(launch: Mapping[str, Any]) -> State:
    return "stopped" if launch.get("stopped") else "failed"


def _read_json(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(
            f"{path.name} of {path.parent.name} cannot be read and is left out: the file is "
            f"damaged, or other software wrote it ({error})."
        )
        return {}
    if not isinstance(value, dict):
        problems.append(f"{path.name} of {path.parent.name} does not hold named values.")
        return {}
    return value


def _number(value: object) -> float | None:
    """Return a non-negative finite number, ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _whole(value: object) -> int:
    return int(_number(value) or 0)


def _timestamp(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _changed(folder: Path) -> float:
    times = [0.0]
    for name in FILES:
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue
    return max(times)


@lru_cache(maxsize=64)
def _cached_history(path: str, modified_ns: int, size: int) -> History:
    """Read a history once for every state of its file."""
    return read_history(path)
