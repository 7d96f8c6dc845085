"""The trainings on this machine: runs in progress or past, and the released models."""

from __future__ import annotations

import os
from pathlib import Path

from brainscan.errors import TrainingError
from brainscan.runs.run import Run, is_training, read_run

RUNS_VARIABLE = "BRAINSCAN_RUNS"

_REPOSITORY = Path(__file__).resolve().parents[2]


def runs_folder() -> Path:
    """Return where runs are kept: ``BRAINSCAN_RUNS``, or ``runs`` beside the package."""
    chosen = os.environ.get(RUNS_VARIABLE, "").strip()
    return Path(chosen).expanduser().absolute() if chosen else _REPOSITORY / "runs"


def models_folder() -> Path:
    """Return where released models are kept."""
    return _REPOSITORY / "models"


def list_runs(root: Path | None = None) -> list[Run]:
    """Return the runs under a folder, those in progress first, then the newest first.

    Folders that hold no training are passed over; a folder that cannot be listed gives none.
    """
    runs = [read_run(folder) for folder in _folders(root or runs_folder()) if is_training(folder)]
    return sorted(runs, key=lambda run: (not run.active, -run.changed, run.name))


def list_releases(root: Path | None = None) -> list[Run]:
    """Return the released models that carry the history of their training, by name."""
    folders = [f for f in _folders(root or models_folder()) if (f / "history.csv").is_file()]
    return [read_run(folder, kind="release") for folder in folders]


def find_run(name: str, root: Path | None = None) -> Run:
    """Return the run of a name. Raises `TrainingError` when there is none."""
    folder = (root or runs_folder()) / name
    if not name or Path(name).name != name or not is_training(folder):
        raise TrainingError(
            f'There is no training run named "{name}" in {folder.parent}. Check the name.'
        )
    return read_run(folder)


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []
